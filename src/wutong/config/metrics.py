"""What the house measures of itself, for Prometheus: `/metrics`."""

import hmac
import logging
import os
import time
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from wutong.config.api.caller import address_of
from wutong.config.serving import METRICS
from wutong.kernel.errors import NotFound
from wutong.kernel.event.models import OutboxEvent
from wutong.kernel.jobs.models import JobRun
from wutong.kernel.jobs.queue import silent_since
from wutong.kernel.ui.middleware import Respond

log = logging.getLogger("wutong.requests")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
REQUESTS = Counter("wutong_requests", "Requests answered.", ("method", "route", "status"))
LATENCY = Histogram(
    "wutong_request_seconds", "Seconds until a request was answered.", ("route",), buckets=SECONDS
)
DATABASE_ERRORS = Counter("wutong_database_errors", "Requests that the database failed.", ("error",))
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class MeasureMiddleware:
    """Counts by the template of the address, never by the address itself: that may say who somebody is."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.respond(request)
        seconds = time.perf_counter() - began
        method = request.method if request.method in METHODS else "other"
        route = route_of(request)
        REQUESTS.labels(method, route, response.status_code).inc()
        LATENCY.labels(route).observe(seconds)
        if error := getattr(response, "database_error", ""):
            DATABASE_ERRORS.labels(error).inc()
        facts = {
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": round(1000 * seconds, 1),
        }
        log.info("answered", extra=facts)
        return response


def route_of(request: HttpRequest) -> str:
    if request.resolver_match is not None:
        return str(request.resolver_match.route) or "/"
    return "static" if request.path.startswith(settings.STATIC_URL) else "unknown"


class House:
    """What all processes share is asked of the database at the moment of looking."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("wutong_database_up", "Whether the database answers.")
        try:
            found = list(self._found(timezone.now()))
        except Error:
            found = []
        up.add_metric([], bool(found))
        yield from (up, *found)

    def _found(self, at: datetime) -> Iterator[GaugeMetricFamily]:
        yield by_state(JobRun.objects.values_list("state").annotate(number=Count("pk")))
        waiting = OutboxEvent.objects.filter(delivered__isnull=True).aggregate(
            number=Count("pk"), oldest=Min("created")
        )
        yield gauge("wutong_outbox_waiting", "Announcements not yet delivered.", waiting["number"])
        lag = seconds_since(waiting["oldest"], at)
        yield gauge("wutong_outbox_lag_seconds", "Age of the oldest announcement not yet delivered.", lag)
        failed = OutboxEvent.objects.filter(delivered__isnull=False).exclude(problem="").count()
        yield gauge("wutong_outbox_failed", "Announcements given up after many attempts.", failed)
        silent = seconds_since(silent_since(at), at)
        yield gauge(
            "wutong_worker_silent_seconds", "For how long due work was not taken; 0 with a worker.", silent
        )


def by_state(counted: Any) -> GaugeMetricFamily:
    made = GaugeMetricFamily("wutong_jobs", "Background work by state.", labels=["state"])
    numbers = dict(counted)
    for state in JobRun.State.values:
        made.add_metric([state], numbers.get(state, 0))
    return made


def gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def seconds_since(moment: datetime | None, at: datetime) -> float:
    return max((at - moment).total_seconds(), 0) if moment else 0


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """All web processes of this server together, whichever of them answers. For whom the options name."""
    if not may_read(request):
        raise NotFound
    registry = CollectorRegistry()
    registry.register(House())
    text = generate_latest(registry)
    if METRICS in os.environ:
        shared = CollectorRegistry()
        MultiProcessCollector(shared)
        return HttpResponse(text + generate_latest(shared), content_type=CONTENT_TYPE_LATEST)
    return HttpResponse(text + generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    token, shown = settings.OPTION["metrics_token"], request.headers.get("Authorization", "")
    if token and hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
        return True
    if request.headers.get("X-Forwarded-For") and not settings.OPTION["proxies"]:
        return False  # through a proxy that WUTONG_PROXIES does not know: everybody would seem to be this machine
    try:
        address = ip_address(address_of(request))
    except ValueError:
        return False
    return any(address in network for network in settings.OPTION["metrics"])
