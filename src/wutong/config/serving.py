"""Serving: pages by Granian in processes of their own, background work beside them."""

import http.client
import multiprocessing
import os
import resource
import signal
import threading
import time
from tempfile import TemporaryDirectory
from typing import Any

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

from wutong.config.parent import PARENT
from wutong.config.uploads import THREADS
from wutong.kernel.jobs.worker import Worker

# prometheus_client takes its folder from this.
METRICS = "PROMETHEUS_MULTIPROC_DIR"
# Connections that a web process keeps open at one time; one that says nothing is closed after a while.
CONNECTIONS, SILENCE_MS = 12_000, 10_000


def serve_forever(option: dict[str, Any]) -> int:
    """Returns after SIGTERM or SIGINT, when what was acknowledged is finished."""
    with TemporaryDirectory(prefix="wutong-metrics-") as counted:
        os.environ[METRICS] = counted  # where the web processes count together
        return _serve(option)


def open_files() -> None:
    """As many as the system lets this process have: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(2 * CONNECTIONS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _serve(option: dict[str, Any]) -> int:
    open_files()
    # The worker's threads and open databases must not be copied into the web processes.
    multiprocessing.set_start_method("spawn", force=True)
    os.environ[PARENT] = str(os.getpid())
    server = Server(
        "wutong.config.wsgi:application",
        address=option["host"],
        port=option["port"],
        interface=Interfaces.WSGI,
        workers=option["workers"],
        blocking_threads=THREADS,
        backlog=4096,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=SILENCE_MS),
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
    """Returns after SIGTERM or SIGINT, when what is under way is finished."""
    ends = {signal.SIGTERM, signal.SIGINT}
    # Held back in every thread, so that none is told what only this one waits for.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    worker = Worker()
    worker.start()
    signal.sigwait(ends)
    worker.stop()
    return 0
