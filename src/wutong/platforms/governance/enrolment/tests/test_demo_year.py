"""The whole year of the demo town, 小学 and 初中: from the rules to the first school day, every child accounted for."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Membership, Person
from wutong.kernel.people.queries import actor_of
from wutong.platforms.governance.enrolment import queries
from wutong.platforms.governance.enrolment.actions import arrival, choosing, draw, placement, verification
from wutong.platforms.governance.enrolment.actions import window as windows
from wutong.platforms.governance.enrolment.demo import JUNIOR, PRIMARY, PRIVATE, Demo
from wutong.platforms.governance.enrolment.models import Application, Draw, Plan, Seat, Window
from wutong.platforms.governance.enrolment.ruleset import Rules

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases="__all__")]
WHY = "test"
DAY = timedelta(days=1)
ASTRAY = 9  # who lives where no school's catchment reaches


@pytest.fixture
def district() -> Demo:
    for module in REGISTRY:
        if module.prepare:
            module.prepare()
    REGISTRY.module("master").demo(seed=1, password="wutong-demo-2026", say=lambda _: None)
    posts = Membership.objects.unscoped(WHY).filter(role="officer", organisation__kind="district")
    return Demo(
        posts.filter(person__accounts__demo=True).select_related("person", "organisation").get(),
        1,
        timezone.now(),
    )


def test_the_year_of_the_demo_town(district: Demo):
    made = [primary(district), junior(district)]
    for window, kinds in made:
        year(district, window)
        assert kinds <= set(live(window).values_list("kind", flat=True))
        accounted_for(window)


def primary(district: Demo) -> tuple[Window, set[str]]:
    """Two in seven try the one private school, which has room for three; the public ones have room for all."""
    window = prepared(district, "primary", PRIMARY, seats=10, private=3)
    families = district.children(window.rules, 40)
    families[ASTRAY].address = "上海市徐汇区界外路1号101室"  # in nobody's catchment
    opens = window.rules.calendar.registration_opens
    rows = [district.register(window, child, at=opens + DAY) for child in families]
    private = Plan.objects.unscoped(WHY).get(window=window, side="private")
    applies = window.rules.calendar.apply_opens + DAY
    for n, row in enumerate(rows[1:], 1):
        guardian = actor_of(row.guardian)
        if n % 7 < 2:
            choosing.choose_private(guardian, row, first=private, at=applies)
        elif n != 5:
            choosing.choose_public(guardian, row, at=applies)
    choosing.ask_special(actor_of(rows[0].guardian), rows[0], needs="听力障碍", at=applies)
    return window, {"lottery", "catchment", "coordinated", "special"}


def junior(district: Demo) -> tuple[Window, set[str]]:
    """By primary school, straight on, and by computer; nobody by address."""
    window = prepared(district, "junior", JUNIOR, seats=12, private=0)
    families = district.children(window.rules, 50)
    opens = window.rules.calendar.registration_opens
    applies = window.rules.calendar.apply_opens + DAY
    for child in families:
        district.apply(district.register(window, child, at=opens + DAY), at=applies)
    return window, {"feeder", "through", "pool"}


def prepared(district: Demo, stage: str, of: str, *, seats: int, private: int) -> Window:
    age = district.year - (7 if stage == "primary" else 12)
    born = timezone.localdate().replace(year=age, month=9, day=1)
    rules = Rules(district.calendar(10), born_from=born, born_to=born.replace(year=age + 1) - DAY)
    window = district.window(stage, rules if stage == "primary" else district.routes(rules))
    schools = district.schools(of)
    for row, nature in schools:
        district.plan(window, row, private=nature == PRIVATE, seats=private if nature == PRIVATE else seats)
    if stage == "primary":
        district.stretches(window, [row for row, nature in schools if nature != PRIVATE])
    district.publish(window, 5)
    return window


def year(district: Demo, window: Window) -> None:
    calendar, officer = window.rules.calendar, district.officer
    lots(district, window, Draw.Round.FIRST)
    verification.check_all(officer, window, at=calendar.draw + DAY)
    at_the_counter(district, window)
    lots(district, window, Draw.Round.POOL)
    run(district, window, "first")
    special(district, window)
    run(district, window, "second")
    run(district, window, "coordination")
    by_hand(district, window)
    arrival.tell(officer, window, at=calendar.letters)
    first_day(window)
    windows.close(officer, window, at=calendar.letters + 30 * DAY)


def lots(district: Demo, window: Window, round: str) -> None:
    states = {"first": ("applied",), "pool": ("checked",)}[round]
    waiting = Application.objects.unscoped(WHY).filter(window=window, state__in=states)
    if not waiting.exists() or (round == "pool" and not window.rules.pools):
        return
    when = window.rules.calendar.draw + (2 * DAY if round == "pool" else timedelta())
    held = draw.freeze(district.officer, window, round=round, at=when)
    later = when + timedelta(hours=6)
    held = draw.draw_lots(district.officer, held, public_seed="2027061", public_source="双色球", at=later)
    for name in ("王公证", "李监督"):
        draw.sign(district.officer, held, name=name, office="公证处", at=later)
    draw.publish(district.officer, held, at=later)


def at_the_counter(district: Demo, window: Window) -> None:
    """Half of those called have it right, the others do not."""
    rows = Application.objects.unscoped(WHY).filter(window=window, state="onsite").order_by("pk")
    at = window.rules.calendar.draw + DAY
    for n, row in enumerate(rows):
        for document in row.documents.unscoped(WHY):
            verification.judge_document(
                district.officer, row, document=document, good=n % 2 == 0, comment="与原件不符", at=at
            )
        verification.pass_onsite(district.officer, row, at=at)


def run(district: Demo, window: Window, kind: str) -> None:
    at = window.rules.calendar.second_results
    waiting = Application.objects.unscoped(WHY).filter(window=window, state__in=placement.SOURCES[kind])
    if waiting.exists():
        placement.carry_out(placement.place(district.officer, window, kind=kind, at=at).pk, at=at)


def special(district: Demo, window: Window) -> None:
    at = window.rules.calendar.first_results
    for row in Application.objects.unscoped(WHY).filter(window=window, state="special"):
        plan = Plan.objects.unscoped(WHY).filter(window=window, side="public").order_by("taken", "pk").first()
        placement.settle_special(district.officer, row, plan=plan, how="随班就读", at=at)


def by_hand(district: Demo, window: Window) -> None:
    """Who never applied, and for whom no place was left, is asked where it goes."""
    at = window.rules.calendar.second_results
    for row in queries.without_seat(window):
        placement.record_destination(district.officer, row, destination="外省市就读", at=at)


def first_day(window: Window) -> None:
    for row in (
        Application.objects.unscoped(WHY).filter(window=window, state="notified").select_related("school")
    ):
        posts = Membership.objects.unscoped(WHY).filter(organisation=row.school, role="clerk", valid_to=None)
        clerk = actor_of(Person.objects.unscoped(WHY).get(pk=posts.values_list("person", flat=True)[0]))
        arrival.arrive(clerk, row, at=window.rules.calendar.letters + 20 * DAY)


def live(window: Window):
    return Seat.objects.unscoped(WHY).filter(released=None, application__window=window)


def accounted_for(window: Window) -> None:
    """One live seat a child, no seat beyond the plan, nobody left; and the pupils are at their schools."""
    window.refresh_from_db()
    assert window.state == "closed"
    seats = list(live(window).select_related("application"))
    assert max(Counter(seat.child_id for seat in seats).values()) == 1
    held = Counter(seat.plan_id for seat in seats)
    plans = list(Plan.objects.unscoped(WHY).filter(window=window))
    assert [(plan.pk, plan.taken) for plan in plans] == [(plan.pk, held[plan.pk]) for plan in plans]
    assert [plan for plan in plans if plan.taken > plan.total] == []
    rows = Application.objects.unscoped(WHY).filter(window=window)
    assert set(rows.values_list("state", flat=True)) <= {"arrived", "elsewhere", "deferred"}
    first = window.rules.calendar.first_day
    pupils = Membership.objects.unscoped(WHY).filter(
        role="pupil", valid_from=first, organisation__kind="school"
    )
    arrived = rows.filter(state="arrived").values_list("child", "school")
    assert set(arrived) <= set(pupils.values_list("person", "organisation"))
    assert rows.filter(state="arrived").count() == len(seats)
