"""One trace leads from the request to the step, whoever starts the run and however often its history is replayed."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from pydantic import SecretStr
from temporalio.client import Client

from activities.egress import EgressSettings
from activities.llm.settings import LlmSettings
from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from api.workflows.version_cache import VersionCache
from engine.client import connect, connect_now
from engine.dispatcher import Dispatcher
from engine.settings import TemporalSettings
from engine.telemetry import NO_TRACING, TelemetrySettings, Tracing, start_tracing
from schemas.messages import RunStatus
from tests.api.conftest import AUTHORIZED, TOKEN
from tests.support.documents import code, value
from tests.support.http_server import HttpServer, answer, http_server
from tests.support.polling import eventually
from tests.support.secrets import encryption
from workers.parts import step_services, worker_parts
from workers.pollers import build_workers
from workers.settings import WorkerSettings

MARK = "a-secret-nobody-may-see"


class Collector:
    """What was sent to an OTLP receiver."""

    def __init__(self, server: HttpServer, tracing: Tracing) -> None:
        self._server = server
        self.tracing = tracing

    async def spans(self) -> list[Span]:
        """All spans, after the last one was sent."""
        await asyncio.to_thread(self.tracing.close)
        assert {request.path for request in self._server.received} == {"/v1/traces"}
        sent = [ExportTraceServiceRequest.FromString(request.body) for request in self._server.received]
        return [
            span for one in sent for group in one.resource_spans for scope in group.scope_spans for span in scope.spans
        ]

    def bytes(self) -> bytes:
        return b"".join(request.body for request in self._server.received)


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    """A receiver and traces that go to it."""

    async def accept(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(content_type="application/x-protobuf"))

    async with http_server(accept) as server:
        tracing = start_tracing("test", TelemetrySettings(exporter_otlp_endpoint=server.url))
        yield Collector(server, tracing)
        await asyncio.to_thread(tracing.close)


@asynccontextmanager
async def working(services: Services, client: Client, **settings: Any) -> AsyncIterator[None]:
    """A worker of this process."""
    async with step_services(LlmSettings(), EgressSettings(), "") as steps:
        parts = worker_parts(services.database, steps)
        workers = build_workers(client, WorkerSettings(**settings), parts, "tracing")
        async with workers[0], workers[1], workers[2]:
            yield


@asynccontextmanager
async def client_of(services: Services, tracing: Tracing) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), services, tracing=tracing)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=AUTHORIZED) as client:
        yield client


@asynccontextmanager
async def traced(services: Services, temporal: Client) -> AsyncIterator[Services]:
    """The services of a process that traces."""
    dispatcher = Dispatcher(services.database, temporal)
    versions = VersionCache(services.database)
    yield replace(services, temporal=temporal, dispatcher=dispatcher, versions=versions)
    await dispatcher.close()


async def start(api: httpx.AsyncClient, nodes: list[dict[str, Any]], **headers: str) -> UUID:
    edges = [{"from": a["id"], "to": b["id"]} for a, b in pairwise(nodes)]
    body = {"format": "perdure/v1", "name": "Traced", "nodes": nodes, "edges": edges}
    assert (await api.post("/v1/workflows", json=body)).is_success
    started = await api.post("/v1/runs", json={"workflow": "traced", "input": {"given": MARK}}, headers=headers)
    assert started.status_code == 202, started.text
    return UUID(started.json()["id"])


async def ended(api: httpx.AsyncClient, run: UUID) -> str:
    async def look() -> str | None:
        status: str = (await api.get(f"/v1/runs/{run}")).json()["status"]
        return status if RunStatus(status).ended else None

    status = await eventually(look, seconds=90)  # the sweep starts what other tests have left first
    assert status is not None
    return status


def named(spans: Iterable[Span], name: str) -> list[Span]:
    return [span for span in spans if span.name == name]


def attributes(span: Span) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value") or "") for one in span.attributes}


def path_to_root(spans: list[Span], span: Span) -> list[str]:
    by_id = {one.span_id: one for one in spans}
    names = [span.name]
    while (parent := by_id.get(span.parent_span_id)) is not None:
        names.append(parent.name)
        span = parent
    return names


CHAIN = [value("shape", {"a": 1}), code("reckon", "1 + 1"), code("again", "2 + 2")]


@pytest.mark.parametrize("sandbox", [False, True])
async def test_one_trace_from_the_request_to_the_steps(
    services: Services, own_temporal: str, collector: Collector, sandbox: bool
) -> None:
    temporal = await connect_now(
        TemporalSettings(address=own_temporal), services.database, collector.tracing.interceptors, encryption()
    )
    async with (
        traced(services, temporal) as ours,
        client_of(ours, collector.tracing) as api,
        # Nothing is cached: the history is replayed at every turn.
        working(ours, temporal, sandbox=sandbox, max_cached_runs=0),
    ):
        run = await start(api, CHAIN)
        assert await ended(api, run) == "completed"
    spans = await collector.spans()
    (request,) = named(spans, "POST /v1/runs")
    assert request.kind == Span.SPAN_KIND_SERVER
    assert attributes(request) == {
        "http.request.method": "POST",
        "http.route": "/v1/runs",
        "http.response.status_code": 202,
        "url.scheme": "http",
    }
    trace = [span for span in spans if span.trace_id == request.trace_id]
    # On a slow machine an attempt may end before it begins to work on the step.
    tried = [(attributes(span).get("perdure.step.path"), span) for span in named(trace, "RunActivity:code")]
    steps = {path: span for path, span in tried if path is not None}
    assert steps.keys() == {"reckon", "again"}
    assert attributes(steps["reckon"])["perdure.run_id"] == str(run)
    assert path_to_root(trace, steps["reckon"]) == [
        "RunActivity:code",
        "StartActivity:code",
        "StartWorkflow:graph_run",
        "POST /v1/runs",
    ]
    for once in ("StartWorkflow:graph_run", "RunWorkflow:graph_run"):
        assert len(named(trace, once)) == 1
    assert len(named(trace, "StartActivity:code")) == 2


async def test_nothing_that_was_given_or_said_is_sent(
    services: Services, own_temporal: str, collector: Collector
) -> None:
    failing = code("fail", "raise ValueError(given)", inputs={"given": "{{ input.given }}"}, retry={"max_attempts": 1})
    temporal = await connect_now(
        TemporalSettings(address=own_temporal), services.database, collector.tracing.interceptors, encryption()
    )
    async with (
        traced(services, temporal) as ours,
        client_of(ours, collector.tracing) as api,
        working(ours, temporal),
    ):
        run = await start(api, [failing])
        assert await ended(api, run) == "failed"
        assert MARK in (await api.get(f"/v1/runs/{run}")).text
        await api.get(f"/v1/runs?workflow={MARK}")
    spans = await collector.spans()
    (step,) = named(spans, "RunActivity:code")
    assert step.status.code == step.status.STATUS_CODE_ERROR
    assert [attribute.key for event in step.events for attribute in event.attributes] == ["exception.type"]
    sent = collector.bytes()
    assert MARK.encode() not in sent
    assert TOKEN.encode() not in sent


async def test_a_run_that_another_process_starts_later_goes_on_with_the_trace(
    services: Services, own_temporal: str, closed_port: int, collector: Collector
) -> None:
    away = await connect(TemporalSettings(address=f"127.0.0.1:{closed_port}"), services.database)
    async with traced(services, away) as ours, client_of(ours, collector.tracing) as api:
        run = await start(api, CHAIN, traceparent="00-" + "ab" * 16 + "-" + "cd" * 8 + "-01")
    temporal = await connect_now(
        TemporalSettings(address=own_temporal), services.database, collector.tracing.interceptors, encryption()
    )
    sweeper = Dispatcher(services.database, temporal)
    async with client_of(services, NO_TRACING) as api, working(services, temporal):
        # As its sweep would, but without the runs that other tests have left behind.
        await sweeper.start_run(services.workspace_id, run)
        assert await ended(api, run) == "completed"
    await sweeper.close()
    spans = await collector.spans()
    trace = [span for span in spans if span.trace_id == bytes.fromhex("ab" * 16)]
    (request,) = named(trace, "POST /v1/runs")
    assert request.parent_span_id == bytes.fromhex("cd" * 8)
    assert path_to_root(trace, named(trace, "RunActivity:code")[0])[-2:] == ["StartWorkflow:graph_run", "POST /v1/runs"]


async def test_without_an_address_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert start_tracing("api", TelemetrySettings()) is NO_TRACING
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    assert start_tracing("api", TelemetrySettings()) is NO_TRACING


async def test_a_collector_that_is_away_hurts_nobody(services: Services, closed_port: int) -> None:
    settings = TelemetrySettings(exporter_otlp_endpoint=f"http://127.0.0.1:{closed_port}")
    tracing = start_tracing("api", settings)
    async with client_of(services, tracing) as api:
        assert (await api.get("/v1/runs")).status_code == 200
    async with asyncio.timeout(20):
        await asyncio.to_thread(tracing.close)
