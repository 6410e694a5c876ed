from wutong.kernel.people.organisations import Organisation, OrganisationIdentifier
from wutong.kernel.people.persons import (
    Guardianship,
    Identifier,
    Membership,
    Person,
    PersonMerge,
)

__all__ = [
    "Guardianship",
    "Identifier",
    "Membership",
    "Organisation",
    "OrganisationIdentifier",
    "Person",
    "PersonMerge",
]
