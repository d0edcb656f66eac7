"""What Prometheus reads of the API: requests by route, what waits, queues; never whose."""

import re
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr, ValidationError

from api.metrics.observer import UNMATCHED
from api.metrics.server import metrics_app
from api.services import Services
from api.settings import ApiSettings
from db.session import Database
from engine import side_server
from engine.client import connect
from engine.settings import TemporalSettings
from tests.api.conftest import TOKEN
from tests.api.documents import publish, start
from tests.support.workspaces import new_run

LABELS = {"route", "method", "status", "trigger", "le", "kind", "outcome", "queue", "server", "model", "direction"}
LABELS |= {"role", "index"}


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def requests(route: str, method: str, status: int) -> float:
    return counted("perdure_http_requests_total", route=route, method=method, status=str(status))


async def scraped(services: Services) -> str:
    async with (
        side_server.serve(metrics_app(services), "127.0.0.1", 0) as port,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        return (await http.get(f"http://127.0.0.1:{port}/metrics")).raise_for_status().text


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/v1/runs/{id}", "/v1/runs/{run_id}", 404),
        ("POST", "/v1/events", "/v1/events", 422),
        ("GET", "/v1/{id}", UNMATCHED, 404),
        ("OPTIONS", "/v1/{id}", UNMATCHED, 404),
        ("GET", "/healthz", "/healthz", 200),
    ],
)
async def test_requests_are_counted_by_the_template_of_their_route(
    api: httpx.AsyncClient, method: str, path: str, route: str, status: int
) -> None:
    before, timed = requests(route, method, status), "perdure_http_request_seconds_count"
    measured = counted(timed, route=route, method=method)
    for _ in range(3):
        assert (await api.request(method, path.format(id=uuid4()))).status_code == status
    assert requests(route, method, status) == before + 3
    assert counted(timed, route=route, method=method) == measured + 3


async def test_a_method_that_nobody_knows_makes_no_series_of_its_own(api: httpx.AsyncClient) -> None:
    before = requests(UNMATCHED, "OTHER", 404)
    await api.request(f"X{uuid4().hex}", "/v1/nothing")
    assert requests(UNMATCHED, "OTHER", 404) == before + 1


async def test_a_refusal_of_the_gate_and_a_fault_of_ours_are_counted(app: FastAPI, api: httpx.AsyncClient) -> None:
    @app.get("/v1/fault")
    async def fault() -> None:
        raise ZeroDivisionError

    refused = requests(UNMATCHED, "POST", 413)
    await api.post("/v1/runs", content=b"", headers={"Content-Length": "999999999999"})
    assert requests(UNMATCHED, "POST", 413) == refused + 1
    faults = requests("/v1/fault", "GET", 500)
    await api.get("/v1/fault")
    assert requests("/v1/fault", "GET", 500) == faults + 1


async def test_starts_are_counted_once(api: httpx.AsyncClient) -> None:
    slug = (await publish(api))["slug"]
    before = counted("perdure_runs_started_total", trigger="api")
    for _ in range(2):
        body = {"workflow": slug, "input": {"email": "a@b.c"}}
        await api.post("/v1/runs", json=body, headers={"Idempotency-Key": "once"})
    await start(api, slug)
    assert counted("perdure_runs_started_total", trigger="api") == before + 2


async def test_what_waits_is_read_when_it_is_asked_for(api: httpx.AsyncClient, services: Services) -> None:
    await new_run(services.database, services.workspace_id, status="paused")
    text = await scraped(services)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    statuses = {sample.labels["status"]: sample.value for sample in families["perdure_runs"].samples}
    assert statuses.keys() == {"pending", "running", "paused"}
    assert statuses["paused"] >= 1
    for name in (
        "perdure_approvals_pending",
        "perdure_oldest_pending_run_seconds",
        "perdure_dispatch_lag_seconds",
        "perdure_outbox_signals",
        "perdure_outbox_oldest_seconds",
        "perdure_http_requests",
        "perdure_runs_started",
        "perdure_live_connections",
        "process_resident_memory_bytes",
    ):
        assert families[name].samples is not None, name
    queues = {(sample.labels["queue"], sample.labels["kind"]) for sample in families["perdure_queue_backlog"].samples}
    assert queues == {("runs", "workflow"), ("runs", "activity"), ("actions", "activity"), ("llm", "activity")}
    up = {sample.labels["server"]: sample.value for sample in families["perdure_server_up"].samples}
    assert up == {"database": 1, "temporal": 1}


async def test_nothing_is_labelled_by_whom_it_belongs_to(api: httpx.AsyncClient, services: Services) -> None:
    run = (await start(api, (await publish(api))["slug"]))["id"]
    await api.get(f"/v1/runs/{run}?workflow=greeting")
    text = await scraped(services)
    ours = [family for family in text_string_to_metric_families(text) if family.name.startswith("perdure_")]
    assert {label for family in ours for sample in family.samples for label in sample.labels} <= LABELS
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
    assert "greeting" not in text


async def test_servers_that_are_away_leave_a_gap_and_no_error(services: Services, closed_port: int) -> None:
    away = Database(f"postgresql://nobody@127.0.0.1:{closed_port}/nothing")
    temporal = await connect(TemporalSettings(address=f"127.0.0.1:{closed_port}"), away)
    text = await scraped(replace(services, database=away, temporal=temporal))
    assert 'perdure_server_up{server="database"} 0.0' in text
    assert 'perdure_server_up{server="temporal"} 0.0' in text
    assert "perdure_runs{" not in text
    await away.dispose()


async def test_they_are_not_on_the_port_of_the_api(api: httpx.AsyncClient) -> None:
    assert (await api.get("/metrics")).status_code == 404


def test_there_are_none_unless_a_port_is_named() -> None:
    assert ApiSettings(token=SecretStr(TOKEN)).metrics_port is None
    with pytest.raises(ValidationError):
        ApiSettings(token=SecretStr(TOKEN), metrics_port=65_536)
