"""The plan of the house, proved: arrows run down only, in imports and in tables."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Model

from wutong.kernel.module import REGISTRY, Module

ROOT = Path(__file__).resolve().parent.parent
HEIGHT = {"kernel": 0, "network": 1, "centres": 2, "platforms": 3, "config": 4}


def package(model: type[Model]) -> str:
    return apps.get_app_config(model._meta.app_label).name


def height(name: str) -> int:
    """Django and other libraries are the soil under the kernel."""
    return HEIGHT[name.split(".")[1]] if name.startswith("wutong.") else -1


def links() -> list[tuple[type[Model], type[Model], str]]:
    models = [model for model in apps.get_models() if package(model).startswith("wutong.")]
    fields = [(model, field) for model in models for field in model._meta.get_fields()]
    forward = [(model, field) for model, field in fields if field.is_relation and not field.auto_created]
    return [(model, field.related_model, field.name) for model, field in forward if field.related_model]


def test_tables_point_down_only():
    """Inside a package, or to a lower layer; sideways a module keeps the other's key and asks its api."""
    wrong = [
        f"{model._meta.label}.{name} -> {target._meta.label}"
        for model, target, name in links()
        if package(model) != package(target)
        and height(package(target)) >= height(package(model))
        and not package(model).startswith("wutong.kernel")
    ]
    assert wrong == []


def test_kernel_tables_know_no_business():
    """The account is Django's own notion, which a house may replace; it is named by AUTH_USER_MODEL alone."""
    wrong = [
        f"{model._meta.label}.{name} -> {target._meta.label}"
        for model, target, name in links()
        if package(model).startswith("wutong.kernel")
        and height(package(target)) > 0
        and target._meta.label != settings.AUTH_USER_MODEL
    ]
    assert wrong == []


def test_import_contracts_are_kept():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


ENGINES = {"PIL", "duckdb", "ibis", "openpyxl", "polars", "pypinyin", "reportlab"}


def test_a_process_that_answers_pages_carries_no_engine():
    """They cost a hundred megabytes and seconds at each start, and most pages need none of them."""
    program = (
        f"import sys, wutong.config.wsgi, wutong.config.urls; print(sorted({ENGINES} & set(sys.modules)))"
    )
    given = os.environ | {"DJANGO_SETTINGS_MODULE": "wutong.config.settings"}
    loaded = subprocess.run(
        [sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "[]\n"


@pytest.mark.parametrize("name", settings.WUTONG_MODULES)
def test_each_listed_module_is_whole(name: str):
    module = import_module(f"{name}.module").MODULE
    assert isinstance(module, Module)
    assert module.package == name
    assert import_module(name).__doc__, (
        f"{name}/__init__.py says what it is, for whom and which rule it follows"
    )


def test_the_registry_holds_the_listed_modules_in_order():
    assert [module.package for module in REGISTRY] == ["wutong.kernel", *settings.WUTONG_MODULES]


def test_every_module_on_disk_is_listed():
    """A module that nobody lists would not be migrated, shown or tested."""
    there = [
        path.parent for path in (ROOT / "src/wutong").glob("*/**/module.py") if "kernel" not in path.parts
    ]
    names = {".".join(path.relative_to(ROOT / "src").parts) for path in there if "tests" not in path.parts}
    assert names == set(settings.WUTONG_MODULES)
