"""Serving: pages by Granian in processes of their own, background work beside them."""

import http.client
import multiprocessing
import os
import signal
import threading
import time
from typing import Any

from granian.constants import Interfaces
from granian.server import Server

from wutong.config.parent import PARENT
from wutong.kernel.jobs.worker import Worker


def serve_forever(option: dict[str, Any]) -> int:
    """Returns after SIGTERM or SIGINT, when what was acknowledged is finished."""
    # The worker's threads and open databases must not be copied into the web processes.
    multiprocessing.set_start_method("spawn", force=True)
    os.environ[PARENT] = str(os.getpid())
    server = Server(
        "wutong.config.wsgi:application",
        address=option["host"],
        port=option["port"],
        interface=Interfaces.WSGI,
        workers=option["workers"],
        blocking_threads=2,
        backlog=1024,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        log_enabled=False,
    )
    worker = Worker() if option["worker"] else None
    server.on_startup(lambda: started(option, worker))
    try:
        server.serve()
    finally:
        if worker:
            worker.stop()
    return 0


def started(option: dict[str, Any], worker: Worker | None) -> None:
    if worker:
        worker.start()
    threading.Thread(target=announce, args=(option,), daemon=True).start()


def announce(option: dict[str, Any]) -> None:
    """One line when pages are answered, for people and for programs that wait for it."""
    for _attempt in range(600):
        try:
            connection = http.client.HTTPConnection(option["host"], option["port"], timeout=5)
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            if connection.getresponse().status == 200:
                print(f"梧桐 Wutong: http://{option['host']}:{option['port']}", flush=True)
                return
        except OSError:
            pass
        time.sleep(0.05)


def work_forever() -> int:
    worker, over = Worker(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    worker.start()
    over.wait()
    worker.stop()
    return 0
