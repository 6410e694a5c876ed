"""One address, two houses: what each finds at home, in both languages, and nothing of anybody else's."""

from datetime import date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from wutong.kernel.indicator.models import IndicatorRun, IndicatorValue
from wutong.kernel.module import REGISTRY
from wutong.kernel.notice.actions import fan_out, publish_notice, withdraw
from wutong.kernel.people.actions import join, set_guardianship
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import ANONYMOUS, SYSTEM
from wutong.kernel.process.engine import open_case, take
from wutong.kernel.process.queries import inbox_count
from wutong.kernel.testing.factories import SINCE, account, guardian, person
from wutong.platforms.governance.portal.queries import greeting, learners

pytestmark = pytest.mark.django_db(databases="__all__")
HOME = reverse("portal:home")
STAFF = (
    "city_officer",
    "officer",
    "other_officer",
    "auditor",
    "operator",
    "clerk",
    "head",
    "teacher",
    "class_teacher",
)
FAMILY = ("pupil", "guardian", "stranger", "former")
SCHOOLS = {"gaoan": "clerk", "xiangyang": "other_clerk", "island": "island_clerk"}
# Pupils counted in each place: figures that stand nowhere else on a page.
COUNTED = {
    "city": 98_765,
    "xuhui": 54_321,
    "chongming": 44_444,
    "gaoan": 31_415,
    "xiangyang": 22_906,
    "island": 44_443,
}


@pytest.fixture
def town(small_town):
    return small_town


@pytest.fixture
def home(town, client):
    def opened(who, language="zh-hans"):
        client.force_login(who if not isinstance(who, str) else town.account(who))
        return client.get(HOME, headers={"Accept-Language": language})

    return opened


@pytest.fixture
def busy(town):
    """In each school a case on its way, a notice for all, and figures: words with the school's key in them."""
    run = IndicatorRun.objects.create(
        indicator="pupils", formula="x", formula_version="1", snapshot="s", at=timezone.now()
    )
    for key, value in COUNTED.items():
        IndicatorValue.objects.create(run=run, organisation_path=town.place(key).path, value=value)
    for key, clerk in SCHOOLS.items():
        actor, place = town.actor(clerk), town.place(key)
        open_case(actor, place, process=REGISTRY.process("change"), title=f"案卷{key}")
        sent = open_case(actor, place, process=REGISTRY.process("change"), title=f"送出{key}")
        take(actor, sent, step="submit")
        roles = ["pupil", "guardian", "teacher", "class_teacher", "clerk", "head"]
        notice = publish_notice(actor, place, title=f"通告{key}", body="请看", roles=roles)
        fan_out(notice.pk)
    return town


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", [*STAFF, *FAMILY])
def test_home_opens_for_everybody_in_both_languages(home, town, who, language):
    response = home(who, language)
    text = response.content.decode()
    assert (response.status_code, f'<html lang="{language}"' in text) == (200, True)
    assert ("inbox_items" in response.context) == (who in STAFF)
    assert response.context["greeting"] in text
    assert str(town.person(who)) in text


def test_who_is_not_signed_in_is_asked_to(client):
    assert client.get(HOME).status_code == 302


def test_the_home_is_only_read(client, town):
    client.force_login(town.account("clerk"))
    assert client.post(HOME).status_code == 405


@pytest.mark.parametrize(
    ("hour", "words"), [(0, "夜深了"), (5, "早上好"), (10, "早上好"), (11, "中午好"), (13, "下午好"), (17, "下午好"), (18, "晚上好"), (23, "晚上好")]
)  # fmt: skip
def test_the_greeting_knows_the_hour_in_shanghai(hour, words):
    assert greeting(timezone.make_aware(datetime(2026, 11, 23, hour, 30))) == words


@pytest.mark.parametrize("who", STAFF)
def test_the_desk_shows_what_waits_as_the_inbox_counts_it(home, busy, who):
    response = home(who)
    number = inbox_count(busy.actor(who))
    assert len(response.context["inbox_items"]) == number
    assert response.context["inbox_note"] == (f"{number} 件" if number else "")
    assert ("都办完了" in response.content.decode()) == (number == 0)


