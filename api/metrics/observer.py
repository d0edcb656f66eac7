"""Measures every request and gives it a span. No label or attribute holds an id, a query or a body."""

import time
from typing import Any, Final

from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.telemetry import TRACEPARENT, context_of

REQUESTS: Final = Counter("perdure_http_requests", "Requests that were answered.", ["route", "method", "status"])
SECONDS: Final = Histogram(
    "perdure_http_request_seconds",
    "Time until the answer begins; streams and waits go on after it.",
    ["route", "method"],
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30, 60),
)
IN_PROGRESS: Final = Gauge("perdure_http_requests_in_progress", "Requests under way, streams among them.")

UNMATCHED: Final = "unmatched"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SERVER_ERROR: Final = 500


class Observer:
    """ASGI middleware; the outermost, so that it sees what really was answered.

    Args:
        app: What stands behind.
        tracer: Makes the spans.
    """

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        answer = _Answer(send)
        with IN_PROGRESS.track_inprogress(), self._span(scope, method) as span:
            try:
                await self._app(scope, receive, answer)
            finally:
                route = _route(scope)
                REQUESTS.labels(route, method, str(answer.status)).inc()
                SECONDS.labels(route, method).observe(answer.began - answer.asked)
                span.update_name(f"{method} {route}")
                span.set_attributes({"http.route": route, "http.response.status_code": answer.status})
                if answer.status >= _SERVER_ERROR:
                    span.set_status(Status(StatusCode.ERROR))

    def _span(self, scope: Scope, method: str) -> Any:
        parent = next((value for name, value in scope["headers"] if name == TRACEPARENT.encode()), b"")
        return self._tracer.start_as_current_span(
            method,
            context=context_of({TRACEPARENT: parent.decode("latin-1")}),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "url.scheme": scope.get("scheme", "http")},
        )


class _Answer:
    """Remembers status and time of an answer; one that never began counts as a fault of ours."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.asked = self.began = time.monotonic()
        self.status = _SERVER_ERROR

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.began = time.monotonic()
        await self._send(message)


def _route(scope: Scope) -> str:
    """The template of the path, so that there are as many series as routes."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else UNMATCHED
