"""The city into the database: keys, then table after table, some hundred thousand rows to a transaction."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from wutong.centres.data.master.bulk import sealed
from wutong.centres.data.master.city import history
from wutong.centres.data.master.city.chance import Chance
from wutong.centres.data.master.city.people import People, people
from wutong.centres.data.master.city.places import CODES, Places, places
from wutong.centres.data.master.models import Institution, SchoolClass
from wutong.centres.data.master.queries import DISTRICT_SYSTEM
from wutong.centres.data.master.town.schools import BEGINNING, school_year
from wutong.kernel.bulk import Load, new_keys, without_indexes
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import (
    Guardianship,
    Identifier,
    Membership,
    Organisation,
    OrganisationIdentifier,
    Person,
)
from wutong.kernel.people.organisations import WIDTH
from wutong.kernel.people.queries import root
from wutong.kernel.policy import SYSTEM, area
from wutong.kernel.register.kinds import CodeOf, CodesOf
from wutong.kernel.sheet.cells import DateOrder

DISTRICT = ("徐汇区",)
CHUNK = 200_000
BIG = (Organisation, Institution, SchoolClass, Person, Identifier, Membership, Guardianship)
Say = Callable[[str], None]
NEVER = pl.lit(None, pl.Date)


def build(*, seed: int, scale: str, say: Say) -> None:
    """What the town does not have yet. Once, in a house that nobody uses; one killed in the middle is made anew."""
    at, chance = timezone.now(), Chance(seed)
    today = timezone.localdate(at)
    year = school_year(today)
    schools = Organisation.objects.unscoped("the schools that stand already").filter(kind="school")
    known = set(schools.values_list("name", flat=True))
    if any("示例第" in name for name in known):
        return
    made = places(chance, DISTRICT if scale == "district" else (), known)
    say(f"{made.schools.height:,} schools, {made.classes.height:,} classes …")
    grown = people(chance, made, year)
    say(f"{grown.pupils.height:,} children, {grown.persons.height:,} persons …")
    with _unguarded(), without_indexes(*BIG):
        loader = _Loader(at, say)
        loader.places(made, before := history.last_years(made), year)
        memberships = history.memberships(chance, made, before, grown, year)
        areas = areas_of(memberships, grown.guards, loader.area_of_class, loader.area_of_school)
        loader.people(grown, areas)
        loader.memberships(memberships)
        del memberships
        loader.guardianships(grown.guards)
        loader.identifiers(history.identifiers(chance, made, grown, year, loader.codes, today))
        say("indexes …")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class _unguarded:
    """Without waiting for the disk on SQLite: until it is ready, a demo may be thrown away as a whole."""

    def __enter__(self) -> None:
        self.mark = settings.DATA_DIR / "unfinished"
        self.mark.touch()
        self._say("PRAGMA synchronous=OFF", "PRAGMA cache_size=-256000")

    def __exit__(self, failed: object, *_rest: object) -> None:
        self._say("PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA synchronous=FULL", "PRAGMA cache_size=-32000")
        if not failed:
            self.mark.unlink()

    def _say(self, *pragmas: str) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                for pragma in pragmas:
                    cursor.execute(pragma)


class _Loader:
    """Numbers of the columns to keys of the tables, as they are given out."""

    def __init__(self, at: datetime, say: Say) -> None:
        self.at, self.say, self.city = at, say, root()
        rows = OrganisationIdentifier.objects.unscoped("the sixteen districts").filter(system=DISTRICT_SYSTEM)
        found = rows.values_list("organisation__name", "value", "organisation_id", "organisation__path")
        self.districts = {name.removesuffix("教育局"): (code, key, path) for name, code, key, path in found}
        self.codes = {name: code for name, (code, _key, _path) in self.districts.items()}
        self.person = pl.Series([], dtype=pl.Int64)

    def write(
        self,
        model: type[models.Model],
        rows: pl.DataFrame,
        ready: Callable[[pl.DataFrame], pl.DataFrame] = lambda r: r,
    ) -> None:
        """Not announced: the search index is made from the tables at the end."""
        for start in range(0, rows.height, CHUNK):
            with transaction.atomic():
                load = Load()
                load.insert(model, ready(rows.slice(start, CHUNK)))
                load.finish(SYSTEM, self.city, at=self.at, announce=False)
        self.say(f"{rows.height:,} {model._meta.model_name} …")

    def keys(self, model: type[models.Model], count: int) -> pl.Series:
        with transaction.atomic():
            return new_keys(model, count)

    def places(self, made: Places, before: pl.DataFrame, year: int) -> None:
        self.school = self.keys(Organisation, made.schools.height)
        parents = {name: (key, path) for name, (_code, key, path) in self.districts.items()} | {
            "": (self.city.pk, self.city.path)
        }
        above = pl.DataFrame(
            [(n, k, p) for n, (k, p) in parents.items()],
            schema=["district", "parent_id", "above"],
            orient="row",
        )
        schools = made.schools.with_columns(self.school.alias("id")).join(
            above, on="district", maintain_order="left"
        )
        schools = schools.with_columns(
            (pl.col("above") + pl.col("id").cast(pl.String).str.zfill(WIDTH)).alias("path")
        )
        self.area_of_school = _above(schools)
        self.write(Organisation, _organisations(schools, "school", pl.col("name"), pl.lit(BEGINNING), NEVER))
        self.write(Institution, _institutions(schools))
        classes = pl.concat([made.classes.select("school"), before.select("school")])
        self.area_of_class = self.area_of_school.gather(classes["school"])
        self.klass = pl.concat(
            [self._classes(schools, part, year - nth) for nth, part in enumerate((made.classes, before))]
        )

    def _classes(self, schools: pl.DataFrame, classes: pl.DataFrame, year: int) -> pl.Series:
        keys = self.keys(Organisation, classes.height)
        above = schools.select("school", pl.col("id").alias("parent_id"), pl.col("path").alias("above"))
        rows = classes.with_columns(keys.alias("id")).join(above, on="school", maintain_order="left")
        rows = rows.with_columns(
            (pl.col("above") + pl.col("id").cast(pl.String).str.zfill(WIDTH)).alias("path")
        )
        over = pl.date(year + 1, 8, 31) if year < school_year(timezone.localdate(self.at)) else NEVER
        self.write(Organisation, _organisations(rows, "class", pl.col("title"), pl.date(year, 9, 1), over))
        first = pl.col("stage").replace_strict(history.FIRST, return_dtype=pl.Int64)
        self.write(
            SchoolClass,
            rows.select(
                pl.col("id").alias("organisation_id"),
                pl.col("stage").replace_strict(CODES),
                pl.col("code").alias("grade"),
                "number",
                pl.lit(year).alias("school_year"),
                (year - (pl.col("step") - first).clip(0)).alias("entered"),
                pl.lit(1).alias("version"),
            ),
        )
        return keys

    def people(self, grown: People, areas: pl.DataFrame) -> None:
        self.person = self.keys(Person, grown.persons.height)
        persons = grown.persons.join(areas, on="person", how="left", maintain_order="left")
        self.write(
            Person,
            persons.select(
                self.person.alias("id"),
                "name",
                pl.lit("").alias("name_en"),
                "sex",
                "born",
                pl.col("ethnic").alias("ethnic_group"),
                "phone",
                "address",
                pl.col("areas").fill_null(0),
                pl.lit(1).alias("version"),
            ),
        )

    def memberships(self, rows: pl.DataFrame) -> None:
        self.write(
            Membership,
            rows.select(
                self.keys(Membership, rows.height).alias("id"),
                _gathered(self.person, rows["person"]).alias("person_id"),
                _at(rows, self.klass, self.school).alias("organisation_id"),
                "role",
                "post",
                pl.col("since").alias("valid_from"),
                pl.col("until").alias("valid_to"),
            ),
        )

    def guardianships(self, rows: pl.DataFrame) -> None:
        self.write(
            Guardianship,
            rows.select(
                self.keys(Guardianship, rows.height).alias("id"),
                _gathered(self.person, rows["child"]).alias("child_id"),
                _gathered(self.person, rows["guardian"]).alias("guardian_id"),
                "relation",
                "primary",
                pl.col("since").alias("valid_from"),
            ),
        )

    def identifiers(self, rows: pl.DataFrame) -> None:
        keys = self.keys(Identifier, rows.height)
        self.write(
            Identifier,
            rows.select(
                keys.alias("id"),
                _gathered(self.person, rows["person"]).alias("person_id"),
                "kind",
                "value",
                pl.col("since").alias("valid_from"),
                pl.col("until").alias("valid_to"),
            ),
            _sealed,
        )


def _gathered(keys: pl.Series, numbers: pl.Series) -> pl.Series:
    return keys.gather(numbers, null_on_oob=True)


def _at(memberships: pl.DataFrame, of_class: pl.Series, of_school: pl.Series) -> pl.Expr:
    """Of each membership's place, what these say of classes and of schools."""
    place = memberships["place"]
    return pl.when("at_class").then(_gathered(of_class, place)).otherwise(_gathered(of_school, place))


