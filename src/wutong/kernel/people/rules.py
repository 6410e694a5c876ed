"""Who may write about people and organisations."""

from datetime import date

from wutong.kernel.people.persons import Guardianship, Identifier, Person, live
from wutong.kernel.policy import Actor, over, predicate

# The registrar of a school keeps its own records; the district and the city keep all below them.
keeps_records = over("clerk", "officer")
oversees = over("officer")


@predicate
def is_self(actor: Actor, person: Person) -> bool:
    return actor.person_id is not None and actor.person_id == person.pk


@predicate
def is_guardian(actor: Actor, child: Person) -> bool:
    mine = Guardianship.objects.unscoped("asks about the actor's own").filter(
        live(on=date.today()), guardian_id=actor.person_id, child=child
    )
    return actor.person_id is not None and mine.exists()


# A full number is for the one it belongs to, the guardian, and those who keep the record.
may_see_numbers_of = is_self | is_guardian | keeps_records


@predicate
def may_see_numbers(actor: Actor, identifier: Identifier) -> bool:
    return may_see_numbers_of(actor, identifier.person)
