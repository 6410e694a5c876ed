"""A web process ends when the one that started it is gone."""

import os
import threading
import time

PARENT = "WUTONG_PARENT"


def end_with_parent() -> None:
    """For a web process: without the one that started it nobody would do the work, and the port would stay taken."""
    parent = int(os.environ.get(PARENT, "0"))
    if parent:
        threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
