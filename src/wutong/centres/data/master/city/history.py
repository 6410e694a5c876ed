"""What came before: last year's classes, the schools of earlier stages, the numbers given at each."""

from datetime import date

import polars as pl

from wutong.centres.data.master.city.chance import Chance
from wutong.centres.data.master.city.people import People
from wutong.centres.data.master.city.places import STAGES, Places, cohorts
from wutong.centres.data.master.town.pupils import STAGE_DIGITS

FIRST = {"幼儿园": 0, "小学": 3, "初中": 8, "高中": 12}
LAST = {"幼儿园": 2, "小学": 7, "初中": 11}


def last_years(places: Places) -> pl.DataFrame:
    """The classes of the year before: the present ones a grade lower, and those that have left since."""
    starts = pl.col("step").is_in([-1, *FIRST.values()])
    lower = places.classes.filter(~starts).with_columns(pl.col("step") - 1)
    left = places.classes.filter(pl.col("step").is_in([*LAST.values(), 14]))
    named = cohorts().select("step", "code", "name")
    before = pl.concat([lower, left]).drop("code", "title").join(named, on="step", maintain_order="left")
    short = (
        pl.when(pl.col("stage") == "幼儿园").then(pl.col("name").str.slice(0, 1)).otherwise(pl.col("name"))
    )
    title = short + pl.col("number").cast(pl.String) + "班"
    return before.with_columns(
        title.alias("title"), pl.int_range(pl.len(), dtype=pl.UInt32).alias("klass") + places.classes.height
    )


def memberships(
    chance: Chance, places: Places, before: pl.DataFrame, people: People, year: int
) -> pl.DataFrame:
    """person, place, at_class, role, post, since, until. Places are numbers of classes or of schools."""
    return pl.concat(
        [
            _pupils(chance, places, before, people, year),
            *_stages(chance, places, people, year),
            *_staff(places, people, year),
        ]
    )


def _rows(
    frame: pl.DataFrame, place: str, role: str, since: pl.Expr, until: pl.Expr, post: pl.Expr | None = None
) -> pl.DataFrame:
    return frame.select(
        "person",
        pl.col(place).cast(pl.UInt32).alias("place"),
        pl.lit(place == "klass").alias("at_class"),
        pl.lit(role).alias("role"),
        (pl.lit("") if post is None else post).alias("post"),
        since.cast(pl.Date).alias("since"),
        until.cast(pl.Date).alias("until"),
    )


NEVER = pl.lit(None, pl.Date)


def _pupils(chance: Chance, places: Places, before: pl.DataFrame, people: People, year: int) -> pl.DataFrame:
    """The class of this year, and of last year where it was in this city."""
    now = _rows(people.pupils, "klass", "pupil", pl.date(year, 9, 1), NEVER)
    cohort = people.pupils.join(places.classes.select("klass", "number"), on="klass", maintain_order="left")
    cohort = cohort.with_columns(pl.col("step") - 1).join(
        before.select("school", "step", "number", pl.col("klass").alias("last")),
        on=["school", "step", "number"],
        how="left",
        maintain_order="left",
    )
    came = _draw(
        chance,
        people.pupils,
        before.filter(pl.col("step").is_in([*LAST.values()])),
        "class they came from",
        "step",
    )
    starting = pl.col("step").is_in([*LAST.values()])
    stayed = (
        pl.when(starting)
        .then(pl.lit(chance.floats(cohort.height, "came") < 0.88))
        .otherwise(pl.lit(chance.floats(cohort.height, "stayed") < 0.97))
    )
    last = cohort.with_columns(pl.when(starting).then(came).otherwise(pl.col("last")).alias("klass")).filter(
        stayed & pl.col("klass").is_not_null()
    )
    return pl.concat([now, _rows(last, "klass", "pupil", pl.date(year - 1, 9, 1), pl.date(year, 8, 31))])


def _draw(chance: Chance, pupils: pl.DataFrame, among: pl.DataFrame, word: str, by: str) -> pl.Series:
    """For each pupil one of the classes or schools of the district."""
    groups = among.group_by("district", pl.col(by).alias("of")).agg(
        pl.col("klass" if by == "step" else "school").alias("all")
    )
    of = pl.col("step") - 1 if by == "step" else pl.lit(word)
    both = pupils.select("district", of.alias("of")).join(
        groups, on=["district", "of"], how="left", maintain_order="left"
    )
    nth = (pl.lit(chance.floats(both.height, f"draw {word}")) * pl.col("all").list.len()).cast(pl.Int64)
    return both.select(pl.col("all").list.get(nth, null_on_oob=True)).to_series()


def _stages(chance: Chance, places: Places, people: People, year: int) -> list[pl.DataFrame]:
    """The schools of the stages before the present one."""
    return [
        _rows(stage, "school", "pupil", pl.date(pl.col("began"), 9, 1), pl.date(pl.col("ended"), 8, 31))
        for stage in (earlier(chance, places, people, year, name) for name in STAGES[:3])
    ]


def earlier(chance: Chance, places: Places, people: People, year: int, stage: str) -> pl.DataFrame:
    """Pupils beyond this stage, with the school where they spent it and the years; nine of ten were in this city."""
    later = [name for name in STAGES if STAGES.index(name) > STAGES.index(stage)]
    taught = places.classes.select("district", "stage", "school").unique(maintain_order=True)
    came = _draw(chance, people.pupils, taught, stage, "stage")
    here = chance.floats(people.pupils.height, f"here for {stage}") < 0.9
    began = year - pl.col("step") + FIRST[stage]
    after = FIRST[STAGES[STAGES.index(stage) + 1]]
    return people.pupils.with_columns(
        came.alias("school"), began.alias("began"), (year - pl.col("step") + after).alias("ended")
    ).filter(pl.col("stage").is_in(later) & here & pl.col("school").is_not_null())


