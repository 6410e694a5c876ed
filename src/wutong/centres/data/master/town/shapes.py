"""What the town is made of: plain frozen rows that refer to each other by key."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

OrganisationKind = Literal["city", "district", "bureau", "school", "class", "provider"]
Sex = Literal["1", "2"]
MembershipRole = Literal[
    "pupil", "teacher", "class_teacher", "head", "clerk", "officer", "auditor", "operator", "provider"
]
IdentifierKind = Literal["identity", "pupil_national", "pupil_shanghai_secondary", "staff"]


@dataclass(frozen=True)
class SchoolFacts:
    """`code` is the admission authority's, where known; `number` is the invented four digits of pupil numbers."""

    stages: tuple[str, ...]
    nature: str
    type: str
    address: str
    code: str
    code_system: str
    number: str


@dataclass(frozen=True)
class ClassFacts:
    """`grade` is the local code of stage and grade; `entry_year` is when the class began its stage."""

    stage: str
    grade: str
    number: int
    entry_year: int


@dataclass(frozen=True)
class TownOrganisation:
    key: str
    kind: OrganisationKind
    name: str
    name_en: str
    parent_key: str | None
    valid_from: date
    valid_to: date | None = None
    facts: SchoolFacts | ClassFacts | None = None


@dataclass(frozen=True)
class TownPerson:
    """`sex` by GB/T 2261.1, `ethnic_group` by GB/T 3304; children have no phone."""

    key: str
    name: str
    name_en: str | None
    sex: Sex
    born: date
    identity_number: str
    phone: str
    ethnic_group: str
    address: str


@dataclass(frozen=True)
class TownMembership:
    person_key: str
    organisation_key: str
    role: MembershipRole
    post: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class TownGuardianship:
    """`relation` is what the guardian is to the child, by GB/T 4761."""

    guardian_key: str
    child_key: str
    relation: str
    primary: bool
    valid_from: date


@dataclass(frozen=True)
class TownIdentifier:
    person_key: str
    kind: IdentifierKind
    value: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class TownAccount:
    login: str
    person_key: str


@dataclass(frozen=True)
class Town:
    """Organisations stand parents first."""

    organisations: tuple[TownOrganisation, ...]
    persons: tuple[TownPerson, ...]
    memberships: tuple[TownMembership, ...]
    guardianships: tuple[TownGuardianship, ...]
    identifiers: tuple[TownIdentifier, ...]
    accounts: tuple[TownAccount, ...]
