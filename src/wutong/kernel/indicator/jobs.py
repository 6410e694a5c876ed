"""The door to the runner: its engines are loaded when the work begins, so that pages never carry them."""

from importlib import import_module
from typing import Any


def refresh(progress: Any = None, **payload: Any) -> str:
    """Job `indicator.refresh`: all that is due, or the one named by `name`."""
    return import_module("wutong.kernel.indicator.runner").refresh(progress, **payload)
