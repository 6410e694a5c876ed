"""What learning records announce."""

from dataclasses import dataclass

from wutong.kernel.event import Event


@dataclass(frozen=True)
class CorrectionAccepted(Event):
    """Who keeps a store (`organisation`, a key) found that a statement in it (`statement`, a UUID) is wrong."""

    organisation: int
    statement: str
