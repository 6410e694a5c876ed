"""A statement in the reader's words: who reads it need not know that there is a standard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from wutong.kernel.errors import Sentence
from wutong.platforms.learning.records.xapi.agents import IDENTIFIERS, JsonObject
from wutong.platforms.learning.records.xapi.durations import seconds_of
from wutong.platforms.learning.records.xapi.instants import parsed

LONGEST = 120
# A title within a title has single marks (GB/T 15834, 4.15.3.5).
INNER = str.maketrans("《》", "〈〉")

# By the last part of the verb's address: the vocabularies of ADL, cmi5, video and Tin Can share these words.
VERBS: dict[str, Sentence] = {
    "answered": gettext_lazy("回答了"),
    "asked": gettext_lazy("提问了"),
    "attempted": gettext_lazy("尝试了"),
    "attended": gettext_lazy("参加了"),
    "commented": gettext_lazy("评论了"),
    "completed": gettext_lazy("完成了"),
    "created": gettext_lazy("制作了"),
    "downloaded": gettext_lazy("下载了"),
    "earned": gettext_lazy("获得了"),
    "exited": gettext_lazy("离开了"),
    "experienced": gettext_lazy("学习了"),
    "failed": gettext_lazy("没有通过"),
    "initialized": gettext_lazy("开始了"),
    "interacted": gettext_lazy("练习了"),
    "launched": gettext_lazy("打开了"),
    "mastered": gettext_lazy("掌握了"),
    "passed": gettext_lazy("通过了"),
    "paused": gettext_lazy("暂停了"),
    "played": gettext_lazy("观看了"),
    "progressed": gettext_lazy("继续学习了"),
    "read": gettext_lazy("阅读了"),
    "registered": gettext_lazy("报名了"),
    "resumed": gettext_lazy("继续了"),
    "satisfied": gettext_lazy("达到了要求："),
    "scored": gettext_lazy("取得了成绩："),
    "shared": gettext_lazy("分享了"),
    "submitted": gettext_lazy("提交了"),
    "suspended": gettext_lazy("中断了"),
    "terminated": gettext_lazy("结束了"),
    "viewed": gettext_lazy("查看了"),
    "watched": gettext_lazy("观看了"),
}

# Kinds of activity as people tell them apart; by the last part of the type's address.
KINDS: dict[str, tuple[Sentence, frozenset[str]]] = {
    "course": (gettext_lazy("课程"), frozenset({"course", "module", "unit", "specialization", "block"})),
    "lesson": (
        pgettext_lazy("kind of activity", "课时"),
        frozenset({"lesson", "page", "interaction", "au", "objective"}),
    ),
    "test": (
        gettext_lazy("练习与测评"),
        frozenset({"assessment", "question", "cmi.interaction", "attempt", "quiz", "exam", "performance"}),
    ),
    "media": (
        gettext_lazy("阅读与观看"),
        frozenset({"media", "video", "audio", "file", "link", "book", "article", "document"}),
    ),
    "event": (
        gettext_lazy("活动与实践"),
        frozenset({"meeting", "event", "simulation", "project", "webinar", "activity"}),
    ),
    "other": (gettext_lazy("其他"), frozenset()),
}


@dataclass(frozen=True)
class Entry:
    """One statement as people read it. `id` is the statement's, `tenant` the organisation in whose store it is."""

    id: str
    tenant: int
    at: datetime
    verb: str
    thing: str
    kind: str
    part_of: str
    outcome: tuple[str, ...]
    software: str
    hidden: bool = False

    @property
    def month(self) -> date:
        return self.at.date().replace(day=1)

    @property
    def kind_title(self) -> Sentence:
        return KINDS[self.kind][0]

    @property
    def sentence(self) -> str:
        """As one line: for titles, and where there is no room for more."""
        said = _("%(verb)s《%(thing)s》") % {"verb": self.verb, "thing": self.thing}
        return _("，").join([said, *self.outcome])


def told(statement: JsonObject, definitions: dict[str, JsonObject], *, tenant: int, hidden: bool) -> Entry:
    """`definitions` are what the store knows of activities, by address: for statements that name theirs shortly."""
    thing = statement["object"]
    verb, definition = statement["verb"], _definition(thing, definitions)
    parents = ((statement.get("context") or {}).get("contextActivities") or {}).get("parent") or ()
    return Entry(
        id=statement["id"],
        tenant=tenant,
        at=_local(parsed(statement["timestamp"])),
        verb=_verb(verb),
        thing=_thing(thing, definitions),
        kind=_kind(definition.get("type", "")),
        part_of=_thing(parents[0], definitions) if parents else "",
        outcome=tuple(_outcome(statement.get("result") or {}, last(verb["id"]))),
        software=_software(statement["authority"]),
        hidden=hidden,
    )


