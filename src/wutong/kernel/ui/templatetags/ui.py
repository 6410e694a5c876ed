"""`{% ui %}`, `{% uiblock %}` and `{% slot %}`: misuse fails when the template compiles, values are escaped.

`{% kept %}` draws a part of the frame that is the same on page after page once, and keeps the text.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.template.engine import Engine
from django.template.exceptions import TemplateSyntaxError
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from wutong.kernel.ui.components import COMPONENTS, Component

register = template.Library()
Props = Mapping[str, FilterExpression]


def _literal(expression: FilterExpression) -> object:
    return expression.var if isinstance(expression.var, str) and not expression.filters else None


def _word(tag: str, bits: Sequence[str]) -> str:
    """The quoted first argument of a tag."""
    if len(bits) < 2 or bits[1][0] not in "\"'" or bits[1][0] != bits[1][-1]:
        raise TemplateSyntaxError(f"{{% {tag} %}} begins with a quoted name.")
    return bits[1][1:-1]


def _parsed(parser: Parser, token: Token, *, block: bool) -> tuple[Component, Props]:
    tag, *rest = bits = token.split_contents()
    name = _word(tag, bits)
    component = COMPONENTS.get(name)
    if component is None:
        raise TemplateSyntaxError(f"There is no component {name!r}; there are {', '.join(COMPONENTS)}.")
    if component.block != block:
        raise TemplateSyntaxError(f"{name!r} is written {{% {'uiblock' if component.block else 'ui'} %}}.")
    remaining = rest[1:]
    props = token_kwargs(remaining, parser)
    if remaining:
        raise TemplateSyntaxError(f"{name!r} takes prop=value only, not {remaining[0]!r}.")
    return component, props


def _checked(component: Component, props: Props, slots: Sequence[str] = ()) -> None:
    if message := component.problem(list(props), slots):
        raise TemplateSyntaxError(message)
    for prop, expression in props.items():
        literal = _literal(expression)
        if literal and (message := component.refuses(prop, literal)):
            raise TemplateSyntaxError(message)


def _draw(component: Component, props: Props, context: Context, extra: Mapping[str, Any]) -> SafeString:
    """The component sees its props only, and the token its forms need; never the page's context."""
    values = component.context({name: expression.resolve(context) for name, expression in props.items()})
    inner = context.new({**values, **extra, "csrf_token": context.get("csrf_token")})
    return context.template.engine.get_template(component.template).render(inner)


Key = tuple[tuple[str, str, Any], ...]


def _key(props: Props, context: Context) -> Key:
    """The props as text and numbers, each with its type: 1 is not True, and marked safe is not the same as plain."""
    values = ((name, expression.resolve(context)) for name, expression in props.items())
    return tuple((name, type(value).__name__, _plain(value)) for name, value in values)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


@lru_cache(maxsize=4096)
def _drawn(name: str, key: Key, engine: Engine, language: str | None) -> SafeString:
    """An icon or a label stands on a page many times: drawn once, kept as text."""
    component = COMPONENTS[name]
    values = component.context({prop: value for prop, _type, value in key})
    return engine.get_template(component.template).render(Context(values))


class LeafNode(Node):
    def __init__(self, component: Component, props: Props) -> None:
        self.component, self.props = component, props

    def render(self, context: Context) -> SafeString:
        if self.component.pure:
            key = _key(self.props, context)
            return _drawn(self.component.name, key, context.template.engine, get_language())
        return _draw(self.component, self.props, context, {})


class SlotNode(Node):
    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def render(self, context: Context) -> SafeString:
        return self.nodelist.render(context)


class BlockNode(Node):
    child_nodelists = ("content", "slots")

    def __init__(self, component: Component, props: Props, content: NodeList, slots: NodeList) -> None:
        self.component, self.props, self.content, self.slots = component, props, content, slots

    def render(self, context: Context) -> SafeString:
        slots = {slot.name: slot.render(context) for slot in self.slots}
        content = self.content.render(context)
        return _draw(
            self.component, self.props, context, {"content": SafeString(content.strip()), "slots": slots}
        )


