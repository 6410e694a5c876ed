"""Children, their families and their teachers, a column at a time."""

from dataclasses import dataclass
from functools import cache

import polars as pl

from wutong.centres.data.master.city.chance import Chance
from wutong.centres.data.master.city.places import Places, districts
from wutong.centres.data.master.town.families import BOYS, FORMS, FROM_ELSEWHERE, GRANDPARENTS
from wutong.centres.data.master.town.names import HABITS, HAN, MINORITIES, era_of
from wutong.centres.data.master.town.people import FIRST_CARDS, regions
from wutong.centres.data.master.town.tables import rows
from wutong.kernel.people.numbers import CHECK_CHARACTERS, WEIGHTS

PUPILS_TO_A_TEACHER = 6.8
PAIRED = 0.22  # of two children next to each other in the draw, how often they are brother and sister
MALE, FEMALE = "1", "2"


@dataclass(frozen=True)
class People:
    """`persons`: person, name, sex, born, ethnic, phone, address, identity. The others name persons by number.

    `pupils`: person, klass, step, stage, district, school. `guards`: child, guardian, relation, primary, since.
    `teachers`: person, school, post, since.
    """

    persons: pl.DataFrame
    pupils: pl.DataFrame
    guards: pl.DataFrame
    teachers: pl.DataFrame


def people(chance: Chance, places: Places, year: int) -> People:
    seats = _children(chance, places, year)
    families = _families(chance, seats)
    children = _named_children(chance, seats, families)
    grown, guards = _guardians(chance, children, families)
    teachers = _teachers(chance, places, year)
    guardians = grown.with_columns((pl.col("person") + children.height).alias("person"))
    staff = teachers.with_columns((pl.col("person") + children.height + grown.height).alias("person"))
    facts = ("person", "name", "sex", "born", "ethnic", "home", "address", "grown")
    persons = pl.concat([each.select(facts) for each in (children, guardians, staff)])
    return People(
        _numbered(chance, persons),
        children.select("person", "klass", "step", "stage", "district", "school"),
        guards.with_columns((pl.col("guardian") + children.height).alias("guardian")),
        staff.select("person", "school", "post", "since"),
    )


def _children(chance: Chance, places: Places, year: int) -> pl.DataFrame:
    """One for each seat. A cohort is born from September to August."""
    seats = places.classes.select(
        "klass", "school", "district", "stage", "step", pl.int_ranges("size").alias("seat")
    )
    seats = seats.explode("seat").drop("seat").with_row_index("person")
    count = seats.height
    late = pl.lit(chance.floats(count, "older") < 0.02).cast(pl.Int64)
    first = pl.date(year - 4 - pl.col("step").clip(-1) - late, 9, 1)
    return seats.with_columns(
        (first + pl.duration(days=pl.lit(chance.below(count, "birthday", 365)))).alias("born"),
        pl.when(chance.floats(count, "boy") < BOYS).then(pl.lit(MALE)).otherwise(pl.lit(FEMALE)).alias("sex"),
        chance.floats(count, "draw").alias("draw"),
        pl.lit(False).alias("grown"),
    )


