"""Sends traces over OTLP/HTTP: those of requests, and those that Temporal's own interceptor carries through workflows.

Spans of workflows are points in time, made while history is not being replayed, because a run may wait for months. No
span holds what a step was given or has answered; of exceptions only the type is kept, for a text may quote anything.
"""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from temporalio.contrib.opentelemetry import TracingInterceptor

from engine.telemetry import Tracing

_EXCEPTION_TYPE: Final = "exception.type"


def exporting(service: str, endpoint: str) -> Tracing:
    """Traces that are sent in the background.

    Args:
        service: Name of this process in traces.
        endpoint: Base URL of the collector.
    """
    resource = Resource.create({"service.name": service, "service.version": version("perdure")})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(Discreet(exporter)))
    tracer = provider.get_tracer("perdure")
    return Tracing(tracer, (TracingInterceptor(tracer),), provider.shutdown)


class Discreet(SpanExporter):
    """Passes spans on without what exceptions say: of them only the type is kept."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See base class."""
        return self._exporter.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        """See base class."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """See base class."""
        return self._exporter.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    if not span.events and span.status.description is None:
        return span
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[_type_only(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _type_only(event: Event) -> Event:
    kind = (event.attributes or {}).get(_EXCEPTION_TYPE)
    return Event(event.name, {} if kind is None else {_EXCEPTION_TYPE: kind}, event.timestamp)
