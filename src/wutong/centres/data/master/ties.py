"""Memberships and guardianships in bulk: who is meant is found for all lines at once; what is certain is written."""

from datetime import datetime
from typing import Any

import polars as pl

from wutong.centres.data.master import queries
from wutong.centres.data.master.bulk import PLAIN, WHY, above_all, chunks, place_named
from wutong.kernel.bulk import Load, new_keys, take_turns
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Guardianship, Identifier, Membership
from wutong.kernel.people.persons import spread
from wutong.kernel.people.queries import root
from wutong.kernel.policy import Actor


def take_memberships(actor: Actor, lines: pl.DataFrame, *, at: datetime) -> pl.Series:
    """`created` or `unchanged` for each line, null for what is left to `save_membership_entry`."""
    take_turns("memberships")
    lines = _whole(lines, number=pl.String, post=pl.String, valid_to=pl.Date)
    places = {name: place_named(actor, name) for name in lines["organisation"].unique()}
    known = {name: place for name, place in places.items() if place is not None}
    keys = [place.pk for place in known.values()]
    lines = lines.with_columns(
        persons_of(lines, "person", "number").alias("who"),
        pl.col("organisation")
        .replace_strict(list(known), keys, default=None, return_dtype=pl.Int64)
        .alias("where"),
        pl.col("post").fill_null(""),
    )
    key = ["who", "where", "role", "valid_from"]
    ordered = pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("valid_from"))
    sure = _sure(lines, ordered & pl.all_horizontal(pl.col(key).is_not_null()), said=["person"])
    sure = sure.filter(~pl.struct(key).is_duplicated())
    held = _held(Membership, "person", sure["who"], {
        "who": pl.Int64, "where": pl.Int64, "role": pl.String, "valid_from": pl.Date, "post": pl.String,
        "valid_to": pl.Date,
    }, "person_id", "organisation_id", "role", "valid_from", "post", "valid_to")  # fmt: skip
    new, same = _new_and_same(sure, held, key, ["post", "valid_to"])
    if new.height:
        load = Load()
        load.insert(Membership, new.select(
            new_keys(Membership, new.height).alias("id"), pl.col("who").alias("person_id"),
            pl.col("where").alias("organisation_id"), "role", "post", "valid_from", "valid_to",
        ))  # fmt: skip
        spread(new["who"])
        load.finish(actor, above_all(known[name].path for name in new["organisation"].unique()), at=at)
    return _outcomes(lines, new, same)


def take_guardianships(actor: Actor, lines: pl.DataFrame, *, at: datetime) -> pl.Series:
    """The same for `save_guardianship_entry`; whose right to write must be asked child by child is left to it."""
    facts = ["relation", "primary", *(["valid_from"] if "valid_from" in lines.columns else [])]
    lines = _whole(
        lines, child_number=pl.String, guardian_number=pl.String, primary=pl.Boolean, valid_from=pl.Date,
        valid_to=pl.Date,
    )  # fmt: skip
    if not actor.is_system:
        return _outcomes(lines, lines.clear(), lines.clear())
    take_turns("guardianships")
    lines = lines.with_columns(
        persons_of(lines, "child", "child_number").alias("child_id"),
        persons_of(lines, "guardian", "guardian_number").alias("guardian_id"),
        pl.col("primary").fill_null(False),
    )
    pair = ["child_id", "guardian_id"]
    two = pl.col("child_id") != pl.col("guardian_id")
    sure = _sure(lines, two & pl.col("valid_to").is_null(), said=["child", "guardian"])
    sure = sure.filter(~pl.struct(pair).is_duplicated())
    held = _held(Guardianship, "child", sure["child_id"], {
        "child_id": pl.Int64, "guardian_id": pl.Int64, "relation": pl.String, "primary": pl.Boolean,
        "valid_from": pl.Date, "valid_to": pl.Date,
    }, *pair, "relation", "primary", "valid_from", "valid_to")  # fmt: skip
    new, same = _new_and_same(sure, held.filter(pl.col("valid_to").is_null()), pair, facts)
    if new.height:
        load, wanted = Load(), (*pair, "relation", "primary", "valid_from", "valid_to")
        load.insert(Guardianship, new.select(new_keys(Guardianship, new.height).alias("id"), *wanted))
        spread(new["child_id"])
        load.finish(actor, root(), at=at)
    return _outcomes(lines, new, same)


def persons_of(lines: pl.DataFrame, name: str, number: str) -> pl.Series:
    """Keys of the one whom a plain number in force leads to, if that is the name of the line too; null otherwise."""
    asked = lines.select("at", name, pl.col(number).str.to_uppercase())
    values = asked[number].drop_nulls().unique()
    values = values.filter(values.str.contains(PLAIN))
    found: list[tuple[Any, ...]] = []
    held = Identifier.objects.unscoped(WHY)
    for kind in queries.NUMBERS:
        spelt = dict(zip(keyring().digest_all(values, kind), values, strict=True))
        for digests in chunks(pl.Series(list(spelt), dtype=pl.Binary)):
            rows = held.filter(kind=kind, digest__in=digests)
            found += (
                (spelt[bytes(digest)], person, called, ended is None and merged is None)
                for digest, person, called, ended, merged in rows.values_list(
                    "digest", "person_id", "person__name", "valid_to", "person__merged_into_id"
                )
            )
    schema = {number: pl.String, "key": pl.Int64, name: pl.String, "live": pl.Boolean}
    holders = pl.DataFrame(found, schema=schema, orient="row").unique()
    sure = holders.filter(pl.col("live") & (pl.len().over(number) == 1)).drop("live")
    return asked.join(sure, on=[number, name], how="left", maintain_order="left")["key"]


def _whole(lines: pl.DataFrame, **kinds: Any) -> pl.DataFrame:
    missing = [pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in lines.columns]
    return lines.with_columns(missing).with_row_index("at")


def _sure(lines: pl.DataFrame, rule: pl.Expr, *, said: list[str]) -> pl.DataFrame:
    """Without lines that may speak of what a line that is left speaks of: these share the names with it."""
    sure = lines.filter(rule.fill_null(False))
    left = lines.join(sure, on="at", how="anti").select(said).unique()
    return sure.join(left, on=said, how="anti", maintain_order="left")


def _held(model: Any, of: str, persons: pl.Series, schema: dict[str, Any], *fields: str) -> pl.DataFrame:
    """What is on record of these persons."""
    rows: list[tuple[Any, ...]] = []
    for keys in chunks(persons.unique()):
        rows += model.objects.unscoped(WHY).filter(**{f"{of}__in": keys}).values_list(*fields)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _new_and_same(
    sure: pl.DataFrame, held: pl.DataFrame, key: list[str], facts: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines of which nothing is on record, and lines that say what is."""
    there = held.select(*key, *(pl.col(name).alias(f"now_{name}") for name in facts))
    new = sure.join(there, on=key, how="anti", maintain_order="left")
    both = sure.join(there, on=key, maintain_order="left")
    return new, both.filter(
        pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"now_{name}")) for name in facts)
    )


def _outcomes(lines: pl.DataFrame, new: pl.DataFrame, same: pl.DataFrame) -> pl.Series:
    found = {**dict.fromkeys(new["at"], "created"), **dict.fromkeys(same["at"], "unchanged")}
    return pl.Series([found.get(at) for at in range(lines.height)], dtype=pl.String)
