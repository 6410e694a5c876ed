"""Two of a school, and two of the city, at the same moment. SQLite lets one writer in, so it cannot show this."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from wutong.centres.data.master.change import actions
from wutong.centres.data.master.change.models import ChangeRequest
from wutong.centres.data.master.models import Institution
from wutong.centres.data.master.tests.changes import NEW_ADDRESS, case_in, school
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import WutongError
from wutong.kernel.people.queries import actor_of
from wutong.kernel.process.engine import take
from wutong.kernel.process.models import Case, CaseEvent
from wutong.kernel.testing.factories import person, prepared_town

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, databases="__all__")]
MANY = 4


@pytest.fixture
def town():
    made = prepared_town()
    school(made)
    return made


def at_once(*deeds):
    """What each says when all begin together, each in a thread and a connection of its own."""
    barrier = Barrier(len(deeds))

    def run(deed):
        try:
            barrier.wait(timeout=30)
            return deed()
        except WutongError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(run, deeds))


def colleagues(town, where, role):
    return [actor_of(person(f"同事{n}", town.place(where), role)) for n in range(MANY)]


def test_of_clerks_who_ask_at_once_one_opens_a_case(town):
    def asking(actor, n):
        institution = Institution._base_manager.select_related("organisation").get(pk=town.place("gaoan").pk)
        proposed = {"address": f"康平路{n}号"}
        return lambda: actions.ask(actor, institution, proposed=proposed, reason="迁址").case.state

    said = at_once(*[asking(actor, n) for n, actor in enumerate(colleagues(town, "gaoan", "clerk"))])
    assert sorted(said) == ["conflict"] * (MANY - 1) + ["draft"]
    assert (Case._base_manager.count(), ChangeRequest._base_manager.count()) == (1, 1)


def test_of_officers_who_file_at_once_one_writes_the_entry(town):
    case = case_in(town, "city")
    said = at_once(
        *[
            lambda actor=actor: take(actor, case, step="file").state
            for actor in colleagues(town, "city", "officer")
        ]
    )
    assert sorted(said) == ["conflict"] * (MANY - 1) + ["effective"]
    institution = Institution._base_manager.get(pk=town.place("gaoan").pk)
    assert (institution.address, institution.version) == (NEW_ADDRESS, 2)
    assert CaseEvent._base_manager.filter(case=case, step="file").count() == 1
    assert AuditEntry._base_manager.filter(action="master.save_institution").count() == 1


def test_filed_and_refused_at_once_is_one_of_the_two(town):
    case = case_in(town, "city")
    one, two, *_others = colleagues(town, "city", "officer")
    said = at_once(
        lambda: take(one, case, step="file").state,
        lambda: take(two, case, step="refuse", comment="不符").state,
    )
    state = Case._base_manager.get(pk=case.pk).state
    address = Institution._base_manager.get(pk=town.place("gaoan").pk).address
    assert sorted(said) == sorted(["conflict", state])
    assert (address == NEW_ADDRESS) == (state == "effective")


def test_revised_and_submitted_at_once_what_is_submitted_is_what_stands(town):
    """Either the draft was revised first, or the revision is refused: never after the head has it."""
    case = case_in(town, "draft")
    request = ChangeRequest._base_manager.select_related("case__organisation").get(pk=case.pk)
    clerk, proposed = town.actor("clerk"), {"address": "淮海路1号"}
    said = at_once(
        lambda: actions.revise(clerk, request, proposed=proposed, reason="换一处").proposed["address"],
        lambda: take(clerk, case, step="submit").state,
    )
    standing = ChangeRequest._base_manager.get(pk=case.pk).proposed["address"]
    assert (said[1], standing) == ("head", "淮海路1号" if said[0] == "淮海路1号" else NEW_ADDRESS)
    assert said[0] in ("淮海路1号", "conflict")
