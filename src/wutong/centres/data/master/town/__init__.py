"""The demo town: a real district's outline with invented people, the same for the same seed."""

from wutong.centres.data.master.town.shapes import (
    ClassFacts,
    SchoolFacts,
    Town,
    TownAccount,
    TownGuardianship,
    TownIdentifier,
    TownMembership,
    TownOrganisation,
    TownPerson,
)
from wutong.centres.data.master.town.town import TODAY, build_town

__all__ = [
    "TODAY",
    "ClassFacts",
    "SchoolFacts",
    "Town",
    "TownAccount",
    "TownGuardianship",
    "TownIdentifier",
    "TownMembership",
    "TownOrganisation",
    "TownPerson",
    "build_town",
]