def test_who_works_here_and_is_a_parent_finds_their_child_at_the_desk(home, town):
    assert home("clerk").context["learners"] == []
    set_guardianship(SYSTEM, town.person("pupil"), guardian=town.person("clerk"), relation="51")
    response = home("clerk")
    assert [each.name for each in response.context["learners"]] == [str(town.person("pupil"))]
    assert "我的孩子" in response.content.decode()


def test_a_family_sees_how_far_what_it_asked_for_has_come(home, town):
    open_case(town.actor("guardian"), town.place("gaoan"), process=REGISTRY.process("change"), title="请更正")
    lines = home("guardian").context["mine_items"]
    assert [each["title"] for each in lines] == ["学校信息变更 · 请更正"]


def test_a_full_desk_shows_the_first_and_counts_all(home, town):
    for n in range(9):
        open_case(
            town.actor("clerk"), town.place("gaoan"), process=REGISTRY.process("change"), title=f"第{n}件"
        )
    response = home("clerk")
    assert (len(response.context["inbox_items"]), response.context["inbox_note"]) == (6, "9 件")


@pytest.mark.parametrize(
    "who", ["clerk", "head", "teacher", "class_teacher", "pupil", "classmate", "guardian"]
)
def test_nothing_of_another_school_stands_in_the_home_of_this_one(home, busy, who):
    text = home(who).content.decode()
    foreign = [str(busy.place(key)) for key in ("xiangyang", "island", "harbour", "chongming")]
    foreign += [f"{word}{key}" for key in ("xiangyang", "island") for word in ("案卷", "送出", "通告")]
    foreign += [
        busy.person(key).name for key in ("other_clerk", "island_clerk", "island_pupil", "other_officer")
    ]
    foreign += [f"{COUNTED[key]:,}" for key in COUNTED if key != "gaoan"]
    assert [each for each in foreign if each in text] == []
    assert "通告gaoan" in text


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("clerk", {"gaoan"}),
        ("head", {"gaoan"}),
        ("officer", {"xuhui", "gaoan", "xiangyang"}),
        ("other_officer", {"chongming", "island"}),
        ("city_officer", {"city", "xuhui", "chongming"}),
        ("auditor", {"city", "xuhui", "chongming"}),
        ("teacher", set()),
        ("class_teacher", set()),
        ("operator", set()),
        ("pupil", set()),
        ("guardian", set()),
        ("stranger", set()),
    ],
)
def test_figures_are_of_ones_own_place_and_one_level_below(home, busy, who, seen):
    text = home(who).content.decode()
    assert {key for key, value in COUNTED.items() if f"{value:,}" in text} == seen


def test_the_city_sees_districts_as_a_map_and_a_district_its_schools_as_bars(home, busy):
    assert len(home("city_officer").context["below"]["tiles"]) == 2
    bars = home("officer").context["below"]["bars"]
    assert [(bar["name"], bar["number"]) for bar in bars] == [
        ("高安路第一小学", 31_415),
        ("向阳小学", 22_906),
    ]
    assert home("clerk").context["below"] is None


def test_a_guardian_sees_the_own_child_and_no_other(home, town):
    response = home("guardian")
    (child,) = response.context["learners"]
    assert (child.name, child.school, child.group, child.me) == (
        "李小梅",
        "高安路第一小学",
        "三年级1班",
        False,
    )
    text = response.content.decode()
    assert [
        town.person(who).name
        for who in ("classmate", "neighbour", "island_pupil")
        if town.person(who).name in text
    ] == []


def test_the_link_to_the_child_opens_and_that_of_another_child_is_not_there(home, town, client):
    child = home("guardian").context["learners"][0]
    assert client.get(child.url).status_code == 200
    for other in ("classmate", "neighbour", "island_pupil"):
        assert (
            client.get(reverse("register:detail", args=["persons", town.person(other).pk])).status_code == 404
        )


