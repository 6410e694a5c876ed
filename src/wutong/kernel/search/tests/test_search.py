import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from wutong.kernel.people.actions import change_organisation, change_person, join, remove_membership
from wutong.kernel.people.models import Membership, Person
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import ANONYMOUS, SYSTEM, Role
from wutong.kernel.search import index as on_disk
from wutong.kernel.search.feed import feed, take
from wutong.kernel.search.highlight import pieces
from wutong.kernel.search.models import SearchQueue
from wutong.kernel.search.query import search
from wutong.kernel.search.tests.places import person

pytestmark = pytest.mark.django_db(databases="__all__")


def names(actor, text, **options):
    return [item.title for item in search(actor, text, **options).items]


@pytest.mark.parametrize("text", ["高安路", "安路第一", "gaoan", "gal", "GAOANLU", "高安 小学"])
def test_a_school_is_found_by_characters_pinyin_and_initials(places, settle, text):
    settle()
    assert names(SYSTEM, text) == ["高安路第一小学"]


def test_whole_name_comes_before_the_beginning_of_one_and_things_before_people(places, settle):
    for name in ("徐汇区明", "小徐汇", "徐汇区"):
        person(name, places.first, "pupil")
    settle()
    assert names(SYSTEM, "徐汇区")[:2] == ["徐汇区", "徐汇区"]
    assert search(SYSTEM, "徐汇区").items[0].kind == "organisation"
    assert names(SYSTEM, "徐汇区")[2] == "徐汇区明"


@pytest.mark.parametrize("many", [0, 1_000], ids=["a surname of many", "a surname of few"])
@pytest.mark.parametrize("text", ["欧", "ou", "单"])
def test_who_is_called_so_comes_before_who_has_it_in_the_name(places, settle, monkeypatch, text, many):
    monkeypatch.setattr("wutong.kernel.search.query.MANY", many)
    for name in ("李欧单", "欧阳", "单小", "欧"):
        person(name, places.first, "pupil")
    settle()
    wanted = {"欧": ["欧", "欧阳", "李欧单"], "单": ["单小", "李欧单"]}
    assert names(SYSTEM, text) == wanted["单" if text == "单" else "欧"]


def test_nobody_finds_what_lies_outside_their_sight(places, settle):
    person("张小芳", places.first, "pupil")
    person("张小芳", places.island, "pupil")
    stranger = places.actor("xiangyang", "clerk")
    pupil = places.actor("first", "pupil", "李同学")
    settle()
    assert names(places.actor("gaoan", "clerk"), "zxf") == ["张小芳"]
    assert search(stranger, "张小芳").total_at_most == 0
    assert search(stranger, "张小芳").facets == ()
    assert search(pupil, "张小芳").total_at_most == 0
    assert search(ANONYMOUS, "张小芳").total_at_most == 0
    assert search(places.actor("city", "officer"), "张小芳").total_at_most == 2


def test_members_find_their_own_organisation_and_those_above_but_none_beside(places, settle):
    pupil = places.actor("first", "pupil", "李同学")
    settle()
    assert set(names(pupil, "高安路")) | set(names(pupil, "徐汇")) == {"高安路第一小学", "徐汇区"}
    assert names(pupil, "一年级") == ["一年级1班"]
    assert names(pupil, "李同学") == ["李同学"]


def test_the_database_is_asked_again_where_the_index_is_behind(places, settle):
    child = person("赵晚晚", places.first, "pupil")
    clerk = places.actor("gaoan", "clerk")
    settle()
    Membership._base_manager.filter(person=child).delete()
    assert names(clerk, "赵晚晚") == []


def test_a_role_that_was_made_up_finds_by_the_index_but_gets_nothing_from_the_database(places, settle):
    settle()
    forged = replace(ANONYMOUS, roles=(Role("officer", 0, "99999999"),))
    assert names(forged, "小学") == []


def test_a_change_a_new_membership_and_a_removed_one_all_reach_the_index(places, settle):
    child = person("钱多多", places.first, "pupil")
    island = places.actor("island", "clerk")
    settle()
    change_person(SYSTEM, child, name="钱少少")
    stay = join(SYSTEM, places.island, person=child, role="pupil", valid_from=date(2026, 9, 1))
    settle()
    assert (names(SYSTEM, "钱多多"), names(island, "qss")) == ([], ["钱少少"])
    remove_membership(SYSTEM, stay)
    settle()
    assert search(island, "钱少少").total_at_most == 0
    assert names(SYSTEM, "钱少少") == ["钱少少"]


def test_who_moved_with_a_school_is_found_from_the_new_place_and_no_more_from_the_old(places, settle):
    person("钱多多", places.first, "pupil")
    old, new = places.actor("xuhui", "officer"), places.actor("chongming", "officer")
    settle()
    assert (search(old, "钱多多").total_at_most, search(new, "钱多多").total_at_most) == (1, 0)
    change_organisation(SYSTEM, places.gaoan, parent=places.chongming)
    settle()
    assert (search(old, "钱多多").total_at_most, names(new, "钱多多")) == (0, ["钱多多"])
    assert names(new, "一年级1班") == ["一年级1班"]


