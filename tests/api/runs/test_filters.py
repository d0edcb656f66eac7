"""The list of runs: each filter, all of them together, and pages that are bounded but never lose a run."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.runs import listing
from api.services import Services
from tests.api.documents import document, publish, start
from tests.api.runs.test_start_and_steer import set_run
from tests.api.test_gate import check_problem


async def listed(api: httpx.AsyncClient, **params: Any) -> list[str]:
    """Ids of all runs that a filter means, over all pages."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = (await api.get("/v1/runs", params=params | ({"cursor": cursor} if cursor else {}))).raise_for_status()
        found += [run["id"] for run in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return found


async def some(api: httpx.AsyncClient, services: Services, *columns: dict[str, Any]) -> list[str]:
    """Runs with other columns, the oldest first."""
    made = []
    for wanted in columns:
        run = (await start(api, "greeting"))["id"]
        await set_run(services, run, **({"status": "pending"} | wanted))
        made.append(run)
    return made


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [5, 4, 3, 2, 1, 0]),
        ({"status": "failed"}, [4, 1]),
        ({"status": ["failed", "running"]}, [4, 3, 1]),
        ({"status": ["failed", "failed"]}, [4, 1]),
        ({"workflow": "greeting"}, [5, 4, 3, 2, 1, 0]),
        ({"workflow": "greeting", "status": ["running", "completed"]}, [3, 2]),
        ({"workflow": "greeting", "version": 1}, [5, 4, 3, 2, 1, 0]),
        ({"workflow": "greeting", "version": 1, "status": "failed"}, [4, 1]),
        ({"workflow": "greeting", "version": 2}, []),
        ({"workflow": "other"}, []),
        ({"trigger": "fork"}, [5, 2]),
        ({"trigger": ["fork", "api"]}, [5, 4, 3, 2, 1, 0]),
        ({"started_by": "ada@example.com"}, [3]),
        ({"started_by": "operator"}, [5, 4, 2, 1, 0]),
        ({"cost_min": 1}, [4, 2]),
        ({"cost_max": 0.5}, [5, 3, 1, 0]),
        ({"cost_min": 1, "cost_max": 2, "status": "failed"}, [4]),
        ({"input_contains": "NEEDLE"}, [3, 2]),
        ({"input_contains": 'say "hi"'}, [4]),
        ({"input_contains": "50%"}, [5]),
        ({"input_contains": "50_"}, []),
        ({"input_contains": "back\\slash"}, [5]),
        ({"input_contains": "ümlaut"}, [4]),
        ({"input_contains": "e-mail"}, [3]),
        ({"input_contains": "needle", "status": "running", "workflow": "greeting"}, [3]),
    ],
)
async def test_each_filter(
    api: httpx.AsyncClient, services: Services, params: dict[str, Any], expected: list[int]
) -> None:
    await publish(api)
    made = await some(
        api,
        services,
        {},
        {"status": "failed"},
        {"status": "completed", "trigger": "fork", "cost_usd": 3, "input": {"deep": [{"er": "a needle."}]}},
        {"status": "running", "started_by": {"name": "ada@example.com"}, "input": {"E-Mail": "Needle"}},
        {"status": "failed", "cost_usd": 1.5, "input": {"note": 'They say "hi", Ümlaut'}},
        {"trigger": "fork", "input": {"note": "50% of back\\slash"}},
    )
    assert await listed(api, **params) == [made[number] for number in expected]
    assert await listed(api, limit=1, **params) == [made[number] for number in expected]


async def test_times_and_parents(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    day = datetime(2026, 3, 1, tzinfo=UTC)
    parent = str(uuid4())
    days = [{"created_at": day + timedelta(days=n), "parent_run_id": parent if n else None} for n in range(4)]
    made = await some(api, services, *days)
    assert await listed(api, created_after="2026-03-02T00:00:00Z") == [made[3], made[2], made[1]]
    assert await listed(api, created_before="2026-03-02T01:00:00+01:00") == [made[0]]
    between = {"created_after": "2026-03-02T00:00:00Z", "created_before": "2026-03-04T00:00:00Z"}
    assert await listed(api, **between) == made[2:0:-1]
    assert await listed(api, parent=parent) == made[3:0:-1]
    await set_run(services, made[2], status="failed")
    assert await listed(api, parent=parent, status="failed", limit=1) == [made[2]]


async def test_a_page_that_ran_out_of_time_tells_where_to_go_on(
    api: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(api)
    made = await some(api, services, {"cost_usd": 9}, *({} for _ in range(11)))
    monkeypatch.setattr(listing, "PATIENCE", 0.0)
    monkeypatch.setattr(listing, "FIRST_PORTION", 5)
    first = (await api.get("/v1/runs", params={"cost_min": 9})).json()
    assert (first["items"], first["next_cursor"] is None) == ([], False)
    assert await listed(api, cost_min=9) == [made[0]]
    assert await listed(api, trigger="api", limit=2) == made[::-1]


async def test_portions_grow_while_there_is_time(
    api: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(api)
    made = await some(api, services, {"cost_usd": 9}, *({} for _ in range(11)))
    monkeypatch.setattr(listing, "PATIENCE", 60.0)
    monkeypatch.setattr(listing, "FIRST_PORTION", 1)
    page = (await api.get("/v1/runs", params={"cost_min": 9})).json()
    assert ([run["id"] for run in page["items"]], page["next_cursor"]) == ([made[0]], None)


@pytest.mark.parametrize(
    "params",
    [
        {"version": 1},
        {"status": "odd"},
        {"workflow": "No Slug"},
        {"created_after": "yesterday"},
        {"created_after": "2026-01-01T00:00:00"},
        {"created_before": "0001-01-01T00:00:00+23:59"},
        {"cost_min": -1},
        {"cost_max": "nan"},
        {"cost_max": "inf"},
        {"input_contains": "x"},
        {"input_contains": "x" * 201},
        {"parent": "no id"},
        {"limit": 0},
        {"limit": 201},
        {"cursor": "x"},
        {"state": "failed"},
    ],
)
async def test_bad_filters_are_refused(api: httpx.AsyncClient, params: dict[str, Any]) -> None:
    check_problem(await api.get("/v1/runs", params=params), 422, "invalid_request")


async def test_runs_of_others_are_never_found(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    for client in (api, other_api):
        await publish(client)
        await publish(client, **document(name="Second"))
    theirs = (await start(other_api, "greeting"))["id"]
    for params in ({}, {"workflow": "greeting"}, {"status": "pending"}, {"cost_min": 0}, {"input_contains": "a@b"}):
        assert await listed(api, **params) == []
        assert await listed(other_api, **params) == [theirs]
