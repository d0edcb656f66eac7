"""Where the traces of this process begin, how they are carried on, and whether there are any at all.

Off unless an address is set; then `engine.telemetry_export` sends them, which is not even imported otherwise.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from temporalio.contrib.opentelemetry import TracingInterceptor

TRACEPARENT: Final = "traceparent"
_PROPAGATOR: Final = TraceContextTextMapPropagator()


class TelemetrySettings(BaseSettings):
    """Where traces go; further `OTEL_…` variables (headers, sampler, resource) have their usual meaning."""

    model_config = SettingsConfigDict(env_prefix="OTEL_", extra="ignore", env_ignore_empty=True)

    exporter_otlp_endpoint: str | None = Field(
        default=None, description="Base URL of an OTLP/HTTP collector; without it nothing is traced."
    )
    service_name: str | None = Field(default=None, description="Name in traces; perdure-api or perdure-worker.")


@dataclass(frozen=True)
class Tracing:
    """The traces of one process."""

    tracer: Tracer
    interceptors: tuple["TracingInterceptor", ...] = ()
    """For the Temporal client; workers take them over from it."""
    close: Callable[[], None] = lambda: None
    """Sends what is left."""


NO_TRACING: Final = Tracing(trace.NoOpTracer())


def start_tracing(service: str, settings: TelemetrySettings) -> Tracing:
    """The traces of this process; without an address they cost nothing and go nowhere.

    Args:
        service: `api` or `worker`.
        settings: Where they go.
    """
    if settings.exporter_otlp_endpoint is None:
        return NO_TRACING
    from engine.telemetry_export import exporting  # the exporter takes most of a second to import

    return exporting(settings.service_name or f"perdure-{service}", settings.exporter_otlp_endpoint)


def current_traceparent() -> str | None:
    """The trace of what is going on, to be kept with something that goes on later."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get(TRACEPARENT)


def context_of(headers: Mapping[str, str]) -> Context:
    """The trace that a request names, if it does so validly."""
    return _PROPAGATOR.extract(headers, Context())


@contextmanager
def continuing(traceparent: str | None) -> Iterator[None]:
    """Go on with a trace that was kept, unless one is going on already."""
    if traceparent is None or trace.get_current_span().get_span_context().is_valid:
        yield
        return
    token = context.attach(context_of({TRACEPARENT: traceparent}))
    try:
        yield
    finally:
        context.detach(token)
