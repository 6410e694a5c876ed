"""Lines of persons by the ten thousand: who is certainly new, who is there unchanged; all others go to the verbs."""

from collections.abc import Iterable
from datetime import datetime
from os.path import commonprefix
from typing import Any

import polars as pl
from django.utils import timezone

from wutong.centres.data.master import queries
from wutong.centres.data.master.entries import PERSON_FACTS
from wutong.kernel.bulk import Load, new_keys, take_turns
from wutong.kernel.errors import WutongError
from wutong.kernel.people import numbers
from wutong.kernel.people.expressions import (
    born_of,
    is_identity,
    is_pupil_number,
    is_secondary_number,
    sex_of,
)
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Identifier, Membership, Organisation, Person
from wutong.kernel.people.organisations import WIDTH
from wutong.kernel.people.rules import keeps_records
from wutong.kernel.policy import Actor, area

WHY = "whom the lines of a sheet speak of must be known before anybody is registered"
CHUNK = 900  # values in one question
PLAIN = "^[0-9A-Za-z]+$"


def sure_person() -> pl.Expr:
    """Lines in which `entries.check_person` finds nothing."""
    today, identity = timezone.localdate(), pl.col("identity")
    agrees = is_identity(identity, today) & (
        (pl.col("born").is_null() | (pl.col("born") == born_of(identity)))
        & (~pl.col("sex").is_in(["1", "2"]).fill_null(False) | (pl.col("sex") == sex_of(identity)))
    )
    national, secondary = pl.col("pupil_national"), pl.col("pupil_shanghai_secondary")
    return (
        (identity.is_null() | agrees)
        & (national.is_null() | is_pupil_number(national, today))
        & (secondary.is_null() | is_secondary_number(secondary, today))
    )


def take_persons(actor: Actor, lines: pl.DataFrame, *, at: datetime) -> pl.Series:
    """`created` or `unchanged` for each line, null for what is left to `save_person_entry`."""
    take_turns("persons")
    people = _People(actor, lines, at)
    people.know_by_numbers()
    people.know_by_place()
    people.settle()
    known, new = people.lines.drop_nulls("person")["at"], people.register()
    outcomes = {**dict.fromkeys(known, "unchanged"), **dict.fromkeys(new, "created")}
    return pl.Series([outcomes.get(at) for at in range(lines.height)], dtype=pl.String)


