"""Whether the process lives, and whether it can serve."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from wutong.kernel.jobs.queue import silent_since


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """503 with the reason while a database does not answer or is not migrated.

    `worker` says whether background work is being done: without it pages still serve, so it decides nothing here.
    """
    problems = [f"{alias}: {problem}" for alias in connections if (problem := _problem(alias))]
    body = {"status": "ready" if not problems else "not ready", "problems": problems}
    if not problems:
        silent = silent_since(timezone.now())
        body["worker"] = f"silent since {silent.isoformat(timespec='seconds')}" if silent else "ok"
    return JsonResponse(body, status=503 if problems else 200)


def _problem(alias: str) -> str:
    try:
        executor = MigrationExecutor(connections[alias])
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as error:
        return type(error).__name__
    return f"{len(waiting)} migrations wait" if waiting else ""
