"""Who may do what. Predicates on applications and windows read as sentences."""

from __future__ import annotations

from typing import Any

from wutong.kernel.people.rules import is_guardian
from wutong.kernel.policy import Actor, Predicate, over, predicate

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
    """Its clerk, once the school was told of the child."""
    school = application.school
    return school is not None and any(
        role.name == "clerk" and role.path == school.path for role in actor.roles
    )


BY: dict[str, Predicate] = {
    "guardian": is_the_guardian,
    "district": runs_enrolment,
    "school": is_the_school,
    "run": runs_enrolment,
}
