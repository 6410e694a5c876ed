"""The demo town in the database: the pure `town` written in one transaction, all of it or nothing."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from wutong.centres.data.master import seed as ground
from wutong.centres.data.master.change import demo as changes
from wutong.centres.data.master.models import Institution, SchoolClass
from wutong.centres.data.master.town import Town, build_town
from wutong.centres.data.master.town.shapes import ClassFacts, SchoolFacts, TownOrganisation
from wutong.centres.identity.accounts import api as accounts
from wutong.kernel.action import RowsChanged
from wutong.kernel.audit.api import journal
from wutong.kernel.event import emit
from wutong.kernel.people import numbers
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import (
    Guardianship,
    Identifier,
    Membership,
    Organisation,
    OrganisationIdentifier,
    Person,
)
from wutong.kernel.people.queries import root
from wutong.kernel.policy import SYSTEM
from wutong.kernel.register.kinds import CodeOf, CodesOf
from wutong.kernel.sheet.cells import DateOrder

CHUNK = 500
Keys = dict[str, int]


def build(*, seed: int, password: str, say: Callable[[str], None]) -> None:
    """Where demo accounts stand already, only their passwords are set anew."""
    with transaction.atomic():
        holders = accounts.demo_people() or _town(seed, say)
        for login, person_id in holders.items():
            person = Person.objects.unscoped("the demo's own").get(pk=person_id)
            accounts.open_account(person, username=login, password=password, demo=True)


def _town(seed: int, say: Callable[[str], None]) -> Keys:
    """Login to person of the accounts the town asks for."""
    town = build_town(seed=seed, today=timezone.localdate())
    say(f"{len(town.organisations)} organisations, {len(town.persons)} persons …")
    ground.plant()
    places = _organisations(town)
    people = _persons(town)
    _rows(town, places, people)
    changes.build(timezone.now(), first=_school_of_clerk(town, places))
    journal(SYSTEM, "master.demo_built", root(), seed=seed, persons=len(people))
    return {account.login: people[account.person_key] for account in town.accounts}


def _school_of_clerk(town: Town, places: Keys) -> int:
    """Where the demo's own clerk works: the demo's stories begin there."""
    clerk = next(account.person_key for account in town.accounts if account.login == "school")
    return next(places[m.organisation_key] for m in town.memberships if m.person_key == clerk)


def _organisations(town: Town) -> Keys:
    """City and districts stand already; the rest is placed below them, parents first."""
    known = {row.name: row.pk for row in Organisation.objects.unscoped("the ground")}
    places: Keys = {}
    for each in town.organisations:
        ground_key = known.get(each.name) if each.kind in ("city", "district") else None
        places[each.key] = ground_key or _organisation(each, places)
    announce("people.organisation", places.values())
    return places


def _organisation(each: TownOrganisation, places: Keys) -> int:
    parent = (
        Organisation.objects.unscoped("the demo's own").get(pk=places[each.parent_key])
        if each.parent_key
        else None
    )
    row = Organisation.objects.create(
        kind=each.kind,
        name=each.name,
        name_en=each.name_en,
        parent=parent,
        valid_from=each.valid_from,
        valid_to=each.valid_to,
    )
    match each.facts:
        case SchoolFacts() as facts:
            _school(row, facts)
        case ClassFacts() as facts:
            SchoolClass.objects.create(
                organisation=row,
                stage=CodeOf("stage").parse(facts.stage, DateOrder.UNKNOWN),
                grade=facts.grade,
                number=facts.number,
                school_year=each.valid_from.year,
                entered=facts.entry_year,
            )
    return row.pk


def _school(row: Organisation, facts: SchoolFacts) -> None:
    Institution.objects.create(
        organisation=row,
        stages=CodesOf("stage").parse(";".join(facts.stages), DateOrder.UNKNOWN) or [],
        form=CodeOf("school_form").parse(facts.type, DateOrder.UNKNOWN) or "",
        nature=CodeOf("school_nature").parse(facts.nature, DateOrder.UNKNOWN) or "",
        address=facts.address,
        source="demo",
    )
    if facts.code:
        OrganisationIdentifier.objects.create(organisation=row, system=facts.code_system, value=facts.code)


def _persons(town: Town) -> Keys:
    rows = [
        Person(
            name=each.name,
            name_en=each.name_en or "",
            sex=each.sex,
            born=each.born,
            ethnic_group=each.ethnic_group,
            phone=each.phone,
            address=each.address,
        )
        for each in town.persons
    ]
    made = Person.objects.bulk_create(rows, batch_size=CHUNK)
    announce("people.person", (row.pk for row in made))
    return {each.key: row.pk for each, row in zip(town.persons, made, strict=True)}


def _rows(town: Town, places: Keys, people: Keys) -> None:
    _fill(Membership, (
        {"person_id": people[m.person_key], "organisation_id": places[m.organisation_key], "role": m.role,
         "post": m.post, "valid_from": m.valid_from, "valid_to": m.valid_to}
        for m in town.memberships
    ))  # fmt: skip
    _fill(Guardianship, (
        {"guardian_id": people[g.guardian_key], "child_id": people[g.child_key], "relation": g.relation,
         "primary": g.primary, "valid_from": g.valid_from}
        for g in town.guardianships
    ))  # fmt: skip
    _fill(Identifier, ({"person_id": people[i.person_key], **_sealed(i)} for i in town.identifiers))


def _sealed(each: Any) -> dict[str, Any]:
    ring, value = keyring(), each.value
    shown = numbers.mask_identity(value) if each.kind == "identity" else numbers.mask(value)
    return {
        "kind": each.kind,
        "sealed": ring.seal(value, each.kind),
        "digest": ring.digest(value, each.kind),
        "shown": shown,
        "valid_from": each.valid_from,
        "valid_to": each.valid_to,
    }


def _fill(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    model._default_manager.bulk_create([model(**row) for row in rows], batch_size=CHUNK)


def announce(label: str, keys: Iterable[int]) -> None:
    """So that search hears of what was written in bulk."""
    rows = [(label, key) for key in keys]
    for start in range(0, len(rows), CHUNK):
        emit(RowsChanged(tuple(rows[start : start + CHUNK])))
