"""The door to what is done in columns: its engine is loaded when the work begins, so that pages never carry it."""

from importlib import import_module
from typing import Any


def sure_person() -> Any:
    return import_module("wutong.centres.data.master.bulk").sure_person()


def take_persons(*given: Any, **options: Any) -> Any:
    return import_module("wutong.centres.data.master.bulk").take_persons(*given, **options)


def take_memberships(*given: Any, **options: Any) -> Any:
    return import_module("wutong.centres.data.master.ties").take_memberships(*given, **options)


def take_guardianships(*given: Any, **options: Any) -> Any:
    return import_module("wutong.centres.data.master.ties").take_guardianships(*given, **options)


def grow(**options: Any) -> None:
    import_module("wutong.centres.data.master.city.load").build(**options)
