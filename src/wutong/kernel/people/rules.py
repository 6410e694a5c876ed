"""Who may write about people and organisations."""

from datetime import date

from django.db.models import QuerySet

from wutong.kernel.people.persons import Guardianship, Identifier, Person, live
from wutong.kernel.policy import Actor, over, predicate
from wutong.kernel.prepared import Prepared

# The registrar of a school keeps its own records; the district and the city keep all below them.
keeps_records = over("clerk", "officer")
oversees = over("officer")


@predicate
def is_self(actor: Actor, person: Person) -> bool:
    return actor.person_id is not None and actor.person_id == person.pk


@predicate
def is_guardian(actor: Actor, child: Person) -> bool:
    return actor.person_id is not None and bool(_wardship(actor.person_id, child.pk))


@Prepared
def _wardship(guardian: int, child: int) -> QuerySet:
    rows = Guardianship.objects.unscoped("asks about the actor's own")
    return rows.filter(live(on=date.today()), guardian=guardian, child=child).values_list("pk")[:1]


# A full number is for the one it belongs to, the guardian, and those who keep the record.
may_see_numbers_of = is_self | is_guardian | keeps_records


@predicate
def may_see_numbers(actor: Actor, identifier: Identifier) -> bool:
    return may_see_numbers_of(actor, identifier.person)
