"""The verifier as bytes, for a public address; from the package itself, so that it is the one that was tested."""

from importlib.resources import files
from typing import Final

# By name: the media type to hand it out with.
VERIFIER_FILES: Final = {
    "verify.py": "text/x-python; charset=utf-8",
    "verify.html": "text/html; charset=utf-8",
    "verify.js": "text/javascript; charset=utf-8",
    "verify.css": "text/css; charset=utf-8",
}


def verifier_file(name: str) -> bytes:
    """The browser needs verify.js and verify.css beside the page. Raises KeyError for any other name."""
    if name not in VERIFIER_FILES:
        raise KeyError(name)
    folder = files(__package__)
    return (folder / name if name == "verify.py" else folder / "static" / name).read_bytes()
