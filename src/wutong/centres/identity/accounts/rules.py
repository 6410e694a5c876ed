"""Who may act on whose account."""

from collections.abc import Iterable
from datetime import date

from wutong.centres.identity.accounts.models import KEEPERS, BrowserSession
from wutong.kernel.people.models import Membership, Person
from wutong.kernel.people.queries import survivor
from wutong.kernel.policy import Actor, holds, over, predicate


@predicate
def is_own_person(actor: Actor, person: Person) -> bool:
    return actor.person_id is not None and survivor(person).pk == actor.person_id


@predicate
def stands_nowhere(actor: Actor, person: Person) -> bool:
    """A citizen who belongs to no organisation is looked after by those who run the house."""
    return not person.scope_path


keeps_account = over(*KEEPERS) | (stands_nowhere & holds("operator"))
may_end_sessions = is_own_person | keeps_account


@predicate
def may_end(actor: Actor, session: BrowserSession) -> bool:
    return may_end_sessions(actor, session.account.person)


# Who may print what lets somebody in: never for one who has power over others, or a clerk could become the head.
CARDS_FOR = {
    "pupil": ("class_teacher", "clerk", "officer"),
    "teacher": ("clerk", "officer"),
    "class_teacher": ("clerk", "officer"),
}
POWER = ("clerk", "head", "officer", "auditor", "operator", "provider")


@predicate
def may_issue(actor: Actor, membership: Membership) -> bool:
    """Over the class of a pupil or the school of a teacher, while the membership is in force."""
    printers = CARDS_FOR.get(membership.role, ())
    in_force = membership.valid_to is None or membership.valid_to >= date.today()
    return in_force and over(*printers)(actor, membership) and not with_power([membership.person_id])


def with_power(people: Iterable[int]) -> set[int]:
    """Those among the people who hold a role over others today."""
    rows = Membership.objects.unscoped("whether somebody has power over others").on(date.today())
    return set(rows.filter(person__in=list(people), role__in=POWER).values_list("person_id", flat=True))


may_void = over("class_teacher", "clerk", "officer")


# Who stands before the class opens it; a school as a whole is nobody's class.
leads_class = over("class_teacher")


@predicate
def may_issue_badge(actor: Actor, membership: Membership) -> bool:
    return membership.role == "pupil" and leads_class(actor, membership) and may_issue(actor, membership)
