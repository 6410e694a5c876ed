"""The lists of a draw as they are published: who draws for what, before; tickets and order, after. Pure of state."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from wutong.platforms.governance.admission.api import Draw as Lots
from wutong.platforms.governance.admission.api import Drawn, Pupil, Seeds, digest, draw_lots, draw_pool
from wutong.platforms.governance.enrolment.models import Draw, DrawEntry
from wutong.platforms.governance.enrolment.routes import pool_of

WHY = "a draw is public once its list is frozen"


def entries_of(draw: Draw) -> list[DrawEntry]:
    rows = DrawEntry.objects.unscoped(WHY).filter(draw=draw).select_related("application__child", "plan__school")
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


def frozen_file(draw: Draw, entries: Iterable[DrawEntry]) -> bytes:
    """What was fixed before anybody knew the seed: the same bytes for the same list, on any machine."""
    content = {
        "draw": f"{draw.window.code} {draw.round}",
        "rehearsal": draw.rehearsal,
        "digest": draw.algorithm,
        "schools": [_listed(each) for each in lots(draw, entries)],
    }
    return _written(content)


def _listed(each: Lots) -> dict[str, Any]:
    return {
        "school": each.school,
        "seats": each.seats,
        "applications": list(each.applications),
        "groups": [list(group) for group in each.groups],
        "group_policy": each.group_policy,
    }


def _written(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def seeds_of(draw: Draw) -> Seeds:
    kind = "rehearsal" if draw.rehearsal else "final"
    return Seeds(city_seed=draw.city_seed, public_seed=draw.public_seed, digest=draw.algorithm, kind=kind)  # type: ignore[arg-type]  # the model's choices are the core's words


def drawn(draw: Draw, entries: list[DrawEntry]) -> list[Drawn]:
    return [draw_lots(each, seeds_of(draw)) for each in lots(draw, entries)]


def pool_results(draw: Draw, entries: list[DrawEntry]) -> dict[str, str | None]:
    """Application number to key of the junior school, over all pools."""
    given: dict[str, str | None] = {}
    for name in sorted({entry.list for entry in entries}):
        pool = pool_of(draw.window.rules, name)
        here = [entry.application for entry in entries if entry.list == name]
        pupils = [Pupil(application_no=row.number, primary="", wishes=_wishes(row)) for row in here]
        given |= draw_pool(pool, pupils, draw.pool_seats, seeds_of(draw)).given
    return given


def _wishes(row: Any) -> tuple[str, ...]:
    return tuple(str(key) for key in row.sheet.get("wishes", []))


def result_file(draw: Draw, entries: list[DrawEntry]) -> bytes:
    """Everything that anybody needs to do the draw again; application numbers only, nobody's name."""
    schools = [
        {**_listed(each.draw), "order": list(each.order), "tickets": each.tickets, "admitted": list(each.admitted)}
        for each in drawn(draw, entries)
    ]
    content = {
        "draw": f"{draw.window.code} {draw.round}",
        "rehearsal": draw.rehearsal,
        "digest": draw.algorithm,
        "commit": draw.commit,
        "list_digest": draw.list_digest,
        "city_seed": draw.city_seed,
        "public_seed": draw.public_seed,
        "public_source": draw.public_source,
        "seed": seeds_of(draw).seed,
        "schools": schools,
    }
    return _written(content)


def digest_of(data: bytes, algorithm: str) -> str:
    return digest(data, algorithm)  # type: ignore[arg-type]  # likewise
