"""What waits for whom, over all processes; numbers; what a person started and did."""

from datetime import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from wutong.kernel.module import REGISTRY
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import ANONYMOUS, SYSTEM
from wutong.kernel.process.engine import delegate, take
from wutong.kernel.process.models import Case, ProcessVersion
from wutong.kernel.process.queries import due, handled_by, inbox, inbox_count, started_by
from wutong.kernel.process.tests.leave import (
    LEAVE,
    MONDAY,
    STATES,
    at_city,
    at_district,
    begin,
    house,
    process,
)
from wutong.kernel.testing.factories import CAST, person

pytestmark = pytest.mark.django_db(databases="__all__")
EVERYBODY = (*CAST, "guardian", "former", "stranger")


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house())
    return small_town


@pytest.fixture
def cases(town):
    """One in each open state, one closed, and one of another district."""
    return {
        "draft": begin(town.actor("clerk"), town.place("gaoan"), title="待填的"),
        "district": at_district(town, title="待区审的"),
        "city": at_city(town, title="待市备的"),
        "closed": take(town.actor("city_officer"), at_city(town, title="已办的"), step="grant", at=MONDAY),
        "island": begin(town.actor("island_clerk"), town.place("island"), title="岛上的"),
    }


WAITING = {"clerk": ["draft"], "officer": ["district"], "city_officer": ["city"], "island_clerk": ["island"]}


@pytest.mark.parametrize("who", EVERYBODY)
def test_each_finds_what_waits_for_them_and_the_count_is_the_list(town, cases, client, who):
    expected = [cases[name].title for name in WAITING.get(who, [])]
    actor = town.actor(who)
    assert [case.title for case in inbox(actor)] == expected
    assert inbox_count(actor) == len(expected)
    client.force_login(town.account(who))
    response = client.get(reverse("process:inbox"))
    assert [item["title"] for item in response.context["items"]] == [
        f"{LEAVE.title} · {each}" for each in expected
    ]
    assert {case.title for case in cases.values() if case.title in response.content.decode()} == set(expected)


@pytest.mark.parametrize("actor", [ANONYMOUS, SYSTEM], ids=["nobody", "system"])
def test_for_nobody_nothing_waits(cases, actor):
    assert (list(inbox(actor)), inbox_count(actor), list(started_by(actor))) == ([], 0, [])


def test_who_is_not_signed_in_is_asked_to(client, cases):
    assert client.get(reverse("process:inbox")).status_code == 302


def test_what_was_handed_over_waits_for_one_alone(town, cases):
    colleague, other = (person(name, town.place("xuhui"), "officer") for name in ("严区员", "吕区员"))
    assert [inbox_count(actor_of(each)) for each in (colleague, other)] == [1, 1]
    delegate(town.actor("officer"), cases["district"], person=colleague)
    assert [inbox_count(actor_of(each)) for each in (colleague, other)] == [1, 0]
    assert inbox_count(town.actor("officer")) == 0


def test_who_has_left_the_post_has_nothing_waiting(town, cases):
    assert inbox_count(town.actor("former")) == 0
    assert inbox_count(actor_of(town.person("former"), datetime(2024, 8, 31).date())) == 1


def test_the_most_urgent_stands_first_and_what_has_no_deadline_last(town):
    later = timezone.make_aware(datetime(2026, 11, 25, 9))
    at_district(town, title="后到", at=later)
    at_district(town, title="先到")
    assert [case.title for case in inbox(town.actor("officer"))] == ["先到", "后到"]
    clerk = town.actor("clerk")
    begin(clerk, town.place("gaoan"), title="草稿")
    soon = begin(clerk, town.place("gaoan"), title="限时")
    Case._base_manager.filter(pk=soon.pk).update(due=later)
    assert [case.title for case in inbox(clerk)] == ["限时", "草稿"]


