# Django has no types of its own, and complete stubs need its settings and more patience than they save.
# These few lines name what our signatures name; all else in Django is Any.
from typing import Any

def __getattr__(name: str) -> Any: ...
