"""The bits of districts as they should be, found without what keeps them."""

from collections import defaultdict

from wutong.kernel.people.models import Guardianship, Membership, Person
from wutong.kernel.policy import area


def kept() -> dict[int, int]:
    return {pk: areas for pk, areas in Person._base_manager.values_list("pk", "areas") if areas}


def needed() -> dict[int, int]:
    """Of everybody's own places and those of their children, without persons who have none."""
    own: dict[int, int] = defaultdict(int)
    for person, path in Membership._base_manager.values_list("person_id", "organisation__path"):
        own[person] |= area(path)
    found = dict(own)
    for guardian, child in Guardianship._base_manager.values_list("guardian_id", "child_id"):
        found[guardian] = found.get(guardian, 0) | own[child]
    return {person: areas for person, areas in found.items() if areas}


def lacking() -> set[int]:
    """Whom an officer would not find for want of a bit."""
    held = kept()
    return {person for person, areas in needed().items() if areas & ~held.get(person, 0)}
