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
    """A matter waits for somebody else in the same state: handed over, reminded or escalated."""

    case_id: int
    kind: str