def test_a_row_that_is_gone_is_taken_out(places, settle):
    child = person("孙空空", places.first, "pupil")
    settle()
    pk = child.pk
    Person._base_manager.filter(pk=pk).delete()
    SearchQueue.objects.create(label="people.person", row=pk)
    feed()
    assert search(SYSTEM, "孙空空").total_at_most == 0


def test_repeating_a_batch_after_a_kill_ends_in_the_same_index(places, settle):
    child = person("周一一", places.first, "pupil")
    settle()
    for _again in range(3):
        take([SearchQueue(label="people.person", row=child.pk)])
    assert search(SYSTEM, "周一一").total_at_most == 1


def test_a_build_that_was_killed_is_done_again_and_cleared_away(places, settle):
    settle()
    (on_disk.folder() / "current").unlink()
    half = on_disk.Build()
    assert search(SYSTEM, "徐汇").items == ()
    feed()
    assert names(SYSTEM, "徐汇区") == ["徐汇区"]
    assert not half.path.exists()


def test_an_index_of_another_version_or_a_lost_one_is_built_anew(places, settle, monkeypatch):
    settle()
    monkeypatch.setattr(on_disk, "VERSION", on_disk.VERSION + 1)
    seen = []
    feed(lambda done, total, message="": seen.append((done, total)))
    assert seen[-1] == (8, 8)
    shutil.rmtree(Path(settings.DATA_DIR) / "search")
    feed()
    assert names(SYSTEM, "徐汇区") == ["徐汇区"]


def test_only_one_writer_at_a_time(places, settle):
    settle()
    SearchQueue.objects.create(label="people.person", row=1)
    with on_disk.sole_writer() as mine:
        assert mine
        assert feed() == ""
    assert SearchQueue.objects.count() == 1
    assert feed() == "1"


def test_pages_do_not_overlap_and_facets_count_all_kinds(places, settle):
    for number in range(7):
        person(f"吴小{'甲乙丙丁戊己庚'[number]}", places.first, "pupil")
    settle()
    first = search(SYSTEM, "小", limit=6)
    second = search(SYSTEM, "小", limit=6, offset=6)
    keys = [(item.kind, item.pk) for item in (*first.items, *second.items)]
    assert len(keys) == len(set(keys)) == first.total_at_most == 10
    assert dict(first.facets) == {"person": 7, "organisation": 3}
    assert dict(search(SYSTEM, "小", kind="person").facets) == dict(first.facets)


@pytest.mark.parametrize("many", [0, 1_000], ids=["a surname of many", "a surname of few"])
@pytest.mark.parametrize("text", ["徐", "xu", "xuhui", "徐汇 小"])
def test_pages_of_any_size_are_the_parts_of_one_list(places, settle, monkeypatch, text, many):
    monkeypatch.setattr("wutong.kernel.search.query.MANY", many)
    for name in ("徐", "徐汇小", "徐小", "小徐", "徐汇", "徐", "许小", "小徐汇"):
        person(name, places.first, "pupil")
    settle()
    whole = [item.pk for item in search(SYSTEM, text, limit=50).items]
    for size in (1, 2, 3, 7):
        pages = [search(SYSTEM, text, limit=size, offset=at) for at in range(0, len(whole), size)]
        assert [item.pk for page in pages for item in page.items] == whole
        assert {(page.total_at_most, page.facets) for page in pages} == {(len(whole), pages[0].facets)}
        assert sum(dict(pages[0].facets).values()) == len(whole)
    people = search(SYSTEM, text, kind="person", limit=2)
    assert people.total_at_most == dict(people.facets)["person"]


@given(st.text(max_size=200))
@rules(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_question_breaks_the_search(settle, text):
    feed()
    assert search(SYSTEM, text).total_at_most == 0


@given(st.text(max_size=30), st.text(max_size=10))
def test_highlighting_never_loses_a_character(title, text):
    assert "".join(piece.text for piece in pieces(title, text)) == title


def test_highlighting_shows_what_pinyin_matched():
    assert [(p.text, p.matched) for p in pieces("高安路第一小学", "anlu")] == [
        ("高", False), ("安路", True), ("第一小学", False)
    ]  # fmt: skip


def test_the_page_the_fragment_and_the_api(places, settle, client):
    actor = places.actor("gaoan", "clerk", "陈<b>老师")
    settle()
    client.force_login(get_user_model().objects.create_user("chen", person_id=actor.person_id))
    page = client.get("/search/", {"q": "高安路"})
    assert page.status_code == 200
    assert "<mark>高安路</mark>" in page.content.decode()
    part = client.get("/search/", {"q": "陈"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "<b>老师" not in part
    answer = client.get("/api/v1/search", {"q": "gaoanlu"}).json()
    assert [(item["title"], item["kind"]) for item in answer["items"]] == [("高安路第一小学", "organisation")]
    assert client.get("/api/v1/search", {"q": "崇明"}).json()["items"] == []
    assert "没有找到" in client.get("/search/", {"q": "崇明实验"}).content.decode()


def test_actor_of_a_person_without_roles_finds_only_oneself(places, settle):
    child = person("郑独独", places.first, "pupil")
    Membership._base_manager.filter(person=child).update(valid_to=date(2021, 1, 1))
    settle()
    assert names(actor_of(child), "郑独独") == ["郑独独"]
    assert names(actor_of(child), "小学") == []
