"""Which way leads a child to a school: 地段对口, 学籍对口, 一贯制直升, 电脑派位."""

from __future__ import annotations

from wutong.platforms.governance.admission.api import JuniorRules, Pool, Pupil, Route, route_of
from wutong.platforms.governance.enrolment.models import Application, Window
from wutong.platforms.governance.enrolment.ruleset import Rules


def route_for(row: Application, window: Window) -> Route | None:
    """None: no way leads on; the child is for 统筹."""
    catchment = own_catchment(row)
    pupil = Pupil(
        application_no=row.number,
        primary=str(row.sheet.get("child", {}).get("school") or ""),
        stays=bool(row.sheet.get("stays")),
        catchment=str(catchment or ""),
    )
    return route_of(pupil, junior_rules(window.rules))


def awaits_pool(row: Application, window: Window) -> bool:
    """Who draws lots for a group of schools is placed by that draw."""
    route = route_for(row, window)
    return route is not None and route.mode == "pool"


def pool_for(row: Application) -> tuple[int, ...]:
    """Keys of the schools for which the child draws lots; empty for whom another way leads to a school."""
    route = route_for(row, row.window)
    return tuple(map(int, pool_of(row.window.rules, route.pool).juniors)) if route and route.pool else ()


def own_catchment(row: Application) -> int | None:
    """Of several schools that the address belongs to, the family's choice or else the first."""
    found = row.facts.get("schools", [])
    wanted = row.sheet.get("school")
    return wanted if wanted in found else next(iter(found), None)


def junior_rules(rules: Rules) -> JuniorRules:
    """For a primary window the same: nobody feeds it, so the address decides."""
    return JuniorRules(
        through={str(key): str(target) for key, target in rules.through.items()},
        feeders={str(key): str(target) for key, target in rules.feeders.items()},
        pools=tuple(pool_of(rules, each.name) for each in rules.pools),
        by_catchment=rules.by_catchment,
    )


def pool_of(rules: Rules, name: str) -> Pool:
    found = next(each for each in rules.pools if each.name == name)
    return Pool(
        name=found.name,
        primaries=frozenset(map(str, found.primaries)),
        juniors=tuple(map(str, found.juniors)),
    )
