from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from django.http import HttpRequest

# Each preference: its cookie is "wt_" + name, the first value is the default.
PREFERENCES: Mapping[str, tuple[str, ...]] = {
    "size": ("normal", "large"),
    "contrast": ("normal", "high"),
    "theme": ("auto", "light", "dark"),
}


def _version() -> str:
    try:
        return version("wutong")
    except PackageNotFoundError:
        return ""


VERSION = _version()


def prefs(request: HttpRequest) -> dict[str, object]:
    """Display preferences from cookies; a value that is none of ours counts as the default."""
    chosen = {name: request.COOKIES.get(f"wt_{name}", "") for name in PREFERENCES}
    valid = {
        name: chosen[name] if chosen[name] in values else values[0] for name, values in PREFERENCES.items()
    }
    return {"prefs": valid, "product_version": VERSION}