def areas_of(
    memberships: pl.DataFrame, guards: pl.DataFrame, of_class: pl.Series, of_school: pl.Series
) -> pl.DataFrame:
    """person, areas: all at once what `people.persons.spread` finds."""
    own = memberships.select("person", _at(memberships, of_class, of_school).alias("areas")).unique()
    of_children = guards.select("child", pl.col("guardian").alias("person")).join(
        own.rename({"person": "child"}), on="child"
    )
    both = pl.concat([own, of_children.select("person", "areas")]).unique()
    return both.group_by("person").agg(pl.col("areas").sum())


def _above(schools: pl.DataFrame) -> pl.Series:
    above = schools["above"].unique()
    return schools["above"].replace_strict(above, [area(path) for path in above], return_dtype=pl.Int64)


def _organisations(
    rows: pl.DataFrame, kind: str, name: pl.Expr, since: pl.Expr, until: pl.Expr
) -> pl.DataFrame:
    return rows.select(
        "id",
        pl.lit(kind).alias("kind"),
        name.alias("name"),
        pl.lit("").alias("name_en"),
        "parent_id",
        "path",
        since.alias("valid_from"),
        until.alias("valid_to"),
        pl.lit(1).alias("version"),
    )


def _institutions(schools: pl.DataFrame) -> pl.DataFrame:
    stages = {text: json.dumps(_parsed(CodesOf("stage"), text) or []) for text in schools["stages"].unique()}
    natures = {text: _parsed(CodeOf("school_nature"), text) or "" for text in schools["nature"].unique()}
    blank = ("form", "address", "coord_system", "coord_check", "confidence")
    return schools.select(
        pl.col("id").alias("organisation_id"),
        pl.col("stages").replace_strict(stages),
        pl.col("nature").replace_strict(natures),
        *(pl.lit("").alias(name) for name in blank),
        pl.lit("demo").alias("source"),
        pl.lit(1).alias("version"),
    )


def _parsed(kind: CodeOf, text: str) -> Any:
    return kind.parse(text, DateOrder.UNKNOWN)


def _sealed(rows: pl.DataFrame) -> pl.DataFrame:
    parts = [
        part.with_columns(
            pl.Series("digest", keyring().digest_all(part["value"], str(kind)), dtype=pl.Binary)
        )
        for (kind,), part in rows.group_by("kind", maintain_order=True)
    ]
    return sealed(pl.concat(parts))
