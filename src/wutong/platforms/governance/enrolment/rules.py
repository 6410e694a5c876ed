"""Who may do what. Predicates on applications and windows read as sentences."""

from __future__ import annotations

from typing import Any

from wutong.kernel.people.rules import is_guardian
from wutong.kernel.policy import Actor, Predicate, over, path_of, predicate

# 区招生办 is the officer of the district or of the city above it.
runs_enrolment = over("officer")


@predicate
def is_the_guardian(actor: Actor, application: Any) -> bool:
    """The 关联监护人 only; the other guardian sees and does not act."""
    return actor.person_id is not None and application.guardian_id == actor.person_id


@predicate
def is_a_guardian_of(actor: Actor, application: Any) -> bool:
    return is_guardian(actor, application.child)


@predicate
def is_the_school(actor: Actor, application: Any) -> bool:
    """Its clerk or head, once the school was told of the child."""
    school = application.school
    return school is not None and actor.holds("clerk", "head", over=school.path) and _at(actor, school.path)


def _at(actor: Actor, path: str) -> bool:
    return any(role.path == path for role in actor.roles)


@predicate
def runs_city(actor: Actor, subject: Any) -> bool:
    return any(role.name == "officer" and role.kind == "city" and path_of(subject).startswith(role.path) for role in actor.roles)


BY: dict[str, Predicate] = {
    "guardian": is_the_guardian,
    "district": runs_enrolment,
    "school": is_the_school,
    "run": runs_enrolment,
}
