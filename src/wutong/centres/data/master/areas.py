"""Bits of districts that somebody lacks all the same: a tie was written by the version before, or past the models."""

from typing import Any

from django.db.models import F
from django.db.models.functions import Length
from django.db.models.lookups import LessThan

from wutong.kernel.people.models import Guardianship, Membership, Organisation, Person
from wutong.kernel.policy import WIDE, area, subtree

MOST = 900  # keys in one statement


def fill(progress: Any) -> None:
    """Looks first, so that nobody who writes waits for it where nothing is lacking."""
    above = Organisation._base_manager.annotate(digits=Length("path")).filter(digits=WIDE)
    for path in above.values_list("path", flat=True):
        bit = area(path)
        lacking = Person._base_manager.filter(LessThan(F("areas").bitand(bit), bit))
        members = Membership._base_manager.filter(subtree(path, "organisation__path"))
        guardians = Guardianship._base_manager.filter(child__in=members.filter(role="pupil").values("person"))
        for found in (members.values("person"), guardians.values("guardian")):
            keys = list(lacking.filter(pk__in=found).values_list("pk", flat=True))
            for at in range(0, len(keys), MOST):
                lacking.filter(pk__in=keys[at : at + MOST]).update(areas=F("areas").bitor(bit))
