"""`/metrics` of the API, on a port of its own: whoever may read it need not be able to call anything."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.services import Services
from api.system.measuring import Measured, measure


def metrics_app(services: Services) -> Starlette:
    """The application.

    Args:
        services: Asked at each call for what waits.
    """

    async def metrics(_: Request) -> Response:
        measured = await measure(services.database, services.temporal)
        return Response(generate_latest() + exposition(measured), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/metrics", metrics)])


def exposition(measured: Measured) -> bytes:
    """What was measured in the whole installation; a server that is away leaves its metrics out."""
    registry = CollectorRegistry()
    up = Gauge("perdure_server_up", "Whether a server behind the API answers.", ["server"], registry=registry)
    up.labels("database").set(measured.waiting is not None)
    up.labels("temporal").set(measured.queues is not None)
    if measured.waiting is not None:
        _add_waiting(registry, measured)
    if measured.queues is not None:
        _add_queues(registry, measured)
    return generate_latest(registry)


def _add_waiting(registry: CollectorRegistry, measured: Measured) -> None:
    if measured.waiting is None:
        return
    lags, runs, approvals = measured.waiting
    by_status = Gauge("perdure_runs", "Runs that have not ended, by status.", ["status"], registry=registry)
    for status, count in runs.items():
        by_status.labels(status).set(count)
    values = {
        "perdure_approvals_pending": ("Open approvals.", approvals),
        "perdure_oldest_pending_run_seconds": ("Age of the oldest run not begun.", lags.oldest_pending_run_seconds),
        "perdure_dispatch_lag_seconds": ("The same of those Temporal was not told of.", lags.dispatch_seconds),
        "perdure_outbox_signals": ("Signals on their way to runs.", lags.signals),
        "perdure_outbox_oldest_seconds": ("Age of the oldest of them.", lags.oldest_signal_seconds),
    }
    for name, (meaning, value) in values.items():
        Gauge(name, meaning, registry=registry).set(value)


def _add_queues(registry: CollectorRegistry, measured: Measured) -> None:
    labels = ["queue", "kind"]
    pollers = Gauge("perdure_queue_pollers", "Workers that ask for tasks.", labels, registry=registry)
    backlog = Gauge("perdure_queue_backlog", "Tasks no worker has taken yet, about.", labels, registry=registry)
    age = Gauge("perdure_queue_lag_seconds", "How long the oldest of them waits.", labels, registry=registry)
    for queue in measured.queues or ():
        pollers.labels(queue.name, queue.kind).set(queue.pollers)
        backlog.labels(queue.name, queue.kind).set(queue.backlog)
        age.labels(queue.name, queue.kind).set(queue.backlog_seconds)
