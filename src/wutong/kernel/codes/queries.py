"""Reading code sets. Lists in force are kept in memory until a set is loaded anew."""

from datetime import date
from functools import lru_cache

from django.db.models import Q
from django.utils.translation import get_language

from wutong.kernel.codes.models import CodeSet


def in_force(name: str, on: date) -> CodeSet | None:
    begun = CodeSet.objects.filter(name=name, valid_from__lte=on)
    return begun.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on)).order_by("-valid_from").first()


@lru_cache(maxsize=512)
def lines(name: str, on: date) -> tuple[tuple[str, str, str, bool], ...]:
    """(code, Chinese name, English name, still in use) of each line in force on a day."""
    found = in_force(name, on)
    if found is None:
        return ()
    rows = found.codes.values_list("code", "name", "name_en", "valid_to")
    return tuple((code, name, name_en, ended is None or ended >= on) for code, name, name_en, ended in rows)


def choices(name: str, on: date | None = None) -> list[tuple[str, str]]:
    """(code, name in the language of the page) of what may be chosen today."""
    english = (get_language() or "").startswith("en")
    return [
        (code, name_en if english and name_en else name_zh)
        for code, name_zh, name_en, live in lines(name, on or date.today())
        if live
    ]


def label(name: str, code: str, on: date | None = None) -> str:
    """The words for a code, the code itself where no line has it."""
    english = (get_language() or "").startswith("en")
    for each, name_zh, name_en, _live in lines(name, on or date.today()):
        if each == code:
            return name_en if english and name_en else name_zh
    return code


def name_zh(name: str, code: str, on: date | None = None) -> str:
    """The Chinese name, whatever the language of the page: what sheets carry."""
    return next((zh for each, zh, _en, _live in lines(name, on or date.today()) if each == code), code)


def forget() -> None:
    lines.cache_clear()
