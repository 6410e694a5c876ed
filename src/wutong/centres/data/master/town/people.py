"""The town's register of persons: keys, identity numbers, telephones, addresses, none given twice."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Literal

from wutong.centres.data.master.town.names import HAN, Name, adult_name
from wutong.centres.data.master.town.shapes import Sex, TownIdentifier, TownPerson
from wutong.centres.data.master.town.tables import rows
from wutong.kernel.people.numbers import check_digit

Place = Literal["shanghai", "elsewhere"]
FIRST_CARDS = 1984  # the year identity cards began: nobody holds a code that was withdrawn before


class People:
    """Grows while the town is built; what it hands out is frozen."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.persons: list[TownPerson] = []
        self.identifiers: list[TownIdentifier] = []
        self._used: set[str] = set()

    def add(
        self, name: Name | str, sex: Sex, born: date, *, place: Place, address: str,
        ethnic: str = HAN, name_en: str | None = None, phone: bool = True,
    ) -> TownPerson:  # fmt: skip
        number = self._identity(place, born, sex)
        person = TownPerson(
            key=f"p{len(self.persons) + 1:05d}",
            name=str(name),
            name_en=name_en or None,
            sex=sex,
            born=born,
            identity_number=number,
            phone=self._unused(lambda: f"154{self.rng.randrange(10**8):08d}") if phone else "",
            ethnic_group=ethnic,
            address=address,
        )
        self.persons.append(person)
        self.identifiers.append(TownIdentifier(person.key, "identity", number, born))
        return person

    def grown_up(self, sex: Sex, born: date, name: str = "", name_en: str = "") -> TownPerson:
        """An adult who came to the town for work."""
        ethnic = self.rng.choices((HAN, "03", "11"), (980, 12, 8))[0] if not name else HAN
        place: Place = "shanghai" if self.rng.random() < 0.72 else "elsewhere"
        made = name or adult_name(self.rng, sex, born, ethnic)
        return self.add(made, sex, born, place=place, address=self.address(), ethnic=ethnic, name_en=name_en)

    def address(self) -> str:
        rng, road = self.rng, self.rng.choice(rows("roads"))["road"]
        room = rng.randint(1, 18) * 100 + rng.randint(1, 4)
        return f"上海市徐汇区{road}{rng.randint(20, 1400)}弄{rng.randint(1, 60)}号{room}室"

    def day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.rng.randint(0, (last - first).days))

    def _identity(self, place: Place, born: date, sex: Sex) -> str:
        """Serials from 900 up: registers count from 1, so such a number meets a living person's less often."""
        codes, weights = regions(place, max(born.year, FIRST_CARDS))

        def draw() -> str:
            code = self.rng.choices(codes, cum_weights=weights)[0]
            serial = 900 + 2 * self.rng.randrange(45) + (sex == "1")
            first17 = f"{code}{born:%Y%m%d}{serial}"
            return first17 + check_digit(first17)

        return self._unused(draw)

    def _unused(self, draw: Callable[[], str]) -> str:
        while (value := draw()) in self._used:
            pass
        self._used.add(value)
        return value


@cache
def regions(place: Place, year: int) -> tuple[list[str], list[int]]:
    """Codes of GB/T 2260 in force in a year, with running weights."""
    found = [row for row in rows("regions") if row["place"] == place and _in_force(row, year)]
    return [row["code"] for row in found], list(accumulate(int(row["weight"]) for row in found))


def _in_force(row: dict[str, str], year: int) -> bool:
    return int(row["from_year"] or 0) <= year <= int(row["to_year"] or 9999)
