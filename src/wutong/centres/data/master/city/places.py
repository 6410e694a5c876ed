"""Schools and classes of the city. What is known by name stands under its name; the rest are numbered examples."""

from dataclasses import dataclass

import polars as pl

from wutong.centres.data.master.city.chance import Chance
from wutong.centres.data.master.town.tables import rows

STAGES = ("幼儿园", "小学", "初中", "高中")
CODES = {"幼儿园": "kindergarten", "小学": "primary", "初中": "junior", "高中": "senior"}
# Schools of a stage in the whole city: where fewer are known, examples fill up to this many.
WHOLE = {"幼儿园": 1_650, "小学": 690, "初中": 620, "高中": 290}


@dataclass(frozen=True)
class Places:
    """`schools`: school, name, district, stages, nature. `classes`: klass, school, stage, step, code, number, size."""

    schools: pl.DataFrame
    classes: pl.DataFrame


def districts(wanted: tuple[str, ...] = ()) -> pl.DataFrame:
    """name, weight, roads of all districts, or of those that are wanted."""
    found = pl.DataFrame(rows("districts", "city")).with_columns(pl.col("weight").cast(pl.Int64))
    return found.filter(pl.col("name").is_in(wanted)) if wanted else found


def cohorts() -> pl.DataFrame:
    numbers = ("step", "pupils", "class_size")
    return pl.DataFrame(rows("cohorts", "city")).with_columns(pl.col(name).cast(pl.Int64) for name in numbers)


def places(chance: Chance, wanted: tuple[str, ...], without: set[str]) -> Places:
    """`without`: names of schools that stand already."""
    here = districts(wanted)
    known = pl.DataFrame(rows("schools", "city")).filter(~pl.col("name").is_in(list(without)))
    known = known.filter(pl.col("district").is_in(here["name"].implode()) | (pl.col("district") == ""))
    known = known if not wanted else known.filter(pl.col("district") != "")
    schools = pl.concat([known, _examples(known, here)]).with_row_index("school")
    return Places(schools, _classes(chance, schools, here))


def _examples(known: pl.DataFrame, here: pl.DataFrame) -> pl.DataFrame:
    whole = districts()["weight"].sum()
    made = []
    for name, weight, _roads in here.iter_rows():
        for stage, number in WHOLE.items():
            there = known.filter((pl.col("district") == name) & pl.col("stages").str.contains(stage)).height
            missing = max(0, round(number * weight / whole) - there)
            made += [(f"{name}示例第{at}{_kind(stage)}", name, stage, "公办") for at in range(1, missing + 1)]
    return pl.DataFrame(made, schema=known.schema, orient="row")


def _kind(stage: str) -> str:
    return stage if stage in ("幼儿园", "小学") else {"初中": "初级中学", "高中": "高级中学"}[stage]


def _classes(chance: Chance, schools: pl.DataFrame, here: pl.DataFrame) -> pl.DataFrame:
    """Each grade's pupils of a district shared out among its schools, larger and smaller, then into classes."""
    taught = schools.select("school", "district", pl.col("stages").str.split(";").alias("stage")).explode(
        "stage"
    )
    taught = taught.with_columns((0.5 + chance.floats(taught.height, "size of school")).alias("share"))
    share = pl.col("share") / pl.col("share").sum().over("district", "stage")
    weights = here.select(pl.col("name").alias("district"), pl.col("weight") / districts()["weight"].sum())
    both = (
        taught.with_columns(share)
        .join(weights, on="district")
        .join(cohorts(), on="stage", maintain_order="left")
    )
    pupils = (pl.col("pupils") * pl.col("weight") * pl.col("share")).round().cast(pl.Int64)
    grades = both.with_columns(pupils.alias("pupils")).filter(pl.col("pupils") > 0)
    count = ((pl.col("pupils") + pl.col("class_size") // 2) // pl.col("class_size")).clip(1)
    made = grades.with_columns(count.alias("count")).sort("school", "code")
    made = made.with_columns(pl.int_ranges(1, pl.col("count") + 1).alias("number")).explode("number")
    size = pl.col("pupils") // pl.col("count") + (pl.col("number") <= pl.col("pupils") % pl.col("count"))
    named = (
        pl.when(pl.col("stage") == "幼儿园").then(pl.col("name").str.slice(0, 1)).otherwise(pl.col("name"))
    )
    return (
        made.select(
            "school",
            "district",
            "stage",
            "step",
            "code",
            "number",
            size.alias("size"),
            (named + pl.col("number").cast(pl.String) + "班").alias("title"),
        )
        .filter(pl.col("size") > 0)
        .with_row_index("klass")
    )
