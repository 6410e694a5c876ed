from dataclasses import dataclass

from wutong.kernel.event import Event


@dataclass(frozen=True)
class CaseMoved(Event):
    """A matter stands elsewhere now; `step` is empty where the clock moved it."""

    case_id: int
    source: str
    target: str
    step: str


@dataclass(frozen=True)
class CaseHeldBy(Event):
    """A matter waits for somebody else in the same state: handed over, reminded, escalated or objected to."""

    case_id: int
    kind: str


@dataclass(frozen=True)
class ObjectionDecided(Event):
    """Who objected to a matter on public notice has an answer."""

    objection_id: int
