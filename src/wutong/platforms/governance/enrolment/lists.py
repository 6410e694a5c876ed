"""A draw as the core knows it, and its published files: what is frozen before, what is recorded after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from wutong import __version__
from wutong.platforms.governance.admission.api import (
    Conducted,
    Drawn,
    Frozen,
    Pupil,
    Run,
    Seeds,
    conduct,
    digest,
    draw_lots,
    draw_pool,
    freed_file,
    freeze,
    publication,
)
from wutong.platforms.governance.admission.api import Draw as Lots
from wutong.platforms.governance.admission.api import Witness as Signed
from wutong.platforms.governance.enrolment.models import Application, Draw, DrawEntry, Witness
from wutong.platforms.governance.enrolment.routes import pool_of

WHY = "a draw is public once its list is frozen"


def entries_of(draw: Draw) -> list[DrawEntry]:
    rows = (
        DrawEntry.objects.unscoped(WHY).filter(draw=draw).select_related("application__child", "plan__school")
    )
    return list(rows.order_by("list", "application"))


def lots(draw: Draw, entries: Iterable[DrawEntry]) -> list[Lots]:
    """One list for each school category or pool, in the order of their names."""
    by_list: dict[str, list[DrawEntry]] = defaultdict(list)
    for entry in entries:
        by_list[entry.list].append(entry)
    return [_lots(draw, name, rows) for name, rows in sorted(by_list.items())]


def _lots(draw: Draw, name: str, rows: list[DrawEntry]) -> Lots:
    groups: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        if row.group is not None:
            groups[row.group].append(row.application.number)
    return Lots(
        school=name,
        applications=tuple(sorted(row.application.number for row in rows)),
        seats=draw.seats[name],
        groups=tuple(tuple(sorted(group)) for _key, group in sorted(groups.items()) if len(group) > 1),
        group_policy=draw.window.rules.twins_short,
    )


def frozen(draw: Draw, entries: Iterable[DrawEntry]) -> Frozen:
    return freeze(lots(draw, entries))


def announced(draw: Draw, entries: Iterable[DrawEntry]) -> dict[str, str]:
    """Digests of the frozen files by name: what is announced before anybody knows the seed."""
    return frozen(draw, entries).digests(draw.algorithm)


def seeds_of(draw: Draw) -> Seeds:
    kind = "rehearsal" if draw.rehearsal else "final"
    return Seeds(city_seed=draw.city_seed, public_seed=draw.public_seed, digest=draw.algorithm, kind=kind)  # type: ignore[arg-type]  # likewise


def drawn(draw: Draw, entries: list[DrawEntry]) -> list[Drawn]:
    return [draw_lots(each, seeds_of(draw)) for each in lots(draw, entries)]


def conducted(draw: Draw, entries: list[DrawEntry]) -> Conducted:
    """The draw done again from what is kept. Raises AdmissionError where that is not what was announced."""
    run = Run(
        title=f"{draw.window.code} {draw.round}",
        seeds=seeds_of(draw),
        draws=tuple(lots(draw, entries)),
        announced=draw.announced,
        announced_commit=draw.commit,
        public_source=draw.public_source,
        committed_at=_in_utc(draw.frozen),
        frozen_at=_in_utc(draw.frozen),
        fixed_at=_in_utc(draw.drawn),
        drawn_at=_in_utc(draw.drawn),
        software=f"wutong {__version__}",
    )
    return conduct(run)


def _in_utc(at: datetime | None) -> datetime:
    """One spelling of a moment, wherever it was read: the record is signed byte by byte."""
    if at is None:
        raise RuntimeError("a draw that is recorded was drawn")
    return at.astimezone(UTC)


def files(draw: Draw, entries: list[DrawEntry]) -> dict[str, bytes]:
    """By name, as much as is public by now: the frozen list at once, the rest when the result is published."""
    if draw.state == Draw.State.PUBLISHED:
        held = conducted(draw, entries)
        later = {"freed.csv": freed_file(held, draw.freed)} if draw.freed else {}
        return publication(held, [_signed(row) for row in signatures(draw)]) | later
    fixed = frozen(draw, entries)
    return {"plan.csv": fixed.plan, "applicants.csv": fixed.applicants}


def signatures(draw: Draw) -> list[Witness]:
    return list(Witness.objects.unscoped(WHY).filter(draw=draw).order_by("pk"))


def _signed(row: Witness) -> Signed:
    return Signed(name=row.name, role=row.office, signed_at=_in_utc(row.at), signs=row.signed)


def pool_results(draw: Draw, entries: list[DrawEntry]) -> dict[str, str | None]:
    """Application number to key of the junior school, over all pools."""
    given: dict[str, str | None] = {}
    for name in sorted({entry.list for entry in entries}):
        pupils = [_pupil(entry.application) for entry in entries if entry.list == name]
        given |= draw_pool(pool_of(draw.window.rules, name), pupils, draw.pool_seats, seeds_of(draw)).given
    return given


def _pupil(row: Application) -> Pupil:
    wishes = tuple(str(key) for key in row.sheet.get("wishes", []))
    return Pupil(application_no=row.number, primary="", wishes=wishes)


def digest_of(text: str, algorithm: str) -> str:
    return digest(text, algorithm)  # type: ignore[arg-type]  # likewise
