"""A pupil's classes of two years, and the numbers a pupil of Shanghai carries over time."""

from collections import Counter
from datetime import date
from random import Random

from wutong.centres.data.master.town.families import Family
from wutong.centres.data.master.town.schools import STAGES, Seat, first_step
from wutong.centres.data.master.town.shapes import TownIdentifier, TownMembership, TownPerson
from wutong.centres.data.master.town.tables import rows

STAGE_DIGITS = {"小学": "1", "初中": "2", "高中": "3"}


def memberships(found: list[Family], year: int) -> list[TownMembership]:
    """The class of this year, and before it that of last year if it was in this town."""
    made = []
    for person, seat in seated(found):
        if seat.last_year:
            made.append(
                TownMembership(
                    person.key, seat.last_year, "pupil", "", date(year - 1, 9, 1), date(year, 8, 31)
                )
            )
        made.append(TownMembership(person.key, seat.klass, "pupil", "", date(year, 9, 1)))
    return made


def seated(found: list[Family]) -> list[tuple[TownPerson, Seat]]:
    return [(person, seat) for family in found for person, seat in family.children if seat is not None]


class Numbers:
    """Gives numbers; no secondary number or temporary number is given twice."""

    def __init__(self, rng: Random, today: date) -> None:
        self.rng, self.today = rng, today
        self.schools = {row["key"]: row["number"] for row in rows("schools")}
        self._counts: Counter[str] = Counter()
        self._used: set[str] = set()

    def of(self, person: TownPerson, seat: Seat) -> list[TownIdentifier]:
        """None before primary school."""
        if seat.grade.stage not in STAGE_DIGITS:
            return []
        return self._national(person, seat) + self._secondary(person, seat)

    def _national(self, person: TownPerson, seat: Seat) -> list[TownIdentifier]:
        """Temporary (L) at the start of primary school, permanent (G + identity number) from November on."""
        begun = _began(seat, "小学")
        start, settled = date(begun, 9, 1), date(begun, 11, 1)
        ends = date(begun, 10, 31) if settled <= self.today else None
        made = [TownIdentifier(person.key, "pupil_national", self._temporary(person), start, ends)]
        if ends:
            number = f"G{person.identity_number}"
            made.append(TownIdentifier(person.key, "pupil_national", number, settled))
        return made

    def _temporary(self, person: TownPerson) -> str:
        while True:
            number = f"L310104{person.born:%Y%m%d}{self.rng.randrange(10000):04d}"
            if number not in self._used:
                self._used.add(number)
                return number

    def _secondary(self, person: TownPerson, seat: Seat) -> list[TownIdentifier]:
        """One for each stage so far; each ends the day before the next begins."""
        reached = STAGES[1 : STAGES.index(seat.grade.stage) + 1]
        schools = (*seat.origins[1:], seat.school)
        made = []
        for at, (stage, school) in enumerate(zip(reached, schools, strict=True)):
            begun = _began(seat, stage)
            ends = date(_began(seat, reached[at + 1]), 8, 31) if at + 1 < len(reached) else None
            number = self._serial(self._school(school), STAGE_DIGITS[stage], begun)
            made.append(
                TownIdentifier(person.key, "pupil_shanghai_secondary", number, date(begun, 9, 1), ends)
            )
        return made

    def _school(self, school: str | None) -> str:
        """District and school; schools outside this town have invented numbers in the neighbouring districts."""
        if school:
            return f"310104{self.schools[school]}"
        return f"{self.rng.choice(('310105', '310112', '310101'))}{self.rng.randint(9500, 9540)}"

    def _serial(self, school: str, stage: str, begun: int) -> str:
        stem = f"{school}{stage}{begun}"
        self._counts[stem] += 1
        return f"{stem}{self._counts[stem]:04d}"


def _began(seat: Seat, stage: str) -> int:
    """Year in which this pupil began a stage, now or before."""
    return seat.entered - first_step(seat.grade.stage) + first_step(stage)
