from dataclasses import dataclass

from wutong.kernel.event import Event


@dataclass(frozen=True)
class PersonMerged(Event):
    """Modules move what they keep about the loser to the winner."""

    winner_id: int
    loser_id: int
    merge_id: int


@dataclass(frozen=True)
class PersonUnmerged(Event):
    """Modules put back what they moved for this merge."""

    winner_id: int
    loser_id: int
    merge_id: int


@dataclass(frozen=True)
class OrganisationChanged(Event):
    organisation_id: int