def _staff(places: Places, people: People, year: int) -> list[pl.DataFrame]:
    """The school, and for those who teach the classes of this year; who leads one is its class teacher."""
    role = pl.col("post").replace_strict({"校长": "head", "学籍管理员": "clerk"}, default="teacher")
    at_school = [
        _rows(part, "school", str(name), pl.col("since"), NEVER, pl.col("post"))
        for (name,), part in people.teachers.with_columns(role.alias("role")).group_by(
            "role", maintain_order=True
        )
    ]
    teaching = people.teachers.filter(
        ~pl.col("post").is_in(["校长", "学籍管理员"]) & (pl.col("since") <= date(year, 9, 1))
    )
    teams = teaching.group_by("school", maintain_order=True).agg("person", "post")
    classes = places.classes.with_columns(pl.int_range(pl.len()).over("school").alias("nth")).join(
        teams, on="school", maintain_order="left"
    )
    classes = classes.with_columns(pl.int_ranges(4).alias("lesson")).explode("lesson")
    size = pl.col("person").list.len()
    at = (pl.col("nth") + pl.col("lesson") * (size // 4).clip(1)) % size
    taught = classes.with_columns(pl.col("person").list.get(at), pl.col("post").list.get(at)).unique(
        ["klass", "person"], keep="first", maintain_order=True
    )
    begin = pl.date(year, 9, 1)
    led = taught.filter(pl.col("lesson") == 0)
    return [
        *at_school,
        _rows(taught, "klass", "teacher", begin, NEVER, pl.col("post")),
        _rows(led, "klass", "class_teacher", begin, NEVER, pl.col("post")),
    ]


def identifiers(
    chance: Chance, places: Places, people: People, year: int, codes: dict[str, str], today: date
) -> pl.DataFrame:
    """person, kind, value, since, until."""
    identity = people.persons.select(
        "person",
        pl.lit("identity").alias("kind"),
        pl.col("identity").alias("value"),
        pl.col("born").alias("since"),
        NEVER.alias("until"),
    )
    number = pl.format("3199{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(7))
    staff = people.teachers.select(
        "person", pl.lit("staff").alias("kind"), number.alias("value"), "since", NEVER.alias("until")
    )
    return pl.concat(
        [
            identity,
            staff,
            *_national(people, codes, year, today),
            _secondary(chance, places, people, codes, year),
        ]
    )


def _national(people: People, codes: dict[str, str], year: int, today: date) -> list[pl.DataFrame]:
    """Temporary (L) at the start of primary school, permanent (G + identity number) from November on."""
    enrolled = people.pupils.filter(pl.col("step") >= FIRST["小学"]).join(
        people.persons.select("person", "identity", "born"), on="person", maintain_order="left"
    )
    begun = year - pl.col("step") + FIRST["小学"]
    region = pl.col("district").replace_strict(codes)
    nth = pl.int_range(pl.len()).over("district", "born").cast(pl.String).str.zfill(4)
    settled = pl.date(begun, 11, 1) <= today
    first = pl.format("L{}{}{}", region, pl.col("born").dt.strftime("%Y%m%d"), nth)
    until = pl.when(settled).then(pl.date(begun, 10, 31))
    kind = pl.lit("pupil_national").alias("kind")
    return [
        enrolled.select(
            "person", kind, first.alias("value"), pl.date(begun, 9, 1).alias("since"), until.alias("until")
        ),
        enrolled.filter(settled).select(
            "person",
            kind,
            pl.format("G{}", "identity").alias("value"),
            pl.date(begun, 11, 1).alias("since"),
            NEVER.alias("until"),
        ),
    ]


def _secondary(
    chance: Chance, places: Places, people: People, codes: dict[str, str], year: int
) -> pl.DataFrame:
    """One for each stage from primary school on; each ends the day before the next begins."""
    stages = [
        earlier(chance, places, people, year, stage).with_columns(pl.lit(stage).alias("stage"))
        for stage in STAGES[1:3]
    ]
    first = pl.col("stage").replace_strict(FIRST, return_dtype=pl.Int64)
    now = people.pupils.filter(pl.col("step") >= FIRST["小学"]).with_columns(
        (year - pl.col("step") + first).alias("began"), pl.lit(None, pl.Int64).alias("ended")
    )
    rows = pl.concat(
        [
            each.select(
                "person",
                "school",
                "district",
                "stage",
                pl.col("began").cast(pl.Int64),
                pl.col("ended").cast(pl.Int64),
            )
            for each in (*stages, now)
        ]
    )
    serial = (1 + pl.int_range(pl.len())).over("school", "stage", "began").cast(pl.String).str.zfill(4)
    value = pl.format(
        "{}{}{}{}{}",
        pl.col("district").replace_strict(codes),
        pl.col("school").cast(pl.String).str.zfill(4),
        pl.col("stage").replace_strict(STAGE_DIGITS),
        "began",
        serial,
    )
    return rows.select(
        "person",
        pl.lit("pupil_shanghai_secondary").alias("kind"),
        value.alias("value"),
        pl.date(pl.col("began"), 9, 1).alias("since"),
        pl.date(pl.col("ended"), 8, 31).alias("until"),
    )