class _People:
    """Columns of the lines with what is known of each: `at` its place in the batch, `person` who it is."""

    def __init__(self, actor: Actor, lines: pl.DataFrame, moment: datetime) -> None:
        self.actor, self.moment = actor, moment
        self.given = [name for name in PERSON_FACTS if name in lines.columns]
        wanted = (*PERSON_FACTS, *queries.NUMBERS, "organisation", "role", "valid_from")
        missing = {
            n: pl.Date if n in ("born", "valid_from") else pl.String for n in wanted if n not in lines.columns
        }
        self.lines = lines.with_columns(pl.lit(None, kind).alias(name) for name, kind in missing.items())
        self.lines = self.lines.with_row_index("at").with_columns(pl.lit(None, pl.Int64).alias("person"))
        self.numbers = self._numbers()
        self.names, self.links = self.lines.select("at", "name"), self.numbers.select("at", "kind", _link())
        odd = self.numbers.filter(~_plain()).select("at").unique()
        self.lines = self.lines.join(odd, on="at", how="anti", maintain_order="left")
        self.numbers = self.numbers.join(odd, on="at", how="anti")

    def _numbers(self) -> pl.DataFrame:
        """at, kind, value, digest: one line for each number."""
        kinds = [
            self.lines.select("at", pl.lit(k).alias("kind"), pl.col(k).alias("value"))
            for k in queries.NUMBERS
        ]
        found = pl.concat(kinds).drop_nulls("value").with_columns(pl.col("value").str.to_uppercase())
        digests = [
            pl.Series("digest", keyring().digest_all(part["value"], kind), dtype=pl.Binary)
            for kind in queries.NUMBERS
            if (part := found.filter(pl.col("kind") == kind)).height
        ]
        return found.with_columns(pl.concat(digests) if digests else pl.lit(None, pl.Binary).alias("digest"))

    def leave(self, left: pl.DataFrame) -> None:
        self.lines = self.lines.join(left.select("at").unique(), on="at", how="anti", maintain_order="left")
        self.numbers = self.numbers.join(left.select("at").unique(), on="at", how="anti")

    def know_by_numbers(self) -> None:
        """Leaves lines whose numbers lead to several people, to somebody who held one before, or meet in the batch."""
        self.held = self._held()
        twice = self.numbers.filter(pl.struct("kind", "digest").is_duplicated())
        self.leave(twice)
        known = self.numbers.join(self.held, on=["kind", "digest"])
        live = known.filter(pl.col("live")).group_by("at").agg(pl.col("holder").unique())
        ended = known.join(live, on="at", how="anti").select("at")
        several = live.filter(pl.col("holder").list.len() > 1).select("at")
        self.leave(pl.concat([ended, several]))
        one = live.select("at", pl.col("holder").list.first().alias("known"))
        self.lines = self.lines.join(one, on="at", how="left", maintain_order="left").with_columns(
            pl.coalesce("person", "known").alias("person")
        )

    def _held(self) -> pl.DataFrame:
        rows: list[tuple[Any, ...]] = []
        for (kind,), part in self.numbers.group_by("kind"):
            held = Identifier.objects.unscoped(WHY).filter(kind=kind)
            for values in chunks(part["digest"]):
                found = held.filter(digest__in=values)
                rows += found.values_list("kind", "digest", "person_id", "valid_to", "person__merged_into_id")
        live = [
            (kind, bytes(digest), person, ended is None and merged is None)
            for kind, digest, person, ended, merged in rows
        ]
        schema = {"kind": pl.String, "digest": pl.Binary, "holder": pl.Int64, "live": pl.Boolean}
        return pl.DataFrame(live, schema=schema, orient="row")

    def know_by_place(self) -> None:
        """Who is at the organisation already under this name; leaves what is not certain."""
        places = {
            name: place_named(self.actor, name) for name in self.lines["organisation"].drop_nulls().unique()
        }
        self.places = {name: place for name, place in places.items() if place is not None}
        new = self.lines.filter(pl.col("person").is_null())
        keys = {name: place.pk for name, place in self.places.items()}
        placed = new.with_columns(
            pl.col("organisation")
            .replace_strict(list(keys), list(keys.values()), default=None, return_dtype=pl.Int64)
            .alias("place")
        )
        self.leave(placed.filter(pl.col("place").is_null()))
        placed = placed.drop_nulls("place").select(
            "at", "place", "name", "born", pl.col("born").is_null().alias("undated")
        )
        self._leave_meeting(placed)
        self._know_members(placed)

    def _leave_meeting(self, placed: pl.DataFrame) -> None:
        """The same name twice at one place in this batch, not told apart by the day of birth."""
        together = pl.col("undated").any().over("place", "name") & (pl.len().over("place", "name") > 1)
        self.leave(placed.filter(together | pl.struct("place", "name", "born").is_duplicated()))

    def _know_members(self, placed: pl.DataFrame) -> None:
        members: list[tuple[Any, ...]] = []
        held = Membership.objects.unscoped(WHY).filter(person__merged_into__isnull=True)
        for values in chunks(placed["place"].unique()):
            found = held.filter(organisation__in=values)
            members += found.values_list("organisation_id", "person__name", "person__born", "person_id")
        schema = {"place": pl.Int64, "name": pl.String, "their": pl.Date, "member": pl.Int64}
        there = placed.join(pl.DataFrame(members, schema=schema, orient="row").unique(), on=["place", "name"])
        there = (
            there.filter(pl.col("undated") | (pl.col("born") == pl.col("their")))
            .select("at", "member")
            .unique()
        )
        uncertain = there.filter(
            pl.col("at").is_duplicated() | pl.col("at").is_in(self.numbers["at"].implode())
        )
        self.leave(uncertain)
        self.lines = self.lines.join(there, on="at", how="left", maintain_order="left").with_columns(
            pl.coalesce("person", "member").alias("person")
        )

    def settle(self) -> None:
        """Keeps who is new and who is unchanged, without lines that may speak of somebody a line left speaks of."""
        same = self.unchanged()
        sure = pl.col("person").is_null() | pl.col("at").is_in(same.implode())
        self.lines = self.lines.filter(
            sure.fill_null(False) & ~(pl.col("person").is_duplicated() & pl.col("person").is_not_null())
        )
        before = -1
        while before != self.lines.height:
            before = self.lines.height
            names = self.names.join(self.lines, on="at", how="anti")["name"].unique()
            links = self.links.join(self.lines, on="at", how="anti")
            linked = self.links.join(links, on=["kind", "link"], how="semi")["at"]
            self.lines = self.lines.filter(
                ~(pl.col("name").is_in(names.implode()) | pl.col("at").is_in(linked.implode()))
            )
        self.numbers = self.numbers.join(self.lines, on="at", how="semi")

    def unchanged(self) -> pl.Series:
        """Lines that say nothing new of somebody who is there; whose right to say it is certain."""
        known = self.lines.drop_nulls("person")
        if not (known.height and self.actor.is_system):
            return pl.Series([], dtype=pl.UInt32)
        rows: list[tuple[Any, ...]] = []
        for values in chunks(known["person"].unique()):
            rows += Person.objects.unscoped(WHY).filter(pk__in=values).values_list("pk", *PERSON_FACTS)
        schema = {
            "person": pl.Int64,
            **{f"now_{n}": pl.Date if n == "born" else pl.String for n in PERSON_FACTS},
        }
        both = _facts(known).join(
            pl.DataFrame(rows, schema=schema, orient="row"), on="person", maintain_order="left"
        )
        same = [pl.col(n).eq_missing(pl.col(f"now_{n}")) for n in self.given if n not in ("sex", "born")]
        same += [pl.col("sex").is_null() | (pl.col("sex") == pl.col("now_sex"))]
        silent = pl.col("born").is_null() if "born" not in self.given else pl.lit(False)
        same += [silent | pl.col("born").eq_missing(pl.col("now_born"))]
        return both.filter(pl.all_horizontal(same)).join(self._missing_numbers(), on="at", how="anti")["at"]

    def _missing_numbers(self) -> pl.DataFrame:
        held = self.held.filter(pl.col("live"))
        given = self.numbers.join(self.lines.select("at", "person"), on="at")
        return (
            given.join(
                held, left_on=["kind", "digest", "person"], right_on=["kind", "digest", "holder"], how="anti"
            )
            .select("at")
            .unique()
        )

    def register(self) -> pl.Series:
        """Writes those whom nothing and nobody knows."""
        new = self.lines.filter(pl.col("person").is_null())
        if not new.height:
            return new["at"]
        new = _facts(new).with_columns(new_keys(Person, new.height).alias("id"))
        load = Load()
        load.insert(Person, self._persons(new))
        load.insert(Identifier, self._identifiers(new))
        load.insert(Membership, self._memberships(new))
        paths = (self.places[name].path for name in new["organisation"].unique())
        load.finish(self.actor, above_all(paths), at=self.moment)
        return new["at"]

    def _persons(self, new: pl.DataFrame) -> pl.DataFrame:
        texts = [pl.col(n).fill_null("") for n in PERSON_FACTS if n not in ("born", "sex")]
        of_places = {name: area(place.path) for name, place in self.places.items()}
        areas = pl.col("organisation").replace_strict(of_places, default=0, return_dtype=pl.Int64)
        sex, version = pl.col("sex").fill_null("0"), pl.lit(1).alias("version")
        return new.select("id", *texts, sex, "born", areas.alias("areas"), version)

    def _identifiers(self, new: pl.DataFrame) -> pl.DataFrame:
        rows = self.numbers.join(
            new.select("at", pl.col("id").alias("person_id")), on="at", maintain_order="right"
        )
        return sealed(rows.drop("at").with_columns(new_keys(Identifier, rows.height).alias("id")))

    def _memberships(self, new: pl.DataFrame) -> pl.DataFrame:
        keys = {name: place.pk for name, place in self.places.items()}
        rows = new.drop_nulls("role")
        first = pl.col("valid_from").fill_null(timezone.localdate(self.moment))
        place = pl.col("organisation").replace_strict(list(keys), list(keys.values()), return_dtype=pl.Int64)
        return rows.select(
            new_keys(Membership, rows.height).alias("id"),
            pl.col("id").alias("person_id"),
            place.alias("organisation_id"),
            "role",
            pl.lit("").alias("post"),
            first.alias("valid_from"),
        )


