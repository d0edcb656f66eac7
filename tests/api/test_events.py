"""Events from outside reach the run that waits, or are kept."""

from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from api.services import Services
from db.tables import OutboxRow
from db.waits import await_event
from schemas.service_calls import AwaitEvent
from tests.api.documents import publish, start
from tests.api.test_gate import check_problem


async def wait_for(api: httpx.AsyncClient, services: Services, key: str) -> tuple[str, AwaitEvent]:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    request = AwaitEvent(
        workspace_id=str(services.workspace_id),
        run_id=run_id,
        path="wait",
        iteration=0,
        workflow_id=f"run-{run_id}",
        type="paid",
        key=key,
    )
    return run_id, request


async def test_a_waiting_run_gets_the_event(api: httpx.AsyncClient, services: Services) -> None:
    run_id, request = await wait_for(api, services, "A-7")
    async with services.database.tenant(services.workspace_id) as session:
        await await_event(session, request)
    answer = await api.post("/v1/events", json={"type": "paid", "key": "A-7", "data": {"eur": 3}})
    assert answer.status_code == 202
    assert answer.json()["run_id"] == run_id
    async with services.database.tenant(services.workspace_id) as session:
        [row] = await session.scalars(select(OutboxRow))
    assert (row.signal, row.payload["data"]) == ("event", {"eur": 3})


async def test_an_event_that_comes_first_is_kept(api: httpx.AsyncClient, services: Services) -> None:
    answer = await api.post("/v1/events", json={"type": "paid", "key": "B", "data": 1})
    assert answer.json()["run_id"] is None
    _, request = await wait_for(api, services, "B")
    async with services.database.tenant(services.workspace_id) as session:
        state = await await_event(session, request)
    assert state.event is not None
    assert state.event.data == 1


async def test_a_key_stands_for_one_event(api: httpx.AsyncClient) -> None:
    key, body = {"Idempotency-Key": str(uuid4())}, {"type": "paid", "key": "C", "data": 1}
    first = await api.post("/v1/events", json=body, headers=key)
    assert (await api.post("/v1/events", json=body, headers=key)).json() == first.json()
    other = await api.post("/v1/events", json={**body, "data": 2}, headers=key)
    check_problem(other, 409, "idempotency_mismatch")


@pytest.mark.parametrize("body", [{}, {"type": "t"}, {"type": "x" * 201, "key": "k"}, {"type": "t", "key": ""}])
async def test_bad_events_are_refused(api: httpx.AsyncClient, body: dict[str, str]) -> None:
    check_problem(await api.post("/v1/events", json=body), 422, "invalid_request")
