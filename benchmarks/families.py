"""A district of invented families with their papers in order, laid down in bulk for `benchmarks.year`."""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import F, Model

from wutong.config import prepare as house
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Guardianship, Identifier, Membership, Organisation, Person
from wutong.kernel.people.numbers import check_digit
from wutong.kernel.people.queries import actor_of, root
from wutong.platforms.governance.enrolment.actions import arrival, draw, placement, verification
from wutong.platforms.governance.enrolment.actions import window as windows
from wutong.platforms.governance.enrolment.models import (
    Application,
    Document,
    Plan,
    Seat,
    Wish,
)
from wutong.platforms.governance.enrolment.ruleset import Calendar, Rules
from wutong.platforms.governance.enrolment.sources.local import keep

WHY = "benchmark"
OPENS = datetime(2027, 4, 13, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SCHOOL, HOUSES, PRIVATE = 120, 400, 12
CHUNK = 2_000


def prepare() -> None:
    house.ready(mark=False)


class District:
    """`size` children; a school for each 120 of them, a tenth of the seats too few here and there.

    Registration opens at `opens`. `applied`: the families have registered and chosen already.
    """

    def __init__(
        self, number: int, size: int, rng: random.Random, *, opens: datetime = OPENS, applied: bool = True
    ) -> None:
        self.number, self.size, self.rng, self.opens, self.applied = number, size, rng, opens, applied
        districts = Organisation.objects.unscoped(WHY).filter(kind="district", parent=root()).order_by("pk")
        self.place = districts[number]
        self.name = self.place.name.removesuffix("教育局")
        person = Person.objects.create(name=f"招生办{number}")
        Membership.objects.create(
            person=person, organisation=self.place, role="officer", valid_from=date(2020, 9, 1)
        )
        self.officer = actor_of(person)
        days = (0, 15, 20, 25, 30, 40, 47, 80)
        self.calendar = Calendar(*(opens + day * DAY for day in days), first_day=(opens + 141 * DAY).date())
        rules = Rules(self.calendar, born_from=date(2020, 9, 1), born_to=date(2021, 8, 31))
        self.window = windows.prepare_window(
            self.officer, self.place, year=2027, stage="primary", rules=rules, at=opens - 30 * DAY
        )
        self.schools()
        self.families()

    def schools(self) -> None:
        """One road a school; the fourth of each eight is private."""
        self.public: list[str] = []
        self.private: list[Plan] = []
        for n in range(max(4, self.size // SCHOOL)):
            row = Organisation.objects.create(kind="school", name=f"{self.name}第{n}小学", parent=self.place)
            private = n % 8 == 3
            made = windows.save_plan(
                self.officer, row, window=self.window, plan=None, side="private" if private else "public",
                category="统筹", classes=4, seats=int(SCHOOL * self.rng.uniform(0.9, 1.6)), at=self.opens,
            )  # fmt: skip
            if private:
                self.private.append(made)
                continue
            road = f"第{self.number * 1000 + n}路"
            windows.save_catchment(self.officer, row, window=self.window, row=None, road=road, at=self.opens)
            self.public.append(road)
        windows.publish(self.officer, self.window, at=self.opens - DAY)
        self.window.refresh_from_db()

    def families(self) -> None:
        guardians = Person.objects.bulk_create(
            [Person(name=f"家长{n}") for n in range(self.size)], batch_size=CHUNK
        )
        born = [date(2020, 9, 1) + timedelta(days=self.rng.randrange(365)) for _ in range(self.size)]
        children = Person.objects.bulk_create(
            [Person(name=f"孩子{n}", born=day) for n, day in enumerate(born)], batch_size=CHUNK
        )
        pairs = zip(children, guardians, strict=True)
        Guardianship.objects.bulk_create(
            [Guardianship(child=c, guardian=g, relation="52") for c, g in pairs], batch_size=CHUNK
        )
        numbers = [self.number_of(n, day) for n, day in enumerate(born)]
        Identifier.objects.bulk_create(
            [_sealed(c, text) for c, text in zip(children, numbers, strict=True)], batch_size=CHUNK
        )
        sheets = [self.sheet() for _ in range(self.size)]
        keep(
            "household",
            (
                (text, {"address": s["home"]["address"], "since": s["home"]["since"]})
                for text, s in zip(numbers, sheets, strict=True)
            ),
        )
        keep(
            "property",
            (
                (text, {"address": s["home"]["address"], "certificate": s["home"]["certificate"]})
                for text, s in zip(numbers, sheets, strict=True)
            ),
        )
        self.children, self.guardians = children, guardians
        if self.applied:
            self.applications(children, guardians, sheets)

    def number_of(self, n: int, day: date) -> str:
        first = f"{310101 + self.number}{day:%Y%m%d}{n % 1000:03d}"
        return f"{first}{check_digit(first)}{n // 1000}"

    def sheet(self) -> dict[str, Any]:
        house = f"{self.rng.randrange(1, HOUSES)}号{self.rng.randrange(101, 699)}室"
        address = f"{self.name}{self.rng.choice(self.public)}{house}"
        since = (date(2010, 1, 1) + timedelta(days=self.rng.randrange(4000))).isoformat()
        home = {
            "kind": "owned",
            "address": address,
            "certificate": f"沪{since}",
            "since": since,
            "owner": "parent",
        }
        return {
            "household": {"kind": "family", "address": address, "since": since, "head": "parent"},
            "home": home,
        }

    def applications(
        self, children: list[Person], guardians: list[Person], sheets: list[dict[str, Any]]
    ) -> None:
        sides = ["private" if n % PRIVATE == 0 and self.private else "public" for n in range(self.size)]
        rows = [
            Application(
                window=self.window, year=2027, stage="primary", child=child, guardian=guardian, side=side, sheet=sheet,
                state="applied" if side == "private" else "checking", confirmed=self.opens, at=self.opens,
            )
            for child, guardian, side, sheet in zip(children, guardians, sides, sheets, strict=True)
        ]  # fmt: skip
        Application.objects.bulk_create(rows, batch_size=CHUNK)
        kinds = ("household", "property", "vaccination")
        Document.objects.bulk_create(
            [Document(application=row, kind=kind) for row in rows for kind in kinds], batch_size=CHUNK
        )
        chosen = [
            Wish(application=row, kind="first", plan=self.rng.choice(self.private), at=self.opens)
            for row in rows
            if row.side == "private"
        ]
        Wish.objects.bulk_create(chosen, batch_size=CHUNK)

    def runs(self) -> dict[str, Callable[[], Any]]:
        return {
            "lottery with its files and seats": self.lottery,
            "comparison with the sources": lambda: verification.check_all(
                self.officer, self.window, at=self.calendar.first_results
            ),
            "first public batch": lambda: self.place_all("first"),
            "second public batch and coordination": self.rest,
            "families and schools told": lambda: arrival.tell(
                self.officer, self.window, at=self.calendar.letters
            ),
        }

    def lottery(self) -> None:
        held = draw.freeze(self.officer, self.window, round="first", at=self.calendar.draw)
        later = self.calendar.draw + DAY
        held = draw.draw_lots(self.officer, held, public_seed="1", public_source="x", at=later)
        for name in ("甲", "乙"):
            draw.sign(self.officer, held, name=name, office="公证处", at=later)
        draw.publish(self.officer, held, at=later)

    def compare(self) -> None:
        verification.check_all(self.officer, self.window, at=self.calendar.first_results)

    def place_all(self, kind: str) -> None:
        waiting = Application.objects.unscoped(WHY).filter(
            window=self.window, state__in=placement.SOURCES[kind]
        )
        if waiting.exists():
            run = placement.place(self.officer, self.window, kind=kind, at=self.calendar.second_results)
            placement.carry_out(run.pk, at=self.calendar.second_results)

    def rest(self) -> None:
        self.place_all("second")
        self.place_all("coordination")

    def check(self) -> None:
        """Who has no seat is known, and no plan was passed."""
        seats = Seat.objects.unscoped(WHY).filter(application__window=self.window, released=None)
        told = Application.objects.unscoped(WHY).filter(window=self.window, state="notified").count()
        left = Application.objects.unscoped(WHY).filter(window=self.window, state="overflow").count()
        if (seats.count(), told + left) != (told, self.size):
            raise SystemExit(f"{self.name}: {seats.count()} seats, {told} told, {left} left of {self.size}")
        if Plan.objects.unscoped(WHY).filter(window=self.window, taken__gt=F("seats") + F("extra")).exists():
            raise SystemExit(f"{self.name}: more seats than planned")


def _all(rows: Iterable[Model]) -> None:
    found = list(rows)
    type(found[0])._default_manager.bulk_create(found, batch_size=CHUNK)


def _sealed(child: Person, text: str) -> Identifier:
    ring = keyring()
    return Identifier(
        person=child,
        kind="identity",
        sealed=ring.seal(text, "identity"),
        digest=ring.digest(text, "identity"),
        shown="***",
    )