def test_what_one_started_and_what_one_did(town, cases, client):
    titles = {name: case.title for name, case in cases.items()}
    started = {case.title for case in started_by(town.actor("clerk"))}
    assert started == {titles[name] for name in ("draft", "district", "city", "closed")}
    handled = handled_by(town.actor("officer"))
    assert {case.title for case in handled} == {titles["city"], titles["closed"]}
    client.force_login(town.account("officer"))
    shown = client.get(reverse("process:inbox"), {"tab": "handled"}).context["items"]
    assert [item["href"] for item in shown] == [reverse("process:case", args=[c.number]) for c in handled]
    assert {case.title for case in handled_by(town.actor("city_officer"))} == {titles["closed"]}
    assert [list(handled_by(town.actor(who))) for who in ("other_officer", "stranger", "head")] == [
        [],
        [],
        [],
    ]


def test_pages_of_a_long_inbox(town, client):
    for n in range(27):
        begin(town.actor("clerk"), town.place("gaoan"), title=f"第{n}件")
    client.force_login(town.account("clerk"))
    sizes = [
        len(client.get(reverse("process:inbox"), {"page": page}).context["items"]) for page in (1, 2, 9, "x")
    ]
    assert sizes == [25, 2, 2, 25]


def test_a_tab_that_is_not_there(town, client):
    client.force_login(town.account("clerk"))
    assert client.get(reverse("process:inbox"), {"tab": "all"}).status_code == 404


def test_numbers_count_up_for_each_prefix_and_year(town):
    clerk, gaoan = town.actor("clerk"), town.place("gaoan")
    new_year = timezone.make_aware(datetime(2027, 1, 1, 0, 30))
    other = process(name="trip", prefix="CX")
    numbers = [begin(clerk, gaoan).number for _case in range(3)]
    numbers += [
        begin(clerk, gaoan, one=other).number,
        begin(clerk, gaoan, at=new_year).number,
        begin(clerk, gaoan).number,
    ]
    assert numbers == [
        "DK-2026-000001", "DK-2026-000002", "DK-2026-000003", "CX-2026-000001", "DK-2027-000001", "DK-2026-000004"
    ]  # fmt: skip


def test_the_declaration_is_kept_as_it_was_when_cases_began(town):
    clerk, gaoan = town.actor("clerk"), town.place("gaoan")
    changed = process(states=(*STATES[:3], STATES[4], STATES[3], STATES[5]))
    one, two, three = begin(clerk, gaoan), begin(clerk, gaoan), begin(clerk, gaoan, one=changed)
    assert one.process_version == two.process_version != three.process_version
    assert ProcessVersion.objects.count() == 2
    assert [state["name"] for state in one.process_version.picture["states"]] == [
        state.name for state in STATES
    ]


@pytest.mark.parametrize(
    ("day", "hour", "words", "tone"),
    [
        (23, 10, "11月30日到期", "ok"),
        (28, 10, "11月30日到期", "warn"),
        (30, 10, "今天 17:00 到期", "late"),
        (30, 17, "已超期", "late"),
    ],
)
def test_deadlines_in_words(town, day, hour, words, tone):
    at = timezone.make_aware(datetime(2026, 11, day, hour))
    assert due(at_district(town), at) == {"due": words, "tone": tone}


def test_an_office_above_is_needed_for_each_state(town):
    provider = town.place("city")
    with pytest.raises(Exception, match="没有可以办理此事的上级单位"):
        begin(town.actor("city_officer"), provider)


@pytest.mark.parametrize("tab", ["waiting", "started"])
def test_pages_follow_each_other_in_the_order_of_the_list(town, client, tab):
    actor = town.actor("clerk")
    for number in range(27):
        begin(actor, town.place("gaoan"), title=f"第{number}件")
    whole = [case.number for case in {"waiting": inbox, "started": started_by}[tab](actor)]
    client.force_login(town.account("clerk"))
    shown = {"1": whole[:25], "2": whole[25:], "99": whole[25:], "x": whole[:25]}
    for page, numbers in shown.items():
        context = client.get(reverse("process:inbox"), {"tab": tab, "page": page}).context
        assert [item["href"] for item in context["items"]] == [
            reverse("process:case", args=[number]) for number in numbers
        ]
        ends = (1, 25) if len(numbers) == 25 else (26, 27)
        assert (context["page"]["first"], context["page"]["last"], context["page"]["total"]) == (*ends, 27)
        assert bool(context["page"]["next_url"]) == (len(numbers) == 25)
