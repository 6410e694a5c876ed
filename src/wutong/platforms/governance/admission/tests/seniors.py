"""Synthetic candidates whose scores follow the real lines of 2025, on the real plan; see ../shared/realdata.

Where plan and lines name the same place, as many candidates as it has seats lie at or above its line, the last one on
it with the published scores of the parts; others who wish for it lie below. Places without one of both are left out.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random

from wutong.platforms.governance.admission.api import Entrant, SeniorPlan

REAL = Path(__file__).resolve().parents[7] / "shared/realdata"
PARTS = {"chinese_math_foreign": "chinese_math_foreign", "math": "math", "chinese": "chinese", "integrated": "integrated_test"}  # fmt: skip
Place = tuple[str, str]


def rows(name: str) -> Iterator[dict[str, str]]:
    with (REAL / name).open(encoding="utf-8") as file:
        yield from (row for row in csv.DictReader(file) if row["year"] == "2025")


def quotas(name: str, where: str) -> dict[Place, int]:
    return {(row["school_code"], row[where]): int(row["quota"]) for row in rows(name)}


def real_plan() -> SeniorPlan:
    districts = {
        row["junior_school"]: row["district"] for row in rows("score_lines.csv") if row["junior_school"]
    }
    return SeniorPlan(
        to_district=quotas("quota_to_district_2025.csv", "quota_district"),
        to_school=quotas("quota_to_school.csv", "junior_school"),
        unified=quotas("unified_quota_by_district_2025.csv", "for_district"),
        districts=districts,
        quota_line=605,
        unified_line=513,
    )


def real_lines(batch: str, where: str) -> dict[Place, tuple[float, dict[str, float]]]:
    found = {}
    for row in rows("score_lines.csv"):
        if row["batch"] == batch:
            parts = {name: float(row[column]) for name, column in PARTS.items() if row[column]}
            found[row["school_code"], row[where]] = float(row["min_score"]), parts
    return found


class Cohort:
    """Draws candidates place by place; numbers run on, so that nobody is told apart by chance of naming."""

    def __init__(self, plan: SeniorPlan, seed: int) -> None:
        self.plan, self.random, self.entrants = plan, Random(seed), list[Entrant]()

    def add(self, total: float, parts: dict[str, float], *, district: str, junior: str = "", comprehensive: float = 50, **wishes) -> None:  # fmt: skip
        number = f"25{self.random.randrange(10**10):010}{len(self.entrants):06}"
        self.entrants.append(
            Entrant(
                number=number,
                district=district,
                junior_school=junior,
                total=total,
                comprehensive=comprehensive,
                parts=parts,
                **wishes,
            )
        )

    def quota_place(self, name: str, place: Place, seats: int, line: float, parts: dict[str, float]) -> None:
        """Half a point is the smallest step; half of those refused fail by a part, not by the total."""
        school, where = place
        home = {
            "district": self.plan.districts.get(where, where),
            "junior": where if name == "to_school" else "",
        }
        above = [line + self.random.randrange(0, 40) / 2 for _one in range(seats - 1)]
        for score in above:
            self.add(score - 50, raised(parts), **home, **{name: (school,)})
        self.add(line - 50, parts, **home, **{name: (school,)})
        for _one in range(seats // 2 + 1):
            self.add(line - 50 - self.random.randrange(1, 60) / 2, parts, **home, **{name: (school,)})
            self.add(line - 50, lowered(parts), **home, **{name: (school,)})

    def unified_district(self, district: str, places: list[tuple[float, str, int]]) -> None:
        """`places`: line, school, seats. Each wishes for every school above her score too, best first, in vain."""
        ladder = sorted(places, reverse=True)
        for at, (line, school, seats) in enumerate(ladder):
            above = [one for one in ladder[:at] if one[0] > line]
            for seat in range(seats):
                top = min((one[0] for one in above), default=line + 20)
                score = line if seat == 0 else min(line + self.random.randrange(0, 40) / 2, top - 0.5)
                dreams = [one[1] for one in above if one[0] > score][-self.random.randrange(0, 15) :]
                self.add(max(score, line), {}, district=district, unified=(*dreams, school)[-15:])


Lines = dict[str, dict[Place, tuple[float, dict[str, float]]]]


def cohort(
    *, seed: int = 2025, districts: frozenset[str] = frozenset()
) -> tuple[list[Entrant], SeniorPlan, Lines]:
    """The candidates, the plan cut to the places that have a line too, and the lines, by batch; of all districts
    unless some are named."""
    real = real_plan()
    lines = {
        "to_district": real_lines("名额分配到区", "district"),
        "to_school": real_lines("名额分配到校", "junior_school"),
        "unified": real_lines("统一招生1-15志愿", "district"),
    }
    # One unified line of the unchecked source lies below the control line of the city.
    lines["unified"] = {place: one for place, one in lines["unified"].items() if one[0] >= real.unified_line}
    for name, found in lines.items():
        planned = {place: one for place, one in found.items() if getattr(real, name).get(place, 0) > 0}
        lines[name] = {
            place: one
            for place, one in planned.items()
            if not districts or real.districts.get(place[1], place[1]) in districts
        }
    plan = SeniorPlan(
        **{name: {place: getattr(real, name)[place] for place in found} for name, found in lines.items()},
        districts=real.districts,
        quota_line=real.quota_line,
        unified_line=real.unified_line,
    )
    made = Cohort(plan, seed)
    for name in ("to_district", "to_school"):
        for place, (line, parts) in lines[name].items():
            made.quota_place(name, place, getattr(plan, name)[place], line, parts)
    by_district = defaultdict(list)
    for (school, district), (line, _parts) in lines["unified"].items():
        by_district[district].append((line, school, plan.unified[school, district]))
    for district, places in by_district.items():
        made.unified_district(district, places)
    made.random.shuffle(made.entrants)
    return made.entrants, plan, lines


def raised(parts: dict[str, float]) -> dict[str, float]:
    return {name: value + 1 for name, value in parts.items()}


def lowered(parts: dict[str, float]) -> dict[str, float]:
    """Equal but for the last thing that is compared."""
    return {**parts, "integrated": parts.get("integrated", 0) - 0.5}
