"""Who has a matter in a state, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Invalid
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor, predicate
from wutong.kernel.process.calendar import deadline
from wutong.kernel.process.models import Case
from wutong.kernel.process.spec import APPLICANT, State

# Who may have a matter handed to them: those with a desk, not those who teach.
WORKING = ("officer", "clerk", "head")


@predicate
def is_holder(actor: Actor, case: Case) -> bool:
    """The one it was handed to, as long as they work there; else whoever has the holding role right there."""
    if case.delegate_id is not None:
        working = case.holder is not None and actor.holds_below(*WORKING, path=case.holder.path)
        return case.delegate_id == actor.person_id and working
    if case.holder_role == APPLICANT:
        return is_applicant(actor, case)
    return any(
        role.name == case.holder_role and role.organisation_id == case.holder_id for role in actor.roles
    )


@predicate
def is_applicant(actor: Actor, case: Case) -> bool:
    return actor.person_id is not None and case.applicant_id == actor.person_id


def held(place: Organisation, state: State, at: datetime) -> dict[str, Any]:
    """What a case says of itself in this state. The time of a public notice comes before the holder's own."""
    until = deadline(at, state.notice) if state.notice is not None else None
    return {
        "state": state.name,
        "holder_role": state.holder,
        "holder": at_level(place, state.level) if state.level else None,
        "notice_until": until,
        "due": deadline(until or at, state.within) if state.within is not None else None,
        "delegate": None,
        "reminded": None,
        "escalated": 0,
        "closed": at if state.final else None,
        "outcome": state.outcome,
    }


def at_level(organisation: Organisation, kind: str) -> Organisation:
    """The organisation itself or the nearest above it of a kind."""
    here: Organisation | None = organisation
    while here is not None and here.kind != kind:
        here = here.parent
    if here is None:
        raise Invalid(format_lazy(_("“{name}”没有可以办理此事的上级单位。"), name=organisation.name))
    return here
