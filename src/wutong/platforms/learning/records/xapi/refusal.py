"""Why a request is not taken: the standard's status, and one sentence for whoever writes the client."""

from __future__ import annotations


class Refused(Exception):
    """`path` leads to the property at fault: it grows from the inside out while the error rises.
    `challenge` is the text for WWW-Authenticate where it is not the usual one.
    """

    def __init__(self, sentence: str, status: int = 400, challenge: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.status, self.path, self.challenge = sentence, status, "", challenge

    def inside(self, name: str) -> Refused:
        self.path = f"{name}.{self.path}" if self.path and not self.path.startswith("[") else name + self.path
        return self

    def at(self, place: int) -> Refused:
        return self.inside(f"[{place}]")

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence
