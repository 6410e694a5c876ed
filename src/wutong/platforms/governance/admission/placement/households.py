"""五年一户: in so many years one address gives one family a place at a school; brothers and sisters excepted."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Occupancy:
    """In `year` a child of `family` entered `school` from the address `home`."""

    school: str
    home: str
    year: int
    family: str


@dataclass(frozen=True, kw_only=True, order=True)
class Held:
    """A line of the published warning list: this home is used at this school up to and with the year `until`."""

    school: str
    home: str
    until: int


class Households:
    """Which homes are taken at which school in the year of admission; grows while children are seated."""

    def __init__(self, past: Iterable[Occupancy], *, year: int, years: int) -> None:
        self.year, self.years = year, years
        self.taken: dict[tuple[str, str], Occupancy] = {}
        for each in sorted(past, key=lambda one: (one.year, one.family)):
            if year - years < each.year <= year:
                self.taken[each.school, each.home] = each

    def against(self, school: str, home: str, family: str) -> Occupancy | None:
        """The other family's child that stands in the way."""
        found = self.taken.get((school, home)) if self.years and home else None
        return found if found and found.family != family else None

    def occupy(self, school: str, home: str, family: str) -> None:
        if self.years and home:
            self.taken[school, home] = Occupancy(school=school, home=home, year=self.year, family=family)


def warning_list(past: Iterable[Occupancy], *, year: int, years: int) -> list[Held]:
    """Homes that a new family cannot use in `year`, for publication before families register."""
    taken = Households(past, year=year, years=years).taken.values()
    return sorted(Held(school=one.school, home=one.home, until=one.year + years - 1) for one in taken)
