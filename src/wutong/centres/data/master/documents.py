"""The documents of `searches.person_document` for many persons at once, from plain columns of the tables."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse

from wutong.kernel.people.models import Guardianship, Membership, Organisation, Person
from wutong.kernel.people.persons import live
from wutong.kernel.search.source import Document, Made

WHY = "the index holds everybody; who finds what is part of each document"
Grouped = dict[int, list[tuple[Any, ...]]]


def person_documents(keys: list[int]) -> Iterator[Made]:
    persons = Person.objects.unscoped(WHY).filter(pk__in=keys)
    rows = persons.filter(merged_into__isnull=True).values_list("pk", "name", "name_en")
    names = {pk: (name, name_en) for pk, name, name_en in rows}
    around = _Around(keys)
    url = reverse("register:detail", args=["persons", 0])
    for key in keys:
        document = None
        if key in names:
            name, name_en = names[key]
            document = _document(key, name, name_en, around, url.replace("/0/", f"/{key}/"))
        yield key, document, around.feeding(key)


def _document(key: int, name: str, name_en: str, around: "_Around", url: str) -> Document:
    places, wards = around.places[key], around.wards[key]
    schooling = [place for _pk, child, _name in wards for place in around.schooling[child]]
    where = [around.organisations[place] for _pk, place, _role in places]
    paths = {path for path, _name in where} | {around.organisations[place][0] for (place,) in schooling}
    subtitle = at(places[0][2], where[0][1]) if places else of_children([name for _pk, _child, name in wards])
    return Document(
        title=name,
        subtitle=subtitle,
        url=url,
        names=(name_en,) if name_en else (),
        person=True,
        paths=tuple(sorted(paths)),
        owners=(key, *(guardian for (guardian,) in around.guards[key])),
    )


def at(role: str, place: str) -> str:
    return f"{Membership.Role(role).label} · {place.replace('/', ' ')}"


def of_children(names: list[str]) -> str:
    return f"{'、'.join(names)} 的家长" if names else ""


class _Around:
    """What stands around these persons, by person."""

    def __init__(self, keys: list[int]) -> None:
        held = Membership.objects.unscoped(WHY).order_by("-valid_from", "pk")
        wards = Guardianship.objects.unscoped(WHY).order_by("pk").filter(guardian__in=keys)
        guards = Guardianship.objects.unscoped(WHY).filter(live(), child__in=keys).order_by("pk")
        self.places = _by_first(
            held.filter(person__in=keys).values_list("person_id", "pk", "organisation_id", "role")
        )
        self.wards = _by_first(
            wards.filter(live()).values_list("guardian_id", "pk", "child_id", "child__name")
        )
        children = {child for rows in self.wards.values() for _pk, child, _name in rows}
        pupils = held.filter(person__in=children, role="pupil")
        self.schooling = _by_first(pupils.values_list("person_id", "organisation_id"))
        self.guards = _by_first(guards.values_list("child_id", "guardian_id"))
        self.answering = _by_first(wards.values_list("guardian_id", "pk"))
        self.organisations = _organisations(
            {row[-2] for rows in self.places.values() for row in rows}
            | {row[0] for rows in self.schooling.values() for row in rows}
        )

    def feeding(self, key: int) -> list[str]:
        return [
            *(f"people.membership:{pk}" for pk, *_rest in self.places[key]),
            *(f"people.guardianship:{pk}" for (pk,) in self.answering[key]),
        ]


def _by_first(rows: Iterable[tuple[Any, ...]]) -> Grouped:
    found: Grouped = defaultdict(list)
    for first, *rest in rows:
        found[first].append(tuple(rest))
    return found


def _organisations(keys: set[int]) -> dict[int, tuple[str, str]]:
    """Path and full name of each."""
    rows = Organisation.objects.unscoped(WHY).filter(pk__in=keys)
    facts = rows.values_list("pk", "path", "name", "kind", "parent__name")
    return {
        pk: (path, f"{above}/{name}" if kind == "class" and above else name)
        for pk, path, name, kind, above in facts
    }
