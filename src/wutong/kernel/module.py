"""All that a module adds to the house, in one frozen value, checked at the door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from wutong.kernel.errors import Sentence
from wutong.kernel.policy import Predicate, signed_in

if TYPE_CHECKING:
    from wutong.kernel.event import Event
    from wutong.kernel.indicator.declare import Indicator
    from wutong.kernel.process.spec import Process
    from wutong.kernel.register.spec import Register, Section
    from wutong.kernel.search.source import SearchSource


@dataclass(frozen=True)
class Entry:
    """A line of the navigation: `url` is a url name, `allow` decides who sees it."""

    title: Sentence
    url: str
    icon: str = "file"
    section: str = "registers"
    allow: Predicate = signed_in
    order: int = 100


@dataclass(frozen=True)
class Job:
    """Background work: run when asked for by name, or again and again every so often."""

    name: str
    run: Callable[..., Any]
    every: timedelta | None = None


@dataclass(frozen=True)
class Receiver:
    """`run(event, event_id)` is called at least once; its database effects happen exactly once."""

    event: type[Event]
    run: Callable[..., None]


@dataclass(frozen=True)
class HomePart:
    """A piece of the home page: `context(actor, at)` returns None where it has nothing to say."""

    name: str
    template: str
    context: Callable[..., Mapping[str, Any] | None]
    column: str = "main"
    order: int = 100


@dataclass(frozen=True)
class Module:
    """Everything that one module adds. Listed by one line in `config/modules.py`."""

    name: str
    title: Sentence
    package: str
    nav: tuple[Entry, ...] = ()
    registers: tuple[Register, ...] = ()
    sections: tuple[
        tuple[str, Section], ...
    ] = ()  # of other modules' detail pages: the register's name and the part
    processes: tuple[Process, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    emits: tuple[type[Event], ...] = ()
    receivers: tuple[Receiver, ...] = ()
    jobs: tuple[Job, ...] = ()
    home: tuple[HomePart, ...] = ()
    searches: tuple[SearchSource, ...] = ()
    urls: str = ""
    demo: Callable[..., None] | None = None
    grow: Callable[..., None] | None = None  # what the larger scales of the demo add to it
    prepare: Callable[[], None] | None = None
    requires: tuple[str, ...] = field(default=())


class Registry:
    """The modules of this house in their order; frozen once filled."""

    def __init__(self) -> None:
        self._modules: tuple[Module, ...] | None = None

    def fill(self, ground: Module, packages: list[str]) -> None:
        """`ground` is what the kernel itself contributes; it stands first."""
        modules = (ground, *(import_module(f"{package}.module").MODULE for package in packages))
        check(modules, [ground.package, *packages])
        self._modules = modules

    def __iter__(self) -> Iterator[Module]:
        if self._modules is None:
            raise ImproperlyConfigured("The modules are not loaded yet: read them after django.setup().")
        return iter(self._modules)

    def module(self, name: str) -> Module:
        return next(module for module in self if module.name == name)

    def register(self, name: str) -> Register:
        return self._one("registers", name)

    def process(self, name: str) -> Process:
        return self._one("processes", name)

    def indicator(self, name: str) -> Indicator:
        return self._one("indicators", name)

    def all(self, part: str) -> list[Any]:
        return [item for module in self for item in getattr(module, part)]

    def _one(self, part: str, name: str) -> Any:
        for item in self.all(part):
            if item.name == name:
                return item
        raise KeyError(name)


REGISTRY = Registry()


def check(modules: tuple[Module, ...], packages: list[str]) -> None:
    """Refuses what would only fail later, with the name of the module at fault."""
    for module, package in zip(modules, packages, strict=True):
        if not isinstance(module, Module):
            raise ImproperlyConfigured(f"{package}.module: MODULE must be a wutong.kernel.module.Module.")
        if module.package != package:
            raise ImproperlyConfigured(f"{package}.module: package says {module.package!r}.")
        if not re.fullmatch(r"[a-z][a-z_]*", module.name):
            raise ImproperlyConfigured(f"{package}: the name {module.name!r} must be lower-case letters.")
    for part in ("registers", "processes", "indicators", "jobs"):
        once(part, [(item.name, module.name) for module in modules for item in getattr(module, part)])
    once("modules", [(module.name, module.package) for module in modules])
    once("events", [(event.name(), module.name) for module in modules for event in module.emits])
    names = {module.name for module in modules}
    for module in modules:
        missing = set(module.requires) - names
        if missing:
            raise ImproperlyConfigured(f"{module.name} requires {sorted(missing)}, which are not listed.")


def once(part: str, claims: list[tuple[str, str]]) -> None:
    owners: dict[str, str] = {}
    for name, owner in claims:
        if name in owners:
            raise ImproperlyConfigured(f"{part}: {name!r} is claimed by {owners[name]} and by {owner}.")
        owners[name] = owner
