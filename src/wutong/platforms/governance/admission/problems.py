"""What is wrong with an input, in one sentence and as data."""

from typing import Any


class AdmissionError(ValueError):
    """`code` is stable and names what was broken, `facts` what it concerns; the sentence is for the command line.

    Pages say it in their own language by `code` and `facts`.
    """

    def __init__(self, code: str, sentence: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(sentence)
