"""Pure rules of the master data: names, stages, where a school belongs."""

import re
import unicodedata
from functools import lru_cache

UNIVERSITY = "university"
_BRACKETED = re.compile(r"[（(].*?[)）]")


@lru_cache(maxsize=10_000)
def plain_name(name: str) -> str:
    """A school's name without city, brackets and spaces: what two spellings of one school share."""
    text = unicodedata.normalize("NFKC", name)
    return re.sub(r"\s", "", _BRACKETED.sub("", text)).removeprefix("上海市")


@lru_cache(maxsize=10_000)
def all_names(name: str) -> frozenset[str]:
    """The plain name, and the plain names within its brackets."""
    inner = re.findall(r"[（(](.*?)[)）]", unicodedata.normalize("NFKC", name))
    return frozenset(plain_name(each) for each in (name, *inner))


def same_school(one: str, other: str) -> bool:
    """Whether two names may mean one school."""
    return bool(all_names(one) & all_names(other))


def class_name(grade: str, number: int) -> str:
    return f"{grade}{number}班"
