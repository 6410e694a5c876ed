"""Counter-signing: places under a step, opened when a case comes into its state and signed one by one."""

from __future__ import annotations

from datetime import datetime

from wutong.kernel.action import change
from wutong.kernel.errors import Conflict, NotAllowed
from wutong.kernel.policy import Actor, predicate
from wutong.kernel.process.holding import at_level
from wutong.kernel.process.models import Case, CaseEvent, Signature
from wutong.kernel.process.spec import Process, Signer, Step


def open_places(process: Process, case: Case, stay: CaseEvent) -> None:
    """For each step that needs several from where the case now stands; places nobody signed are taken away."""
    rows = Signature.objects.unscoped("places of this case")
    rows.filter(case=case, person=None).delete()
    for step in process.steps_from(case.state):
        for signer in step.sign.signers if step.sign else ():
            place = at_level(case.organisation, signer.level)
            Signature(
                case=case, stay=stay, step=step.name, signer=signer.name, role=signer.role, organisation=place
            ).save()


def places(case: Case, step: Step | None = None) -> list[Signature]:
    """Of the present stay, in the order in which they were declared."""
    moves = (
        CaseEvent.objects.unscoped("a mark without content").filter(case=case, kind="step").order_by("-pk")
    )
    rows = Signature.objects.unscoped("who signs a visible case").filter(
        case=case, stay=moves.values("pk")[:1]
    )
    rows = rows.filter(step=step.name) if step else rows
    return list(rows.select_related("organisation", "person").order_by("pk"))


def place_for(actor: Actor, case: Case, step: Step) -> Signature | None:
    """Where this actor may sign now: a place that is free, if they have not signed another."""
    if step.sign is None or actor.person_id is None:
        return None
    there = places(case, step)
    if any(place.person_id == actor.person_id for place in there):
        return None
    signers = {signer.name: signer for signer in step.sign.signers}
    fits = (
        place
        for place in there
        if place.person_id is None and _fits(actor, case, place, signers.get(place.signer))
    )
    return next(fits, None)


def _fits(actor: Actor, case: Case, place: Signature, signer: Signer | None) -> bool:
    held = any(
        role.name == place.role and role.organisation_id == place.organisation_id for role in actor.roles
    )
    return held and signer is not None and signer.by(actor, case)


def sign(actor: Actor, case: Case, step: Step, *, at: datetime, comment: str) -> bool:
    """Whether enough have signed now. The case is locked: of two who sign at once the second completes it."""
    if any(place.person_id == actor.person_id is not None for place in places(case, step)):
        raise Conflict
    place = place_for(actor, case, step)
    if place is None:
        raise NotAllowed
    change(place, person_id=actor.person_id, at=at, comment=comment)
    return (
        step.sign is not None
        and sum(each.person_id is not None for each in places(case, step)) >= step.sign.count
    )


@predicate
def is_signer(actor: Actor, case: Case) -> bool:
    """Somebody with a place under one of its steps, signed or not."""
    held = {(role.name, role.organisation_id) for role in actor.roles}
    return any((place.role, place.organisation_id) in held for place in places(case))
