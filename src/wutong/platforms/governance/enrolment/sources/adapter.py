"""What a source of comparison is. Adapters ask with a number and compare; they never hand out whole records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from wutong.kernel.errors import Sentence


@dataclass(frozen=True)
class Question:
    """`number` names whose record is meant; `said` are the facts the family gave for it."""

    number: str
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """`known`: the source has a record. `differs`: names of the facts that it holds otherwise.
    `facts`: what it confirms, as the rules need it; of what differs nothing is told."""

    known: bool
    differs: tuple[str, ...] = ()
    facts: Mapping[str, Any] | None = None

    @property
    def agrees(self) -> bool:
        return self.known and not self.differs


class Source(Protocol):
    """`ask_all` answers in the order of the questions; raises nothing for what it does not know.

    `Unavailable` when it cannot answer now: the documents stay waiting and are asked again.
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> Sentence: ...

    def ask_all(self, questions: list[Question]) -> list[Answer]: ...


class Unavailable(Exception):
    """The source cannot be reached; nothing was decided."""