# What differs from request to request stands in a kept part as a mark that no text of people can hold.
TOKEN, ADDRESS = "\0token\0", "\0address\0"


@dataclass(frozen=True)
class Part:
    """A template with what it shows; two of the same name, key and language look the same."""

    template: str
    key: Any
    language: str | None
    values: Mapping[str, Any] = field(compare=False)
    engine: Engine = field(compare=False)


class Known(list[Any]):
    """What a kept part shows, known by a key: of two with the same key and language one is drawn."""

    def __init__(self, items: Iterable[Any], key: Hashable) -> None:
        super().__init__(items)
        self.key = key


def _frozen(value: Any) -> Any:
    """A value as something to compare by: lists and mappings as tuples, each thing with its type."""
    if isinstance(value, Known):
        return value.key
    if isinstance(value, Mapping):
        return tuple((name, _frozen(each)) for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(_frozen, value))
    return type(value).__name__, _plain(value)


@lru_cache(maxsize=512)
def _kept(part: Part) -> str:
    context = Context({**part.values, "csrf_token": TOKEN, "address": ADDRESS})
    return part.engine.get_template(part.template).render(context)


class KeptNode(Node):
    def __init__(self, template: str, props: Props) -> None:
        self.template, self.props = template, props

    def render(self, context: Context) -> SafeString:
        values = {name: expression.resolve(context) for name, expression in self.props.items()}
        part = Part(self.template, _frozen(values), get_language(), values, context.template.engine)
        text = _kept(part)
        if TOKEN in text:
            text = text.replace(TOKEN, str(context.get("csrf_token", "")))
        if ADDRESS in text:
            request = context.get("request")
            text = text.replace(ADDRESS, escape(request.get_full_path()) if request else "/")
        return SafeString(text)


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """`{% kept "ui/parts/nav.html" nav=nav %}`: the part sees its props, `address` and the token of its forms."""
    bits = token.split_contents()
    template, remaining = _word("kept", bits), bits[2:]
    props = token_kwargs(remaining, parser)
    if remaining:
        raise TemplateSyntaxError(f"{{% kept %}} takes prop=value only, not {remaining[0]!r}.")
    return KeptNode(template, props)


@register.tag
def ui(parser: Parser, token: Token) -> LeafNode:
    component, props = _parsed(parser, token, block=False)
    _checked(component, props)
    return LeafNode(component, props)


@register.tag
def uiblock(parser: Parser, token: Token) -> BlockNode:
    component, props = _parsed(parser, token, block=True)
    nodes = parser.parse(("enduiblock",))
    parser.delete_first_token()
    slots = NodeList(node for node in nodes if isinstance(node, SlotNode))
    names = [slot.name for slot in slots]
    _checked(component, props, names)
    if len(set(names)) != len(names):
        raise TemplateSyntaxError(f"{component.name!r} is given a slot twice.")
    content = NodeList(node for node in nodes if not isinstance(node, SlotNode))
    return BlockNode(component, props, content, slots)


@register.tag
def slot(parser: Parser, token: Token) -> SlotNode:
    """Directly inside its block: a slot under an `{% if %}` would silently be drawn in place."""
    name = _word("slot", token.split_contents())
    if len(parser.command_stack) < 2 or parser.command_stack[-2][0] != "uiblock":
        raise TemplateSyntaxError("{% slot %} stands directly inside {% uiblock %}.")
    nodelist = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(name, nodelist)


@register.filter
def main_entries(nav: Sequence[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    """Four entries for the bottom bar of a phone: those marked `main`, else the first ones."""
    entries = [entry for group in nav or () for entry in group["entries"]]
    return ([entry for entry in entries if entry.get("main")] or entries)[:4]
