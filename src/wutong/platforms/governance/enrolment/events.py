from dataclasses import dataclass

from wutong.kernel.event import Event


@dataclass(frozen=True)
class WindowPublished(Event):
    """The rules of a window stand still from here on; families may look."""

    window_id: int


@dataclass(frozen=True)
class ResultsTold(Event):
    """Families and schools know by now who goes where."""

    window_id: int
    number: int


@dataclass(frozen=True)
class ChildArrived(Event):
    """A new pupil is at school: the record of 学籍 can begin."""

    application_id: int
    child_id: int
    school_id: int
    first_day: str
