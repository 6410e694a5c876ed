"""`wutong match`: a market or a lottery from one JSON file, its result into another; see docs/commands.md."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from wutong.platforms.governance.admission.lottery.draw import Draw, Seeds, draw_lots
from wutong.platforms.governance.admission.matching.market import Market
from wutong.platforms.governance.admission.matching.methods import METHODS
from wutong.platforms.governance.admission.problems import AdmissionError
from wutong.platforms.governance.admission.reading import read_object

LOTTERY: Final = "lottery"
MATCH_METHODS: Final = (*METHODS, LOTTERY)


def match_files(method: str, source: Path, target: Path) -> list[str]:
    """Writes `target` whole or not at all; returns what a careful reader should know of the input.

    Raises AdmissionError with one sentence for whatever is wrong with the files.
    """
    given = _read(source)
    try:
        result, remarks = lottery(given) if method == LOTTERY else matching(method, given)
        _write(target, _lines(result))
    except UnicodeEncodeError as error:
        raise AdmissionError("text", f"{source} holds half a character: {error.object!a:.40}") from error
    return remarks


def matching(method: str, given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    remarks = _needs(given, {"students", "schools", "seats"}, {"order"})
    order = given.get("order")
    market = Market(
        _lists(given, "students"),
        _lists(given, "schools"),
        _seats(_object(given, "seats")),
        None if order is None else _names(order, "order"),
    )
    return METHODS[method](market), remarks + _strangers(market)


def lottery(given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Beside the contract's names: `digest` ("sm3") may be given, and is then repeated in the result."""
    needed = {"city_seed", "public_seed", "school", "applications", "seats"}
    remarks = _needs(given, needed, {"groups", "group_policy", "digest"})
    texts = {name: _text(given[name], name) for name in ("city_seed", "public_seed", "school")}
    seeds = Seeds(
        city_seed=texts["city_seed"],
        public_seed=texts["public_seed"],
        digest=given.get("digest", "sha256"),
    )
    groups = given.get("groups") or []
    draw = Draw(
        school=texts["school"],
        applications=tuple(_names(given["applications"], "applications")),
        seats=_count(given["seats"], "seats"),
        groups=tuple(tuple(_names(group, "groups")) for group in _list(groups, "groups")),
        group_policy=given.get("group_policy") or "whole_or_skip",
    )
    drawn = draw_lots(draw, seeds)
    result = {
        "commit": seeds.commit,
        "seed": seeds.seed,
        "order": list(drawn.order),
        "tickets": drawn.tickets,
        "admitted": list(drawn.admitted),
    }
    return result | ({"digest": seeds.digest} if "digest" in given else {}), remarks


def _strangers(market: Market) -> list[str]:
    """Allowed, because a pair needs both; but more often a slip than meant."""
    wished, listed = _mentioned(market.students), _mentioned(market.schools)
    counts = (
        (len(wished - market.schools.keys()), "school ids in students' lists"),
        (len(listed - market.students.keys()), "student ids in schools' lists"),
    )
    return [
        f"{count} {what} are nowhere in the file and count for nothing" for count, what in counts if count
    ]


def _mentioned(lists: Mapping[str, Sequence[str]]) -> set[str]:
    return set(chain.from_iterable(lists.values()))


def _read(source: Path) -> dict[str, Any]:
    try:
        return read_object(source.read_text("utf-8-sig"))
    except OSError as error:
        raise AdmissionError("file", f"{source} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
        raise AdmissionError("json", f"{source} is not one JSON object in UTF-8: {error}") from error


def _write(target: Path, lines: Iterator[str]) -> None:
    """Beside the target first: who looks there sees the old file, or the new one whole."""
    made = ""
    try:
        with NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=target.parent, delete=False) as file:
            made = file.name
            file.writelines(lines)
        os.chmod(made, 0o644)
        os.replace(made, target)
    except OSError as error:
        raise AdmissionError("file", f"{target} cannot be written: {error.strerror}") from error
    finally:
        if made:
            Path(made).unlink(missing_ok=True)


def _lines(result: dict[str, Any]) -> Iterator[str]:
    """JSON with sorted keys, one entry of the outermost object in a line."""
    encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(", ", ": ")).encode
    before = "{\n"
    for name in sorted(result):
        yield f"{before}{encode(name)}: {encode(result[name])}"
        before = ",\n"
    yield "\n}\n" if result else "{}\n"


def _needs(given: dict[str, Any], needed: set[str], known: set[str]) -> list[str]:
    """Remarks on names that are not known: perhaps a slip of the pen."""
    if missing := sorted(needed - given.keys()):
        raise AdmissionError("missing", f"the file lacks {', '.join(missing)}", names=missing)
    unknown = sorted(given.keys() - needed - known)
    return (
        [f"{', '.join(map(repr, unknown))} in the file is not known here and counts for nothing"]
        if unknown
        else []
    )


def _lists(given: dict[str, Any], name: str) -> dict[str, list[str]]:
    return {key: _names(value, f"{name}[{key!r}]") for key, value in _object(given, name).items()}


def _seats(given: dict[str, Any]) -> dict[str, int]:
    return {school: _count(number, f"seats[{school!r}]") for school, number in given.items()}


def _kind(wanted: str, is_it: Callable[[Any], bool]) -> Callable[[Any, str], Any]:
    def checked(value: Any, where: str) -> Any:
        if is_it(value):
            return value
        shown = json.dumps(value, ensure_ascii=False)
        shown = shown if len(shown) <= 40 else f"{shown[:37]}…"
        raise AdmissionError("type", f"{where} must be {wanted}, not {shown}", where=where)

    return checked


_list = _kind("a list", lambda value: isinstance(value, list))
_names = _kind(
    "a list of texts",
    lambda value: isinstance(value, list) and set(map(type, value)) <= {str},
)
_text = _kind("a text", lambda value: isinstance(value, str))
_count = _kind("a whole number, 0 or more", lambda value: type(value) is int and value >= 0)
_is_object = _kind("an object", lambda value: isinstance(value, dict))


def _object(given: dict[str, Any], name: str) -> dict[str, Any]:
    return _is_object(given[name], name)
