"""A step that needs several: who may sign, when it takes effect, what a return makes of it."""

import pytest
from django.urls import reverse

from wutong.kernel.errors import Conflict, NotAllowed
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.module import REGISTRY
from wutong.kernel.notice.models import Delivery
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import SYSTEM
from wutong.kernel.process.engine import take
from wutong.kernel.process.models import Case, CaseEvent, Signature
from wutong.kernel.process.queries import inbox, open_steps
from wutong.kernel.process.signing import is_signer, places
from wutong.kernel.process.tests.award import AWARD, in_review, on_notice
from wutong.kernel.process.tests.leave import MONDAY, again, house
from wutong.kernel.testing.factories import person

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house(AWARD))
    return small_town


def signed(case):
    return [place.signer for place in places(case) if place.person_id]


def test_it_takes_effect_with_the_last_signature_that_is_needed(town):
    case = in_review(town)
    assert take(town.actor("head"), case, step="agree", comment="同意").state == "review"
    assert (again(case).state, signed(case)) == ("review", ["head"])
    assert take(town.actor("auditor"), case, step="agree").state == "notice"
    kinds = CaseEvent._base_manager.filter(case=case).values_list("kind", "step")
    assert list(kinds) == [("step", "open"), ("step", "submit"), ("signed", "agree"), ("step", "agree")]


def test_nobody_signs_twice_and_nobody_without_a_place(town):
    case = in_review(town)
    take(town.actor("head"), case, step="agree")
    with pytest.raises(Conflict):
        take(town.actor("head"), case, step="agree")
    for who in ("clerk", "other_officer", "city_officer", "teacher", "stranger"):
        with pytest.raises(NotAllowed):
            take(town.actor(who), case, step="agree")
    with pytest.raises(NotAllowed):
        take(SYSTEM, case, step="agree")
    assert (again(case).state, signed(case)) == ("review", ["head"])


def test_a_colleague_does_not_sign_in_a_place_that_is_taken(town):
    case = in_review(town)
    other = actor_of(person("高副校", town.place("gaoan"), "head"))
    take(town.actor("head"), case, step="agree")
    with pytest.raises(NotAllowed):
        take(other, case, step="agree")


def test_what_was_sent_back_is_signed_anew(town):
    case = on_notice(town)
    take(town.actor("officer"), case, step="uphold", comment="材料不实", at=MONDAY)
    assert (again(case).state, signed(case)) == ("review", [])
    assert Signature._base_manager.filter(case=case).exclude(person=None).count() == 2
    assert take(town.actor("officer"), case, step="agree").state == "review"
    assert take(town.actor("head"), case, step="agree").state == "notice"


def test_it_waits_in_the_inbox_of_those_who_have_not_signed(town):
    case = in_review(town)
    waiting = lambda who: case in inbox(town.actor(who))  # noqa: E731  # said five times
    assert [waiting(who) for who in ("head", "auditor", "officer", "teacher", "other_officer")] == [
        True, True, True, False, False
    ]  # fmt: skip
    take(town.actor("head"), case, step="agree")
    assert [waiting(who) for who in ("head", "auditor")] == [False, True]
    take(town.actor("auditor"), case, step="agree")
    assert [waiting(who) for who in ("head", "auditor", "officer")] == [False, False, True]


def test_signers_find_the_case_and_the_button_until_they_have_signed(town, client):
    case = in_review(town)
    steps = lambda who: [step.name for step in open_steps(town.actor(who), case)]  # noqa: E731  # said thrice
    assert (steps("head"), steps("officer"), steps("teacher")) == (["agree"], ["agree", "refuse"], [])
    assert Case.objects.visible_to(town.actor("head")).filter(pk=case.pk).exists()
    assert (is_signer(town.actor("head"), case), is_signer(town.actor("teacher"), case)) == (True, False)
    client.force_login(town.account("head"))
    url = reverse("process:step", args=[case.number, "agree"])
    assert client.post(url, {"comment": "同意"}).status_code == 302
    assert (steps("head"), client.get(url).status_code) == ([], 404)


def test_all_who_may_sign_are_told(town):
    deliver_waiting()
    case = in_review(town)
    deliver_waiting()
    rows = Delivery._base_manager.filter(notice__body=case.number, notice__title__startswith="轮到您")
    told = set(rows.values_list("person__name", flat=True))
    assert told >= {town.person(who).name for who in ("head", "officer", "auditor")}
