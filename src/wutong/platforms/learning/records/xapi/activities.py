"""Activities, their definitions and the questions (interactions) that a definition may describe."""

from __future__ import annotations

from typing import Any

from wutong.platforms.learning.records.xapi import atoms
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.shape import Shape, array, constant

JsonObject = dict[str, Any]

# Which lists of components belong to which kind of question.
COMPONENTS = {
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}
LISTS = ("choices", "scale", "source", "target", "steps")
_component = Shape({"id": atoms.text, "description": atoms.language_map}, ("id",))
_component_list = array(_component)


def _components(value: Any) -> None:
    _component_list(value)
    if len({item["id"] for item in value}) != len(value):
        raise Refused("two components have the same id")


def _question(definition: JsonObject) -> None:
    used = [name for name in LISTS if name in definition]
    kind = definition.get("interactionType")
    if kind is None:
        if used or "correctResponsesPattern" in definition:
            raise Refused("is missing").inside("interactionType")
        return
    for name in used:
        if name not in COMPONENTS[kind]:
            raise Refused(f"does not belong to the interaction type {kind}").inside(name)


definition = Shape(
    {
        "name": atoms.language_map,
        "description": atoms.language_map,
        "type": atoms.iri,
        "moreInfo": atoms.iri,
        "extensions": atoms.extensions,
        "interactionType": constant(*COMPONENTS),
        "correctResponsesPattern": array(atoms.text),
        **dict.fromkeys(LISTS, _components),
    },
    (),
    _question,
)
activity = Shape({"objectType": constant("Activity"), "id": atoms.iri, "definition": definition}, ("id",))
_several = array(activity)


def any_activities(value: Any) -> None:
    """One, or several in a list."""
    (_several if type(value) is list else activity)(value)


def folded(definitions: list[JsonObject]) -> JsonObject:
    """What several say of one activity, the last word first: texts of all languages, properties of all."""
    whole: JsonObject = {}
    for each in definitions:
        for name, value in each.items():
            merged = name in ("name", "description", "extensions") and name in whole
            whole[name] = whole[name] | value if merged else value
    return whole
