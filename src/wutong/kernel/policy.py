"""Who asks, and whether they may: an actor with dated roles, and predicates that read as sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, Q
from django.db.models.lookups import GreaterThan

from wutong.kernel.errors import NotAllowed

WIDE = 16  # digits of the path of a district or an office of the city
AREAS = 61  # of these are told apart by one number; what comes later shares its bit with another
ASKED = 1 << 62  # in no row: what is asked for cannot be taken for another number of the same question
# Roles whose holder sees the people and records of the organisation below them.
# A teacher's sight begins at the class: teaching at a school does not open its register.
SIGHT = frozenset({"officer", "clerk", "head", "auditor", "class_teacher", "teacher"})


@dataclass(frozen=True)
class Role:
    """One membership in force. `path` places the organisation in the tree (see people.Organisation)."""

    name: str
    organisation_id: int
    path: str
    kind: str = ""

    @property
    def sees(self) -> bool:
        return self.name in SIGHT and (self.name != "teacher" or self.kind == "class")


@dataclass(frozen=True)
class Actor:
    """The person (or the system itself) on whose behalf something happens."""

    person_id: int | None
    name: str
    roles: tuple[Role, ...] = ()
    kind: str = "person"
    by_key: bool = False  # asks after rows that are known already

    @property
    def is_system(self) -> bool:
        return self.kind == "system"

    def holds(self, *names: str, over: str | None = None) -> bool:
        """Whether one of the roles is held, and, given `over`, at or above that path."""
        return any(role.name in names and (over is None or over.startswith(role.path)) for role in self.roles)

    def holds_below(self, *names: str, path: str) -> bool:
        """Whether one of the roles is held at that path or under it."""
        return any(role.name in names and role.path.startswith(path) for role in self.roles)

    @property
    def sight(self) -> tuple[str, ...]:
        """Paths of the subtrees this actor may look into, without those inside another."""
        paths = sorted({role.path for role in self.roles if role.sees})
        return tuple(p for p in paths if not any(p != q and p.startswith(q) for q in paths))

    @property
    def sees_much(self) -> bool:
        """Whether a district, an office or the whole city lies in sight."""
        return any(len(path) <= WIDE for path in self.sight)

    @property
    def gathers(self) -> bool:
        """Whether the few in sight are put together first. Otherwise each row is looked at in turn."""
        return not (self.by_key or self.sees_much)

    def with_keys(self) -> Actor:
        return replace(self, by_key=True)


ANONYMOUS = Actor(None, "", kind="anonymous")
SYSTEM = Actor(None, "系统", kind="system")


def subtree(path: str, field: str) -> Q:
    """Rows whose `field` lies in the subtree of `path`, as a range that an index answers on any engine."""
    return Q(**{f"{field}__gte": path, f"{field}__lt": after(path)})


def after(path: str) -> str:
    """The first path behind the whole subtree: paths are decimal digits in blocks of equal width."""
    return str(int("1" + path) + 1)[1:]


def in_sight(actor: Actor, field: str) -> Q:
    """Rows whose path `field` lies in one of the actor's subtrees; nothing without any."""
    if actor.is_system:
        return Q()
    condition = Q(pk__in=())
    for path in actor.sight:
        condition |= subtree(path, field)
    return condition


def area(path: str) -> int:
    """The bit of the district or office in which a path lies; 0 for the city itself."""
    return 1 << int(path[WIDE // 2 : WIDE]) % AREAS if len(path) >= WIDE else 0


def area_asked(path: str) -> int:
    return area(path) | ASKED


def in_areas(actor: Actor, field: str) -> Q:
    """Rows whose bits of districts hold one in sight: a glance that leaves out most of those that are not."""
    if any(len(path) < WIDE for path in actor.sight):
        return Q()
    condition = Q(pk__in=())
    for path in actor.sight:
        condition |= Q(GreaterThan(F(field).bitand(area_asked(path)), 0))
    return condition


@dataclass(frozen=True)
class Predicate:
    """A question about actor and subject; combines with & | ~. The system itself is always allowed."""

    words: str
    ask: Callable[[Actor, Any], bool]

    def __call__(self, actor: Actor, subject: Any = None) -> bool:
        return self.ask(actor, subject)

    def __and__(self, other: Predicate) -> Predicate:
        return Predicate(f"({self.words} & {other.words})", lambda a, s: self(a, s) and other(a, s))

    def __or__(self, other: Predicate) -> Predicate:
        return Predicate(f"({self.words} | {other.words})", lambda a, s: self(a, s) or other(a, s))

    def __invert__(self) -> Predicate:
        return Predicate(f"~{self.words}", lambda a, s: not self(a, s))

    def __repr__(self) -> str:
        return self.words

    def require(self, actor: Actor, subject: Any = None) -> None:
        if not (actor.is_system or self(actor, subject)):
            raise NotAllowed


def predicate(function: Callable[[Actor, Any], bool]) -> Predicate:
    """Decorator: `is_guardian = predicate(lambda actor, child: …)` with the function's own name."""
    return Predicate(function.__name__, function)


def path_of(subject: Any) -> str:
    """Where a subject stands in the tree; every scoped record has `scope_path`."""
    return subject.scope_path if subject is not None else ""


def holds(*names: str) -> Predicate:
    """The actor holds one of these roles anywhere."""
    return Predicate(f"holds({', '.join(names)})", lambda actor, _: actor.holds(*names))


def over(*names: str) -> Predicate:
    """The actor holds one of these roles at the subject's organisation or above it."""

    def ask(actor: Actor, subject: Any) -> bool:
        path = path_of(subject)
        return bool(path) and actor.holds(*names, over=path)

    return Predicate(f"over({', '.join(names)})", ask)


@predicate
def signed_in(actor: Actor, subject: Any) -> bool:
    return actor.person_id is not None


@predicate
def everyone(actor: Actor, subject: Any) -> bool:
    return True


@predicate
def nobody(actor: Actor, subject: Any) -> bool:
    return False
