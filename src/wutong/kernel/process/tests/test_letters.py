"""Who is told what, and once."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import translation

from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.event.models import OutboxEvent
from wutong.kernel.module import REGISTRY
from wutong.kernel.notice.models import Delivery, Notice
from wutong.kernel.people.queries import actor_of
from wutong.kernel.process import letters
from wutong.kernel.process.deadlines import watch_deadlines
from wutong.kernel.process.engine import delegate, take
from wutong.kernel.process.events import CaseHeldBy, CaseMoved
from wutong.kernel.process.tests.leave import at_district, begin, house
from wutong.kernel.testing.factories import person

pytestmark = pytest.mark.django_db(databases="__all__")
TURN, TITLE = "轮到您办理：三年级调课", "三年级调课"


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house())
    deliver_waiting()
    Notice._base_manager.all().delete()
    return small_town


def post():
    """Delivers what waits; what came newly, as (name, title) sorted."""
    before = set(Delivery._base_manager.values_list("pk", flat=True))
    deliver_waiting()
    new = Delivery._base_manager.exclude(pk__in=before).select_related("person", "notice")
    return sorted((row.person.name, row.notice.title) for row in new)


def name(town, who):
    return town.person(who).name


def test_whose_turn_it_is_and_the_applicant_are_told_at_each_step(town):
    clerk = town.actor("clerk")
    case = begin(clerk, town.place("gaoan"))
    assert post() == [(name(town, "clerk"), TURN)]
    take(clerk, case, step="submit")
    assert post() == sorted(
        [(name(town, "officer"), TURN), (name(town, "clerk"), f"“{TITLE}”到了“区级审核”")]
    )
    take(town.actor("officer"), case, step="agree")
    assert post() == sorted(
        [(name(town, "city_officer"), TURN), (name(town, "clerk"), f"“{TITLE}”到了“市级备案”")]
    )
    take(town.actor("city_officer"), case, step="grant")
    assert post() == [(name(town, "clerk"), f"“{TITLE}”到了“已批准”")]


def test_everybody_who_has_the_holding_role_is_told_and_who_left_is_not(town):
    person("吕区员", town.place("xuhui"), "officer")
    person("前区员", town.place("xuhui"), "officer", until=date(2024, 8, 31))
    at_district(town)
    told = [who for who, title in post() if title == TURN]
    assert told == sorted([name(town, "officer"), "吕区员"])


def test_the_letter_leads_to_the_case(town, client):
    case = at_district(town)
    deliver_waiting()
    delivery = Delivery._base_manager.select_related("notice").get(person=town.person("officer"))
    assert (delivery.notice.href, delivery.notice.body) == (
        reverse("process:case", args=[case.number]),
        case.number,
    )
    client.force_login(town.account("officer"))
    response = client.get(reverse("notice:detail", args=[delivery.notice_id]))
    assert (response.status_code, case.number in response.content.decode()) == (200, True)


def test_a_second_delivery_writes_nothing(town):
    at_district(town)
    post()
    before = (Notice._base_manager.count(), Delivery._base_manager.count())
    for event in OutboxEvent.objects.filter(name=CaseMoved.name()):
        letters.on_moved(CaseMoved.from_payload(event.payload), event_id=event.pk)
    OutboxEvent.objects.update(delivered=None)
    deliver_waiting()
    assert (Notice._base_manager.count(), Delivery._base_manager.count()) == before


def test_who_was_handed_a_matter_is_told_and_nobody_else(town):
    colleague = person("严区员", town.place("xuhui"), "officer")
    case = at_district(town)
    post()
    delegate(town.actor("officer"), case, person=colleague)
    assert post() == [("严区员", "有办件转交给您：三年级调课")]


def test_reminder_goes_to_the_holder_and_escalation_to_the_level_above(town):
    case = at_district(town)
    post()
    watch_deadlines(None, case.due.replace(hour=0))
    assert post() == [(name(town, "officer"), "办件快到期了：三年级调课")]
    watch_deadlines(None, case.due)
    watch_deadlines(None, case.due)
    assert post() == [(name(town, "city_officer"), "办件已超期，升级到您这里：三年级调课")]


def test_letters_that_come_late_do_not_say_what_is_no_longer_so(town):
    """The worker stood still while the matter went from the school through the district."""
    case = at_district(town)
    colleague = person("严区员", town.place("xuhui"), "officer")
    delegate(town.actor("officer"), case, person=colleague)
    take(actor_of(colleague), case, step="agree")
    assert [(who, title) for who, title in post() if who != name(town, "clerk")] == [
        (name(town, "city_officer"), TURN)
    ]


@pytest.mark.parametrize("kind", ["delegated", "reminded", "escalated"])
def test_what_is_no_longer_held_so_is_not_told(town, kind):
    case = at_district(town)
    post()
    before = Notice._base_manager.count()
    letters.on_held(CaseHeldBy(case.pk, kind), event_id=10_000)
    assert Notice._base_manager.count() == before


def test_each_reads_a_letter_in_their_own_language(town, client):
    at_district(town)
    deliver_waiting()
    client.force_login(town.account("clerk"))
    shown = {}
    for language in ("zh-hans", "en"):
        client.cookies["django_language"] = language
        shown[language] = client.get(reverse("notice:index")).content.decode()
    assert "“三年级调课”到了“区级审核”" in shown["zh-hans"]
    assert "“三年级调课”到了" not in shown["en"]
    assert TITLE in shown["en"]


def test_the_letter_is_kept_in_chinese_whoever_caused_it(town):
    with translation.override("en"):
        case = at_district(town)
        watch_deadlines(None, case.due)
        titles = {title for _who, title in post()}
    assert titles == {"办件已超期，升级到您这里：三年级调课", TURN, "“三年级调课”到了“区级审核”"}