def _families(chance: Chance, seats: pl.DataFrame) -> pl.DataFrame:
    """child, family, and of each family what its members share."""
    drawn = seats.select("person", "district", "step", "born", "draw").sort("district", "draw")
    pair = (pl.int_range(pl.len()) // 2).over("district")
    drawn = drawn.with_columns(pair.alias("pair"), chance.floats(drawn.height, "pair").alias("chance"))
    apart = (pl.col("step").max() - pl.col("step").min()).over("district", "pair")
    together = (pl.col("chance").first().over("district", "pair") < PAIRED) & apart.is_between(2, 8)
    family = (
        pl.when(together).then(pl.col("person").min().over("district", "pair")).otherwise(pl.col("person"))
    )
    found = drawn.select("person", "district", "born", family.alias("family")).sort("person")
    shared = found.group_by("family", maintain_order=True).agg(
        pl.col("district").first(),
        pl.col("born").min().alias("eldest"),
        pl.col("born").max().alias("youngest"),
    )
    return found.select("person", "family").join(_shared(chance, shared), on="family", maintain_order="left")


def _shared(chance: Chance, families: pl.DataFrame) -> pl.DataFrame:
    count = families.height
    forms = pl.Series([list(form) for form in FORMS])
    elsewhere = chance.floats(count, "from elsewhere") < FROM_ELSEWHERE
    minority = chance.floats(count, "minority") < 0.028
    groups = chance.among(count, "ethnic group", list(MINORITIES), list(MINORITIES.values()))
    return families.with_columns(
        forms.gather(chance.places(count, "form", list(FORMS.values()))).alias("form"),
        pl.when(elsewhere).then(pl.lit("elsewhere")).otherwise(pl.lit("shanghai")).alias("home"),
        pl.when(minority).then(groups).otherwise(pl.lit(HAN)).alias("ethnic"),
        _surnames(chance, count, "father").alias("father"),
        _surnames(chance, count, "mother").alias("mother"),
        addresses(chance, families["district"], "family").alias("address"),
    )


def _named_children(chance: Chance, seats: pl.DataFrame, families: pl.DataFrame) -> pl.DataFrame:
    both = seats.join(families, on="person", maintain_order="left")
    hers = chance.floats(both.height, "mother's name") < 1 / 15
    surname = pl.when(hers).then(pl.col("mother")).otherwise(pl.col("father"))
    return both.with_columns((surname + given_names(chance, both, "child")).alias("name"))


def _guardians(
    chance: Chance, children: pl.DataFrame, families: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    each = families.unique("family", keep="first", maintain_order=True).drop("person").explode("form")
    each = each.with_row_index("person").with_columns(
        (pl.int_range(pl.len()).over("family") == 0).alias("primary")
    )
    count = each.height
    grand, father = pl.col("form").str.starts_with("grand"), pl.col("form").is_in(["51", "grandfather"])
    age = (
        21
        + 20 * (chance.floats(count, "age") + chance.floats(count, "age again")) / 2
        + grand.cast(pl.Int8) * 26
    )
    born = pl.min_horizontal("eldest", pl.col("youngest") + pl.duration(days=-1)) - pl.duration(
        days=(age * 365.25).cast(pl.Int64)
    )
    his = chance.floats(count, "whose parents") < 0.5
    grown = each.with_columns(
        pl.when(father).then(pl.lit(MALE)).otherwise(pl.lit(FEMALE)).alias("sex"),
        born.alias("born"),
        pl.lit(True).alias("grown"),
    )
    kin = {f"{side}{sex}": code for (side, sex), code in GRANDPARENTS.items()}
    side = pl.when(his).then(pl.lit("51")).otherwise(pl.lit("52"))
    relation = (
        pl.when(grand).then((side + pl.col("sex")).replace_strict(kin, default="")).otherwise(pl.col("form"))
    )
    surname = pl.when(pl.col("sex") == MALE).then(pl.col("father")).otherwise(pl.col("mother"))
    grown = grown.with_columns(
        (surname + given_names(chance, grown, "guardian")).alias("name"), relation.alias("relation")
    )
    guards = children.select("person", "family", "born").join(
        grown.select("person", "family", "relation", "primary"), on="family"
    )
    guards = guards.select(
        pl.col("person").alias("child"),
        pl.col("person_right").alias("guardian"),
        "relation",
        "primary",
        pl.col("born").alias("since"),
    )
    return grown, guards


def _teachers(chance: Chance, places: Places, year: int) -> pl.DataFrame:
    """The first of a school leads it, the second keeps its register."""
    schools = places.classes.group_by("school", maintain_order=True).agg(
        pl.col("size").sum(), pl.col("district").first(), pl.col("stage").first()
    )
    number = (pl.col("size") / PUPILS_TO_A_TEACHER).round().cast(pl.Int64).clip(6)
    staff = schools.with_columns(pl.int_ranges(number).alias("nth")).explode("nth").with_row_index("person")
    count = staff.height
    subjects = (
        pl.DataFrame(rows("subjects")).group_by("stage").agg("subject", pl.col("women").cast(pl.Float64))
    )
    staff = staff.join(subjects, on="stage", maintain_order="left")
    nth = (pl.lit(chance.floats(count, "subject")) * pl.col("subject").list.len()).cast(pl.Int64)
    woman = chance.floats(count, "woman") < pl.col("women").list.get(nth)
    age = 23 + chance.below(count, "age of teacher", 36)
    staff = staff.with_columns(
        (
            pl.date(pl.lit(year - age), 1, 1)
            + pl.duration(days=pl.lit(chance.below(count, "teacher's birthday", 365)))
        ).alias("born"),
        pl.when(woman).then(pl.lit(FEMALE)).otherwise(pl.lit(MALE)).alias("sex"),
        pl.date(pl.lit(year - chance.below(count, "since", (age - 22).clip(1))), 9, 1).alias("since"),
        pl.lit(True).alias("grown"),
        pl.lit(HAN).alias("ethnic"),
        pl.when(chance.floats(count, "teacher from") < 0.72)
        .then(pl.lit("shanghai"))
        .otherwise(pl.lit("elsewhere"))
        .alias("home"),
        addresses(chance, staff["district"], "teacher").alias("address"),
        pl.when(pl.col("nth") == 0)
        .then(pl.lit("校长"))
        .when(pl.col("nth") == 1)
        .then(pl.lit("学籍管理员"))
        .otherwise(pl.col("subject").list.get(nth))
        .alias("post"),
    )
    name = _surnames(chance, count, "teacher") + given_names(chance, staff, "teacher")
    return staff.with_columns(name.alias("name"))


def addresses(chance: Chance, district: pl.Series, word: str) -> pl.Series:
    roads = {name: listed.split() for name, _weight, listed in districts().iter_rows()}
    count = district.len()
    frame = pl.DataFrame({"district": district, "nth": chance.below(count, f"{word} road", 6)})
    road = (
        pl.col("district")
        .replace_strict(list(roads), list(roads.values()), return_dtype=pl.List(pl.String))
        .list.get(pl.col("nth"))
    )
    lane, house, floor, door = (
        chance.below(count, f"{word} {what}", limit) + 1
        for what, limit in (("lane", 1400), ("house", 60), ("floor", 18), ("door", 4))
    )
    return frame.select(
        pl.format("上海市{}{}{}弄{}号{}室", "district", road, lane, house, floor * 100 + door)
    ).to_series()


def _surnames(chance: Chance, count: int, word: str) -> pl.Series:
    found = rows("surnames")
    return chance.among(
        count, f"surname {word}", [r["surname"] for r in found], [float(r["weight"]) for r in found]
    )


def given_names(chance: Chance, frame: pl.DataFrame, word: str) -> pl.Series:
    """As those born then were called."""
    eras = {year: era_of(year) for year in range(1900, 2100)}
    both = frame.select("sex", pl.col("born").dt.year().replace_strict(eras).alias("era")).with_row_index(
        "at"
    )
    made = [
        part.select(
            "at",
            chance.among(part.height, f"given {word} {era}{sex}", *_pool(int(era), str(sex))).alias("given"),
        )
        for (era, sex), part in both.group_by("era", "sex", maintain_order=True)
    ]
    return pl.concat(made).sort("at")["given"]


@cache
def _pool(era: int, sex: str) -> tuple[list[str], list[float]]:
    parts = {
        row["part"]: row["names"].split()
        for row in rows("given_names")
        if (row["from_year"], row["sex"]) == (str(era), sex)
    }
    single, whole = HABITS[era]
    joined = [first + second for first in parts["first"] for second in parts["second"] if first != second]
    shares = (
        (parts["single"], single),
        (parts["whole"], (1 - single) * whole),
        (joined, (1 - single) * (1 - whole)),
    )
    names = [name for part, _share in shares for name in part]
    return names, [share / len(part) for part, share in shares for _name in part]


def _numbered(chance: Chance, persons: pl.DataFrame) -> pl.DataFrame:
    """Identity numbers and telephones, none given twice: serials from 800 on, where the town's begin at 900."""
    coded = persons.with_columns(_regions(chance, persons).alias("region"))
    nth = pl.int_range(pl.len()).over("region", "born", "sex")
    serial = pl.when(nth < 50).then(800 + 2 * nth).otherwise(2 * nth - 100) + (pl.col("sex") == MALE).cast(
        pl.Int64
    )
    first = pl.format(
        "{}{}{}", "region", pl.col("born").dt.strftime("%Y%m%d"), serial.cast(pl.String).str.zfill(3)
    )
    phone = (pl.col("person").cast(pl.Int64) * 7_919 + chance.seed) % 10**8
    numbered = coded.with_columns(
        first.alias("first"),
        pl.when("grown")
        .then(pl.format("154{}", phone.cast(pl.String).str.zfill(8)))
        .otherwise(pl.lit(""))
        .alias("phone"),
    )
    digits = [
        pl.col("first").cast(pl.Int64) // 10 ** (16 - at) % 10 * weight for at, weight in enumerate(WEIGHTS)
    ]
    check = (pl.sum_horizontal(digits) % 11).replace_strict(
        dict(enumerate(CHECK_CHARACTERS)), return_dtype=pl.String
    )
    return numbered.select(
        "person",
        "name",
        "sex",
        "born",
        "ethnic",
        "phone",
        "address",
        (pl.col("first") + check).alias("identity"),
    )


def _regions(chance: Chance, persons: pl.DataFrame) -> pl.Series:
    """Where the number was given out, by the codes in force then."""
    years = pl.col("born").dt.year().clip(FIRST_CARDS)
    both = persons.select("home", years.alias("year")).with_row_index("at")
    made = []
    for (home, year), part in both.group_by("home", "year", maintain_order=True):
        codes, running = regions("shanghai" if home == "shanghai" else "elsewhere", int(str(year)))
        weights = [float(b - a) for a, b in zip([0, *running], running, strict=False)]
        made.append(
            part.select(
                "at", chance.among(part.height, f"region {home}{year}", codes, weights).alias("region")
            )
        )
    return pl.concat(made).sort("at")["region"]