def _local(at: datetime) -> datetime:
    """The last evening of the calendar has no later hour elsewhere."""
    try:
        return localtime(at)
    except OverflowError:
        return at


def last(iri: str) -> str:
    """The part of an address that people can read."""
    parts = [part for part in re.split(r"[/#?=]", iri.split("://")[-1]) if part]
    return unquote(parts[-1])[:LONGEST] if parts else iri[:LONGEST]


SIMPLIFIED = ("zh-hans", "zh-cn", "zh")


def in_language(texts: dict[str, str]) -> str:
    """In the reader's language, else in the nearest there is: Chinese as it is written here, other Chinese, English,
    whatever comes first. Empty texts are none.
    """
    spoken = {tag.lower(): text.strip() for tag, text in texts.items() if text.strip()}
    asked = (get_language() or "zh-hans").lower()
    for wanted in (
        (asked, *SIMPLIFIED, "en") if asked.startswith("zh") else (asked.split("-")[0], *SIMPLIFIED)
    ):
        near = [tag for tag in spoken if tag == wanted or tag.startswith(f"{wanted}-")]
        if near:
            return spoken[near[0]][:LONGEST]
    return next(iter(spoken.values()), "")[:LONGEST]


def _definition(thing: JsonObject, definitions: dict[str, JsonObject]) -> JsonObject:
    known = definitions.get(thing.get("id", ""), {}).get("definition") or {}
    return known | (thing.get("definition") or {})


def _verb(verb: JsonObject) -> str:
    word = last(verb["id"])
    return str(VERBS.get(word.lower()) or in_language(verb.get("display") or {}) or word)


def _thing(thing: JsonObject, definitions: dict[str, JsonObject]) -> str:
    match thing.get("objectType", "Activity"):
        case "Activity":
            named = in_language(_definition(thing, definitions).get("name") or {})
            return (named or last(thing["id"])).translate(INNER)
        case "StatementRef":
            return _("另一条学习记录")
        case "SubStatement":
            return f"{_verb(thing['verb'])} {_thing(thing['object'], definitions)}"
    return name_of(thing)


def name_of(agent: JsonObject) -> str:
    """Of an agent or group, by name or else by what identifies them."""
    known = next((agent[name] for name in IDENTIFIERS if name in agent), "")
    return str(agent.get("name") or (known["name"] if isinstance(known, dict) else last(known)))[:LONGEST]


def _kind(address: str) -> str:
    word = last(address).lower() if address else ""
    return next((kind for kind, (_title, words) in KINDS.items() if word in words), "other")


def _software(authority: JsonObject) -> str:
    """Of a pair, the application that acted for a person."""
    return name_of(authority["member"][-1] if authority.get("member") else authority)


def _outcome(result: JsonObject, verb: str) -> list[str]:
    found = [_score(result.get("score") or {})]
    if "success" in result and verb not in ("passed", "failed", "mastered"):
        found.append(_("通过") if result["success"] else _("未通过"))
    if result.get("completion") and verb not in ("completed", "passed", "failed", "mastered", "terminated"):
        found.append(_("已完成"))
    if result.get("duration"):
        found.append(duration(result["duration"]))
    if result.get("response"):
        found.append(_("作答：%(text)s") % {"text": result["response"][:LONGEST]})
    return [each for each in found if each]


def _score(score: JsonObject) -> str:
    if "raw" in score and "max" in score:
        return _("得分 %(raw)s（满分 %(max)s）") % {"raw": _plain(score["raw"]), "max": _plain(score["max"])}
    if "raw" in score:
        return _("得分 %(raw)s") % {"raw": _plain(score["raw"])}
    if "scaled" in score:
        return _("得分率 %(share)s%%") % {"share": _plain(score["scaled"] * 100)}
    return ""


def _plain(number: Any) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".") if abs(number) < 1e9 else f"{number:.3g}"


LONGEST_TIME = 3e9  # seconds, a century: what is longer is no time that somebody learned


def duration(text: str) -> str:
    """An ISO 8601 duration (4.4.3.2) in hours and minutes; what is shorter than a minute in seconds."""
    exact = seconds_of(text)
    seconds = round(exact) if exact < LONGEST_TIME else 0
    hours, minutes = divmod(round(seconds / 60), 60)
    if not seconds:
        return ""
    if seconds < 60:
        return ngettext("用时 %(n)d 秒", "用时 %(n)d 秒", seconds) % {"n": seconds}
    if not hours:
        return ngettext("用时 %(n)d 分钟", "用时 %(n)d 分钟", minutes) % {"n": minutes}
    return _("用时 %(hours)d 小时 %(minutes)d 分钟") % {"hours": hours, "minutes": minutes}
