"""Which characters of a title answer a question, also one asked in pinyin or initials."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from wutong.kernel.search.readings import query_terms, readings


@dataclass(frozen=True)
class Piece:
    text: str
    matched: bool


def pieces(title: str, text: str) -> Iterator[Piece]:
    marked: set[int] = set()
    for term in query_terms(text):
        marked |= _written(title, term.text) or _spoken(title, term.text)
    for matched, group in groupby(range(len(title)), lambda place: place in marked):
        yield Piece("".join(title[place] for place in group), matched)


def _written(title: str, term: str) -> set[int]:
    at = title.lower().find(term) if len(title.lower()) == len(title) else -1
    return set(range(at, at + len(term))) if at >= 0 else set()


def _spoken(title: str, term: str) -> set[int]:
    """The run of characters whose readings, or their first letters, begin with the term."""
    said = [readings(char).full for char in title]
    for start in range(len(title)):
        full = initials = ""
        for end in range(start, len(title)):
            syllable = said[end][0].replace("ü", "v") if said[end] else ""
            full, initials = full + syllable, initials + syllable[:1]
            if full.startswith(term) or initials == term:
                return set(range(start, end + 1))
    return set()
