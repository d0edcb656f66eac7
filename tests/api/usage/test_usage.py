"""The usage report: what is counted, on which day, and for whom."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from db.session import Database
from tests.api.documents import publish, start

NOTHING = {
    "runs": 0,
    "completed": 0,
    "failed": 0,
    "tokens_in": 0,
    "tokens_out": 0,
    "cost_usd": 0.0,
    "waited_seconds": 0.0,
    "requests": 0,
}


async def report(api: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    """The report for some days."""
    answer = await api.get("/v1/workspace/usage/report", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def days_ago(days: int) -> date:
    """A day in UTC."""
    return (datetime.now(UTC) - timedelta(days=days)).date()


@pytest.fixture
async def past(api: httpx.AsyncClient, database: Database, workspace_id: UUID) -> "Past":
    """Writes runs into the past of the workspace."""
    return Past(api, database, workspace_id)


class Past:
    """Runs as if they had happened on other days."""

    def __init__(self, api: httpx.AsyncClient, database: Database, workspace_id: UUID) -> None:
        self._api, self._database, self._workspace_id = api, database, workspace_id

    async def run(
        self, slug: str, *, days: int = 0, status: str = "completed", cost: float = 0, tokens: int = 0
    ) -> str:
        """A run that was accepted some days ago."""
        run: str = (await start(self._api, slug))["id"]
        await self._write(
            "UPDATE runs SET status = :status, cost_usd = :cost, tokens_in = :tokens, tokens_out = :doubled, "
            "created_at = created_at - make_interval(days => :days) WHERE id = :run",
            {"run": run, "status": status, "cost": cost, **_both(tokens), "days": days},
        )
        return run

    async def call(self, run: str, path: str, model: str, *, cost: float, tokens: int) -> None:
        """A step of a run that called a model."""
        await self._write(
            "INSERT INTO steps (workspace_id, run_id, path, iteration, kind, name, status, cost_usd, tokens_in, "
            "tokens_out, details) VALUES (:workspace, :run, :path, 0, 'llm', 'Ask', 'completed', :cost, :tokens, "
            ":doubled, jsonb_build_object('model', CAST(:model AS text)))",
            {"run": run, "path": path, "model": model, "cost": cost, **_both(tokens)},
        )

    async def request(self, run: str, path: str, *, seconds: int, status: str = "decided") -> None:
        """A request to a person that was open for so long."""
        decided = "NULL" if status == "pending" else "clock_timestamp()"
        await self._write(
            "INSERT INTO approvals (workspace_id, run_id, workflow_id, path, iteration, node_name, title, decisions, "
            f"status, created_at, decided_at) VALUES (:workspace, :run, 'w', :path, 0, 'Ask', 'May I?', '[]', "
            f":status, clock_timestamp() - make_interval(secs => :seconds), {decided})",
            {"run": run, "path": path, "seconds": seconds, "status": status},
        )

    async def _write(self, statement: str, values: dict[str, Any]) -> None:
        async with self._database.tenant(self._workspace_id) as session:
            values = {"workspace": self._workspace_id, **values} if ":workspace" in statement else values
            await session.execute(text(statement), values)


def _both(tokens: int) -> dict[str, int]:
    """Twice as many tokens out as in, so that nothing takes one for the other."""
    return {"tokens": tokens, "doubled": 2 * tokens}


async def test_a_new_workspace_has_done_nothing(api: httpx.AsyncClient) -> None:
    found = await report(api)
    assert found["totals"] == NOTHING
    assert (found["first"], found["last"]) == (days_ago(29).isoformat(), days_ago(0).isoformat())
    assert [day["day"] for day in found["days"]] == [days_ago(29 - n).isoformat() for n in range(30)]
    assert found["workflows"] == found["models"] == []


async def test_what_was_spent_is_told_apart_by_workflow_and_day(api: httpx.AsyncClient, past: Past) -> None:
    cheap, dear = (await publish(api, name="Cheap"))["slug"], (await publish(api, name="Dear"))["slug"]
    await past.run(cheap, cost=0.25, tokens=10)
    await past.run(cheap, cost=0.25, tokens=10, days=2, status="failed")
    await past.run(dear, cost=1.5, tokens=7, status="terminated")
    await past.run(dear, cost=9, days=40)
    found = await report(api)
    assert found["totals"] == NOTHING | {
        "runs": 3,
        "completed": 1,
        "failed": 2,
        "tokens_in": 27,
        "tokens_out": 54,
        "cost_usd": 2.0,
    }
    assert [(one["workflow"], one["name"], one["cost_usd"]) for one in found["workflows"]] == [
        (dear, "Dear", 1.5),
        (cheap, "Cheap", 0.5),
    ]
    assert [(day["day"], day["failed"]) for day in found["workflows"][1]["days"]] == [
        (days_ago(2).isoformat(), 1),
        (days_ago(0).isoformat(), 0),
    ]
    assert [day["cost_usd"] for day in found["days"]][-3:] == [0.25, 0.0, 1.75]


async def test_only_some_days_and_one_workflow(api: httpx.AsyncClient, past: Past) -> None:
    one, other = (await publish(api, name="One"))["slug"], (await publish(api, name="Other"))["slug"]
    for days in (0, 3, 5):
        await past.run(one, days=days, cost=1)
    await past.run(other, days=3, cost=1)
    found = await report(api, first=days_ago(4), last=days_ago(3), workflow=one)
    assert (found["totals"]["runs"], len(found["days"])) == (1, 2)
    assert [used["workflow"] for used in found["workflows"]] == [one]
    assert (await report(api, first=days_ago(5), last=days_ago(5)))["totals"]["cost_usd"] == 1


async def test_models_are_told_apart_and_what_no_step_accounts_for(api: httpx.AsyncClient, past: Past) -> None:
    slug = (await publish(api))["slug"]
    run = await past.run(slug, cost=1.0, tokens=100)
    await past.call(run, "a", "small", cost=0.25, tokens=30)
    await past.call(run, "b", "large", cost=0.5, tokens=40)
    await past.call(run, "c", "small", cost=0.125, tokens=10)
    found = (await report(api))["models"]
    assert [(one["model"], one["calls"], one["cost_usd"], one["tokens_in"]) for one in found] == [
        ("large", 1, 0.5, 40),
        ("small", 2, 0.375, 40),
        (None, 0, 0.125, 20),
    ]
    assert found[1]["days"] == [
        {"day": days_ago(0).isoformat(), "calls": 2, "cost_usd": 0.375, "tokens_in": 40, "tokens_out": 80}
    ]


async def test_how_long_people_were_waited_for(api: httpx.AsyncClient, past: Past) -> None:
    slug = (await publish(api))["slug"]
    run = await past.run(slug)
    await past.request(run, "a", seconds=60)
    await past.request(run, "b", seconds=600, status="pending")
    found = (await report(api))["workflows"][0]
    assert found["requests"] == 2
    assert found["waited_seconds"] == pytest.approx(660, abs=30)


async def test_nothing_of_another_workspace_is_counted(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, past: Past
) -> None:
    slug = (await publish(api))["slug"]
    run = await past.run(slug, cost=1, tokens=5)
    await past.call(run, "a", "small", cost=1, tokens=5)
    await past.request(run, "a", seconds=60)
    found = await report(other_api)
    assert (found["totals"], found["workflows"], found["models"]) == (NOTHING, [], [])
    answer = await other_api.get("/v1/workspace/usage/report", params={"workflow": slug})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"first": "2026-02-02", "last": "2026-02-01"}, "after"),
        ({"first": "2024-01-01", "last": "2026-01-01"}, "366 days"),
        ({"first": "0001-01-01"}, "2000"),
        ({"last": "9999-12-31"}, "2999"),
        ({"last": "yesterday"}, "date"),
    ],
)
async def test_days_that_cannot_be(api: httpx.AsyncClient, params: dict[str, str], word: str) -> None:
    answer = await api.get("/v1/workspace/usage/report", params=params)
    assert 400 <= answer.status_code < 500
    assert word in answer.text