def test_all_children_of_a_family_stand_there_the_youngest_first(town):
    old, young = (person(name, town.place("second"), "pupil") for name in ("老大", "老二"))
    for child, born in ((old, date(2012, 5, 1)), (young, date(2018, 5, 1))):
        child.born = born
        child.save()
    mother = guardian("母亲", old)
    set_guardianship(SYSTEM, young, guardian=mother, relation="52")
    found = learners(actor_of(mother), date(2026, 11, 23))
    assert [child.name for child in found] == ["老二", "老大"]


def test_when_a_guardianship_ends_the_child_goes_from_the_home(home, town):
    assert len(home("guardian").context["learners"]) == 1
    set_guardianship(
        SYSTEM,
        town.person("pupil"),
        guardian=town.person("guardian"),
        relation="52",
        valid_to=date(2025, 1, 1),
    )
    response = home("guardian")
    assert (response.context["learners"], "李小梅" in response.content.decode()) == ([], False)


def test_the_teachers_of_the_class_stand_there_the_class_teacher_first(home, town):
    join(
        SYSTEM,
        town.place("first"),
        person=town.person("teacher"),
        role="teacher",
        post="语文",
        valid_from=SINCE,
    )
    person("前老师", town.place("first"), "teacher", until=date(2024, 8, 31))
    person("邻班老师", town.place("second"), "teacher")
    (child,) = home("guardian").context["learners"]
    assert child.teachers == (("林班任", "班主任"), ("陈语文", "语文"))


def test_a_pupil_sees_the_own_class(home, town, client):
    response = home("pupil")
    (me,) = response.context["learners"]
    assert (me.name, me.group, me.me) == ("李小梅", "三年级1班", True)
    text = response.content.decode()
    assert ("我的班级" in text, town.person("classmate").name in text) == (True, False)
    assert client.get(me.url).status_code == 200


def test_a_child_without_a_class_is_shown_without_one(home, town):
    child = person("毕业生", town.place("second"), "pupil", until=date(2024, 6, 30))
    response = home(account(guardian("旧家长", child), "graduate"))
    assert [(each.name, each.group, each.teachers) for each in response.context["learners"]] == [
        ("毕业生", "", ())
    ]
    assert "现在没有在读的班级" in response.content.decode()


@pytest.mark.parametrize("who", ["stranger", "former"])
def test_a_citizen_is_welcomed_and_told_that_there_is_nothing_yet(home, who):
    text = home(who).content.decode()
    assert [words for words in ("欢迎来到梧桐", "暂时没有通知。") if words not in text] == []


@pytest.mark.parametrize("who", ["teacher", "operator", "auditor"])
def test_a_desk_on_which_nothing_lies_says_so(home, who):
    response = home(who)
    text = response.content.decode()
    assert [words for words in ("都办完了", "暂时没有通知。") if words not in text] == []
    assert (response.context["mine_items"], response.context["figures"]) == ([], [])
    assert [each["title"] for each in response.context["starts"]] == (
        ["应用接入申请"] if who == "operator" else []
    )


def test_who_may_publish_and_who_may_begin_finds_the_button(home, town):
    publish, begin = reverse("notice:new"), reverse("master:change_start")
    found = {}
    for who in (*STAFF, *FAMILY):
        text = home(who).content.decode()
        found[who] = (f'href="{publish}"' in text, f'href="{begin}"' in text)
    officers = ("city_officer", "officer", "other_officer", "clerk", "head")
    assert found == {who: (who in officers, who == "clerk") for who in found}


def test_a_withdrawn_notice_leaves_the_home(home, town):
    clerk = town.actor("clerk")
    notice = publish_notice(clerk, town.place("gaoan"), title="停课一天", body="台风", roles=["guardian"])
    fan_out(notice.pk)
    assert "停课一天" in home("guardian").content.decode()
    withdraw(clerk, notice)
    assert "停课一天" not in home("guardian").content.decode()


def test_nobody_has_no_children():
    assert learners(ANONYMOUS, date(2026, 11, 23)) == []
