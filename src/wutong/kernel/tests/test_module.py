"""What a module says of itself is checked at the door, and every register is born with its tests."""

from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec

import pytest
from django.core.exceptions import ImproperlyConfigured

from wutong.kernel.event import Event
from wutong.kernel.module import REGISTRY, Job, Module, Registry, check
from wutong.kernel.policy import nobody
from wutong.kernel.testing.conformance import RegisterConformance

ONE = Module("one", "甲", "house.one")
TWO = Module("two", "乙", "house.two", requires=("one",))


@dataclass(frozen=True)
class BellRung(Event):
    times: int


def refused(*modules: Module) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        check(modules, [module.package for module in modules])
    return str(caught.value)


def test_modules_that_agree_are_let_in():
    assert check((ONE, TWO), ["house.one", "house.two"]) is None


def test_the_fault_is_told_with_the_module_at_fault():
    job = Job("sweep", print)
    assert refused(TWO) == "two requires ['one'], which are not listed."
    assert refused(replace(ONE, name="One-1")) == "house.one: the name 'One-1' must be lower-case letters."
    assert (
        refused(ONE, replace(TWO, name="one", requires=()))
        == "modules: 'one' is claimed by house.one and by house.two."
    )
    assert (
        refused(replace(ONE, jobs=(job,)), replace(TWO, jobs=(job,)))
        == "jobs: 'sweep' is claimed by one and by two."
    )
    assert "events: 'tests.bell_rung.v1'" in refused(
        replace(ONE, emits=(BellRung,)), replace(TWO, emits=(BellRung,))
    )


def test_a_module_in_the_wrong_package_is_refused():
    with pytest.raises(ImproperlyConfigured, match="package says 'house.one'"):
        check((ONE,), ["house.elsewhere"])


def test_what_is_no_module_is_refused():
    with pytest.raises(ImproperlyConfigured, match="must be a wutong.kernel.module.Module"):
        check(("one",), ["house.one"])


def test_the_registry_is_read_after_it_is_filled():
    with pytest.raises(ImproperlyConfigured, match="not loaded yet"):
        list(Registry())


def test_unknown_names_are_key_errors():
    for ask in (REGISTRY.register, REGISTRY.process, REGISTRY.indicator):
        with pytest.raises(KeyError):
            ask("nothing_of_that_name")


def conforming(package: str) -> set[str]:
    """Registers that the module's own tests/test_conformance.py takes through the inherited cases."""
    name = f"{package}.tests.test_conformance"
    if find_spec(f"{package}.tests") is None or find_spec(name) is None:
        return set()
    found = vars(import_module(name)).values()
    classes = [each for each in found if isinstance(each, type) and issubclass(each, RegisterConformance)]
    return {each.register_name for each in classes if hasattr(each, "register_name")}


def test_every_register_is_taken_through_the_inherited_cases():
    """But those that nobody writes: they show rows which another door made."""
    missing = [
        f"{module.package}: {register.name}"
        for module in REGISTRY
        for register in module.registers
        if register.edit is not nobody and register.name not in conforming(module.package)
    ]
    assert missing == []
