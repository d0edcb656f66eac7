"""Previews: what would be done to which runs, at what cost, and that only that can be started."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select, update

from api.bulk import preview as bulk_preview
from api.services import Services
from db.snapshots import pack_snapshot
from db.tables import BulkItem, BulkJob
from tests.api.documents import publish, start
from tests.api.runs.test_start_and_steer import set_run
from tests.api.test_gate import check_problem

ALL: dict[str, Any] = {"workflow": "greeting"}


async def runs(api: httpx.AsyncClient, services: Services, *columns: dict[str, Any]) -> list[str]:
    """Runs of one workflow, each with other columns."""
    await publish(api)
    made = []
    for wanted in columns:
        run = (await start(api, "greeting"))["id"]
        await set_run(services, run, **({"status": "pending"} | wanted))
        made.append(run)
    return made


async def preview(api: httpx.AsyncClient, operation: str, **body: Any) -> dict[str, Any]:
    answer = await api.post("/v1/bulk/preview", json={"operation": operation, **({"filter": ALL} | body)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def chosen(services: Services, token: str) -> list[str]:
    async with services.database.tenant(services.workspace_id) as session:
        query = select(BulkItem.run_id).where(BulkItem.bulk_id == token).order_by(BulkItem.place)
        return [str(one) for one in await session.scalars(query)]


async def test_a_preview_says_what_would_be_cancelled_and_what_not(api: httpx.AsyncClient, services: Services) -> None:
    made = await runs(
        api,
        services,
        {"status": "running", "cost_usd": 2},
        {"status": "completed", "cost_usd": 5},
        {"status": "paused", "cost_usd": 1},
        {"status": "running", "steering": {"action": "cancel"}},
        {},
    )
    found = await preview(api, "cancel")
    assert (found["matched"], found["affected"], found["skipped"]) == (5, 3, 2)
    assert (found["spent_usd"], found["lost_usd"], found["expected_usd"]) == (3, 3, 0)
    assert [(e["status"], e["runs"], e["affected"], e["why"]) for e in found["effects"]] == [
        ("pending", 1, True, None),
        ("running", 1, True, None),
        ("running", 1, False, "They are being cancelled already."),
        ("paused", 1, True, None),
        ("completed", 1, False, "They have ended."),
    ]
    assert await chosen(services, found["token"]) == [made[0], made[2], made[4]]
    lasts = datetime.fromisoformat(found["expires_at"]) - datetime.fromisoformat(found["at"])
    assert lasts == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("operation", "affected"),
    [
        ("cancel", {"pending", "running", "paused"}),
        ("terminate", {"pending", "running", "paused"}),
        ("pause", {"pending", "running"}),
        ("resume", {"paused"}),
        ("retry", {"failed", "cancelled", "terminated"}),
    ],
)
async def test_each_operation_applies_to_its_statuses(
    api: httpx.AsyncClient, services: Services, operation: str, affected: set[str]
) -> None:
    statuses = ("pending", "running", "paused", "completed", "failed", "cancelled", "terminated")
    await runs(api, services, *({"status": one} for one in statuses))
    found = await preview(api, operation)
    assert {effect["status"] for effect in found["effects"] if effect["affected"]} == affected
    assert all(effect["why"] for effect in found["effects"] if not effect["affected"])


async def test_what_a_retry_is_expected_to_cost(api: httpx.AsyncClient, services: Services) -> None:
    await runs(api, services, {"status": "failed", "cost_usd": 1})
    assert (await preview(api, "retry"))["expected_usd"] is None, "nobody knows what a run costs here"
    await runs(
        api,
        services,
        {"status": "completed", "cost_usd": 4},
        {"status": "completed", "cost_usd": 6},
        {"status": "failed", "cost_usd": 2},
        {"status": "failed", "parent_run_id": uuid4()},
    )
    found = await preview(api, "retry", filter={**ALL, "status": ["failed"]})
    assert (found["affected"], found["skipped"]) == (2, 1)
    assert found["expected_usd"] == 2 * 5 - 3
    assert "They belong to other runs; retry those." in {effect["why"] for effect in found["effects"]}


async def test_runs_can_be_named_by_their_ids(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, services: Services
) -> None:
    [ours] = await runs(api, services, {})
    await publish(other_api)
    theirs, nowhere = (await start(other_api, "greeting"))["id"], str(uuid4())
    found = await preview(api, "cancel", filter=None, ids=[ours, theirs, nowhere, ours])
    assert (found["affected"], found["unknown"]) == (1, [theirs, nowhere])
    assert await chosen(services, found["token"]) == [ours]


async def test_forks_are_asked_about_their_node(api: httpx.AsyncClient, services: Services) -> None:
    state = pack_snapshot({})
    await runs(api, services, {"status": "completed", "snapshot": state}, {"status": "terminated"})
    other = {"nodes": [{"id": "other", "kind": "transform", "with": {"value": 1}}]}
    await publish(api, **other)
    run = (await start(api, "greeting"))["id"]
    await set_run(services, run, status="completed", snapshot=state)
    found = await preview(api, "fork", fork={"node": "greet"})
    assert (found["matched"], found["affected"]) == (3, 1)
    assert {effect["why"] for effect in found["effects"] if not effect["affected"]} == {
        "The workflow has no node 'greet'; `node` and `outputs` name nodes of its root graph.",
        "They were stopped before they could store their state.",
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"operation": "cancel"}, "body"),
        ({"operation": "cancel", "filter": {}}, "body"),
        ({"operation": "cancel", "filter": ALL, "ids": [str(uuid4())]}, "body"),
        ({"operation": "cancel", "ids": []}, "body.ids"),
        ({"operation": "fork", "filter": ALL}, "body"),
        ({"operation": "cancel", "filter": ALL, "fork": {"node": "greet"}}, "body"),
        ({"operation": "burn", "filter": ALL}, "body.operation"),
        ({"operation": "cancel", "filter": {"version": 1}}, "body.filter"),
        ({"operation": "cancel", "filter": {"odd": 1}}, "body.filter.odd"),
    ],
)
async def test_bad_previews_are_refused(api: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    problem: Any = check_problem(await api.post("/v1/bulk/preview", json=body), 422, "invalid_request")
    assert field in {error["field"] for error in problem["errors"]}


async def test_too_many_runs_are_refused(
    api: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_preview, "MAX_RUNS", 1)
    await runs(api, services, {}, {})
    answer = await api.post("/v1/bulk/preview", json={"operation": "cancel", "filter": ALL})
    problem: Any = check_problem(answer, 422, "invalid_request")
    assert problem["details"] == {"runs": 2, "limit": 1}
    async with services.database.tenant(services.workspace_id) as session:
        assert await session.scalar(select(func.count()).select_from(BulkJob)) == 0


async def test_a_preview_can_be_started_once_and_in_time(api: httpx.AsyncClient, services: Services) -> None:
    await runs(api, services, {})
    token = (await preview(api, "cancel"))["token"]
    check_problem(await api.get(f"/v1/bulk/{token}"), 404, "not_found")
    check_problem(await api.post(f"/v1/bulk/{token}/stop"), 404, "not_found")
    first = await api.post("/v1/bulk", json={"token": token, "per_minute": 60})
    assert (first.status_code, first.headers["location"]) == (202, f"/v1/bulk/{token}")
    job = first.json()
    assert (job["status"], job["total"], job["remaining"], job["started_by"]) == ("pending", 1, 1, "operator")
    again = await api.post("/v1/bulk", json={"token": token})
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert again.json()["per_minute"] == 60
    late = (await preview(api, "cancel"))["token"]
    async with services.database.tenant(services.workspace_id) as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        await session.execute(update(BulkJob).where(BulkJob.id == late).values(expires_at=past))
    check_problem(await api.post("/v1/bulk", json={"token": late}), 409, "conflict")
    empty = (await preview(api, "resume"))["token"]
    check_problem(await api.post("/v1/bulk", json={"token": empty}), 409, "conflict")
    jobs = (await api.get("/v1/bulk")).json()["items"]
    assert [one["id"] for one in jobs] == [token]


async def test_jobs_of_others_are_not_there(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, services: Services
) -> None:
    await runs(api, services, {})
    token = (await preview(api, "cancel"))["token"]
    check_problem(await other_api.post("/v1/bulk", json={"token": token}), 404, "not_found")
    assert (await api.post("/v1/bulk", json={"token": token})).status_code == 202
    for path in ("", "/items"):
        check_problem(await other_api.get(f"/v1/bulk/{token}{path}"), 404, "not_found")
    check_problem(await other_api.post(f"/v1/bulk/{token}/stop"), 404, "not_found")
    assert (await other_api.get("/v1/bulk")).json()["items"] == []
