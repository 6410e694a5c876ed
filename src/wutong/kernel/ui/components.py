"""The kit: every component with its props and slots, declared in one place.

`{% ui "name" prop=value %}` draws a leaf, `{% uiblock "name" prop=value %}…{% enduiblock %}` one with content.
Names are checked when a template compiles; see `templatetags/ui.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.forms import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from wutong.kernel.ui import charts
from wutong.kernel.ui.icons import ICONS

REQUIRED: Any = object()
TONES = ("ok", "info", "warn", "late", "off")


Prepare = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Component:
    """`props`: name to default, or REQUIRED. `choices`: the only values a prop may take. `prepare`: what the template
    needs beyond its props. `pure`: drawn from text and numbers alone, so equal props are drawn once."""

    name: str
    props: Mapping[str, Any] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    block: bool = False
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prepare: Prepare | None = None
    pure: bool = False

    @property
    def template(self) -> str:
        return f"ui/components/{self.name}.html"

    def problem(self, given: Sequence[str], slots: Sequence[str] = ()) -> str | None:
        """The first thing wrong with a use of this component, as a sentence."""
        for name in given:
            if name not in self.props:
                return f"{self.name!r} has no prop {name!r}; it has {', '.join(self.props) or 'none'}."
        for name, default in self.props.items():
            if default is REQUIRED and name not in given:
                return f"{self.name!r} needs the prop {name!r}."
        for name in slots:
            if name not in self.slots:
                return f"{self.name!r} has no slot {name!r}; it has {', '.join(self.slots) or 'none'}."
        return None

    def refuses(self, prop: str, value: object) -> str | None:
        allowed = self.choices.get(prop)
        if allowed is None or value in allowed:
            return None
        return f"{self.name!r} takes {prop} = {', '.join(allowed)}, not {value!r}."

    def context(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """None or an empty string for a prop with fixed choices means its default."""
        values = {**self.props, **given}
        for prop in self.choices:
            values[prop] = values[prop] or self.props[prop]
            if message := self.refuses(prop, values[prop]):
                raise ValueError(message)
        return values | (self.prepare(values) if self.prepare else {})


# The sixteen districts as a tile map: five columns, north above, neighbours near each other where a grid allows.
DISTRICTS = (
    ("", "", _("崇明"), _("宝山"), ""),
    (_("嘉定"), _("普陀"), _("静安"), _("虹口"), _("杨浦")),
    (_("青浦"), _("长宁"), _("徐汇"), _("黄浦"), _("浦东")),
    (_("松江"), _("闵行"), _("奉贤"), "", ""),
    ("", _("金山"), "", "", ""),
)


def _short(name: str) -> str:
    return name.removesuffix("教育局").removesuffix("新区").removesuffix("区")


def _tiles(props: dict[str, Any]) -> dict[str, Any]:
    """Districts, named in Chinese, take their place on the map; whatever is none of them follows below."""
    given = {
        _short(item["name"]): {**item, "short": gettext(_short(item["name"]))} for item in props["items"]
    }
    blank = {
        name: {"short": gettext(name) if name else "", "missing": bool(name)}
        for row in DISTRICTS
        for name in row
    }
    cells = [given.pop(name, blank[name]) for row in DISTRICTS for name in row]
    return {"cells": cells + list(given.values())}


def _chart(props: dict[str, Any]) -> dict[str, Any]:
    rows = list(zip(props["labels"], props["values"], strict=True))
    return {
        "chart": charts.chart(props["labels"], props["values"], from_zero=props["kind"] == "bar"),
        "rows": rows,
    }


def _meter(props: dict[str, Any]) -> dict[str, Any]:
    share = charts.share(props["value"], props["max"])
    return {"share": share, "low": float(share) < props["low"]}


def _progress(props: dict[str, Any]) -> dict[str, Any]:
    return {"share": charts.share(props["done"], props["total"])}


def _avatar(props: dict[str, Any]) -> dict[str, Any]:
    """The last two characters of a Chinese name, the first of any other; the hue follows the name."""
    name = str(props["name"]).strip() or "?"
    short = name[:1].upper() if name.isascii() else name[-2:]
    return {"short": short, "hue": sum(map(ord, name)) % 5 + 1}


WIDGETS = {"checkbox": "form-check-input", "select": "form-select", "radio": "", "file": "form-control"}


def _field(props: dict[str, Any]) -> dict[str, Any]:
    bound: BoundField = props["field"]
    kind = getattr(bound.field.widget, "input_type", "text")
    several = bool(bound.use_fieldset)
    errors = bound.errors if props["errors"] is None else props["errors"]
    help_text = props["help"] or bound.help_text
    key = bound.auto_id or bound.html_name
    ids = [f"{key}_{part}" for part, there in (("help", help_text), ("error", errors)) if there]
    attrs = {"class": "" if several else WIDGETS.get(kind, "form-control")}
    if errors and not several:
        attrs["class"] += " is-invalid"
    if ids and not several:
        attrs["aria-describedby"] = " ".join(ids)
    return {
        "widget": bound.as_widget(attrs={name: value for name, value in attrs.items() if value}),
        "kind": kind, "several": several, "error_list": errors, "help_text": help_text,
        "key": key, "label_text": props["label"] or bound.label, "described": " ".join(ids),
        "required": bound.field.required,
    }  # fmt: skip


def _summary(props: dict[str, Any]) -> dict[str, Any]:
    form = props["form"]
    rows = [(bound.auto_id or bound.html_name, bound.label, bound.errors) for bound in form if bound.errors]
    return {"rows": rows, "general": form.non_field_errors()}


def _spark(props: dict[str, Any]) -> dict[str, Any]:
    return {"spark": charts.sparkline(list(props["trend"] or ()))}


TONE = {"tone": TONES}
BUTTON = {"tone": ("main", "plain", "stop", "quiet")}

_DECLARED = (
    Component("icon", {"name": REQUIRED, "label": ""}, choices={"name": tuple(ICONS)},
              prepare=lambda props: {"path": ICONS[props["name"]]}, pure=True),
    Component("status", {"text": REQUIRED, "tone": "ok"}, choices=TONE, pure=True),
    Component("stat", {"label": REQUIRED, "value": REQUIRED, "unit": "", "note": "", "tone": "ok", "trend": (),
                       "href": ""}, choices=TONE, prepare=_spark),
    Component("meter", {"value": REQUIRED, "max": 100, "label": "", "low": 0}, prepare=_meter, pure=True),
    Component("progress", {"done": REQUIRED, "total": REQUIRED, "label": ""}, prepare=_progress),
    Component("chart", {"kind": "line", "title": REQUIRED, "labels": REQUIRED, "values": REQUIRED, "unit": ""},
              choices={"kind": ("line", "bar")}, prepare=_chart),
    Component("tiles", {"items": REQUIRED, "label": ""}, prepare=_tiles),
    Component("timeline", {"entries": REQUIRED}),
    Component("steps", {"items": REQUIRED}),
    Component("empty", {"title": REQUIRED, "text": "", "href": "", "action": ""}),
    Component("pager", {"page": REQUIRED}),
    Component("field", {"field": REQUIRED, "label": "", "help": "", "errors": None}, prepare=_field),
    Component("error_summary", {"form": REQUIRED}, prepare=_summary),
    Component("diff", {"rows": REQUIRED}),
    Component("todo", {"items": REQUIRED}),
    Component("facts", {"items": REQUIRED}),
    Component("button", {"text": REQUIRED, "href": "", "tone": "plain", "icon": "", "opens": "", "name": "",
                         "value": "", "id": ""}, choices=BUTTON),
    Component("avatar", {"name": REQUIRED}, prepare=_avatar, pure=True),
    Component("copy", {"text": REQUIRED, "label": ""}),
    Component("listing", {"text": REQUIRED, "label": REQUIRED}),
    Component("sheet", {"title": "", "note": "", "more_href": "", "more_text": "", "flush": False},
              ("tools", "foot"), block=True),
    Component("figures", {"label": REQUIRED}, block=True),
    Component("note", {"title": "", "tone": "info"}, choices=TONE, block=True),
    Component("form", {"action": "", "form": None, "submit": "", "method": "post", "cancel": ""}, ("actions",),
              choices={"method": ("post", "get")}, block=True),
    Component("filters", {"action": "", "submit": "", "summary": ""}, block=True),
    Component("dialog", {"id": REQUIRED, "title": REQUIRED}, ("actions",), block=True),
    Component("tabs", {"items": REQUIRED, "label": ""}, block=True),
    Component("toolbar", {"label": ""}, ("end",), block=True),
    Component("table", {"caption": REQUIRED, "cards": True, "quiet": False}, block=True),
)  # fmt: skip

COMPONENTS: Mapping[str, Component] = {component.name: component for component in _DECLARED}