def place_named(actor: Actor, name: str) -> Organisation | None:
    """The organisation whose records this actor keeps; None where the verb has to say what is wrong."""
    try:
        place = queries.organisation_named(actor, name, column="organisation")
        keeps_records.require(actor, place)
    except WutongError:
        return None
    return place


def above_all(paths: Iterable[str]) -> Organisation:
    """The organisation above all these places: the journal keeps the entry of a batch there."""
    shared = commonprefix(list(paths))
    path = shared[: len(shared) // WIDTH * WIDTH]
    return Organisation.objects.unscoped("where a batch is journalled").get(path=path)


def _facts(lines: pl.DataFrame) -> pl.DataFrame:
    """What the identity number says of birth and sex counts where the line itself is silent; blank texts are empty."""
    identity = pl.col("identity")
    empty = [pl.col(name).fill_null("") for name in PERSON_FACTS if name not in ("born", "sex")]
    return lines.with_columns(
        *empty,
        pl.coalesce("born", born_of(identity)).alias("born"),
        pl.coalesce("sex", sex_of(identity)).alias("sex"),
    )


def _plain() -> pl.Expr:
    whole = (pl.col("kind") != "identity") | (pl.col("value").str.len_bytes() == 18)
    return pl.col("value").str.contains(PLAIN) & whole


def _link() -> pl.Expr:
    """What two spellings of one number share."""
    plain = pl.col("value").str.replace_all(r"[\s\-]", "")
    old = (
        pl.when(plain.str.len_chars() == 15)
        .then(plain.str.slice(0, 6) + "19" + plain.str.slice(6))
        .otherwise(plain)
    )
    return pl.when(pl.col("kind") == "identity").then(old.str.slice(0, 17)).otherwise(plain).alias("link")


def sealed(rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers as they lie on disk: `kind`, `value` and `digest` become sealed, digest and shown."""
    made = []
    for (kind,), part in rows.group_by("kind", maintain_order=True):
        shown = [
            (numbers.mask_identity if kind == "identity" else numbers.mask)(value) for value in part["value"]
        ]
        texts = pl.Series("sealed", keyring().seal_all(part["value"], str(kind)), dtype=pl.Binary)
        made.append(part.drop("value").with_columns(texts, pl.Series("shown", shown, dtype=pl.String)))
    return pl.concat(made) if made else rows.drop("value")


def chunks(values: pl.Series) -> list[list[Any]]:
    return [values.slice(at, CHUNK).to_list() for at in range(0, values.len(), CHUNK)]
