"""Quotas: set, read, and held to at every way to start a run."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from db.run_events import append_event
from db.session import Database
from schemas.run_events import EventType
from tests.api.documents import publish, start

NONE = {"starts_per_minute": None, "running_runs": None, "tokens_per_month": None, "cost_usd_per_month": None}


async def limit(api: httpx.AsyncClient, **quotas: Any) -> dict[str, Any]:
    """Set quotas."""
    answer = await api.patch("/v1/workspace/quotas", json=quotas)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


async def used(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """The quotas of the workspace by name."""
    answer = (await api.get("/v1/workspace/usage")).raise_for_status()
    return {quota["quota"]: quota for quota in answer.json()["quotas"]}


async def ask(api: httpx.AsyncClient, slug: str, key: str | None = None) -> httpx.Response:
    """Ask for a run."""
    headers = {} if key is None else {"Idempotency-Key": key}
    return await api.post("/v1/runs", json={"workflow": slug, "input": {"email": "a@b.c"}}, headers=headers)


async def spend(database: Database, workspace_id: UUID, *, tokens: int = 0, cost: float = 0, days_ago: int = 0) -> None:
    """What calls of models would have written."""
    async with database.tenant(workspace_id) as session:
        await session.execute(
            text(
                "INSERT INTO usage_entries (workspace_id, at, tokens_in, tokens_out, cost_usd) "
                "VALUES (:workspace, clock_timestamp() - make_interval(days => :days), :tokens, 0, :cost)"
            ),
            {"workspace": workspace_id, "days": days_ago, "tokens": tokens, "cost": cost},
        )


async def end(database: Database, workspace_id: UUID, run: str) -> None:
    """End a run as failed."""
    async with database.tenant(workspace_id) as session:
        await session.execute(text("UPDATE runs SET status = 'failed' WHERE id = :run"), {"run": run})
        await append_event(session, UUID(run), EventType.RUN_FAILED)


def refused(answer: httpx.Response, quota: str) -> dict[str, Any]:
    """The details of a refusal, which must name the quota."""
    assert answer.status_code == 429, answer.text
    problem = answer.json()
    assert problem["code"] == "quota_exceeded"
    assert problem["details"]["quota"] == quota
    assert int(answer.headers["Retry-After"]) >= 1
    name = f'"{quota.replace("_", "-")}"'
    assert answer.headers["RateLimit"].startswith(f"{name};r=0")
    assert answer.headers["RateLimit-Policy"].startswith(f"{name};q=")
    details: dict[str, Any] = problem["details"]
    return details


async def test_a_workspace_has_no_quota_until_one_is_set(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/workspace/quotas")).json() == {**NONE, "updated_at": None}
    assert {quota["limit"] for quota in (await used(api)).values()} == {None}


async def test_a_change_leaves_out_what_stays(api: httpx.AsyncClient) -> None:
    await limit(api, starts_per_minute=5, cost_usd_per_month=2.5)
    changed = await limit(api, starts_per_minute=None, tokens_per_month=9_000_000_000)
    at = changed.pop("updated_at")
    assert changed == {**NONE, "tokens_per_month": 9_000_000_000, "cost_usd_per_month": 2.5}
    assert (await api.get("/v1/workspace/quotas")).json() == {**changed, "updated_at": at}


@pytest.mark.parametrize(
    "body",
    [
        {"starts_per_minute": -1},
        {"starts_per_minute": 1.5},
        {"running_runs": 2**31},
        {"tokens_per_month": "many"},
        {"cost_usd_per_month": -0.01},
        {"cost_usd_per_month": 1e300},
        {"no_such_quota": 1},
    ],
)
async def test_a_limit_that_cannot_be(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await api.patch("/v1/workspace/quotas", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"body.{next(iter(body))}"
    assert (await api.get("/v1/workspace/quotas")).json() == {**NONE, "updated_at": None}


async def test_a_change_is_in_the_audit_log(api: httpx.AsyncClient, database: Database, workspace_id: UUID) -> None:
    await limit(api, running_runs=3)
    await limit(api, running_runs=3)
    async with database.tenant(workspace_id) as session:
        query = text("SELECT before, after FROM audit_log WHERE action = 'quotas.changed'")
        ((before, after),) = (await session.execute(query)).all()
    assert before == NONE
    assert after == {**NONE, "running_runs": 3}


async def test_starts_within_a_minute(api: httpx.AsyncClient) -> None:
    slug = (await publish(api))["slug"]
    await limit(api, starts_per_minute=3)
    assert [(await ask(api, slug)).status_code for _ in range(3)] == [202] * 3
    answer = await ask(api, slug)
    details = refused(answer, "starts_per_minute")
    assert details["limit"] == details["used"] == 3
    assert 50 <= int(answer.headers["Retry-After"]) <= 61
    assert answer.headers["RateLimit-Policy"] == '"starts-per-minute";q=3;w=60'
    wait = datetime.fromisoformat(details["resets_at"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < wait <= timedelta(seconds=61)
    usage = (await used(api))["starts_per_minute"]
    assert (usage["used"], usage["remaining"]) == (3, 0)


async def test_a_minute_later_starts_are_forgotten(
    api: httpx.AsyncClient, database: Database, workspace_id: UUID
) -> None:
    slug = (await publish(api))["slug"]
    await limit(api, starts_per_minute=2)
    for _ in range(2):
        assert (await ask(api, slug)).status_code == 202
    for seconds, status in ((59, 429), (2, 202)):
        async with database.tenant(workspace_id) as session:
            await session.execute(text("UPDATE quota_starts SET second = second - :seconds"), {"seconds": seconds})
        assert (await ask(api, slug)).status_code == status


async def test_what_was_refused_is_not_counted_and_leaves_nothing(api: httpx.AsyncClient) -> None:
    slug = (await publish(api))["slug"]
    await limit(api, running_runs=1, starts_per_minute=10)
    await start(api, slug)
    for n in range(5):
        refused(await ask(api, slug, f"key-{n}"), "running_runs")
    assert len((await api.get("/v1/runs")).json()["items"]) == 1
    assert (await used(api))["starts_per_minute"]["used"] == 1


async def test_of_many_starts_at_once_no_more_than_the_quota_succeed(api: httpx.AsyncClient) -> None:
    slug = (await publish(api))["slug"]
    await limit(api, starts_per_minute=7, running_runs=5)
    answers = await asyncio.gather(*(ask(api, slug) for _ in range(30)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [202] * 5 + [429] * 25
    await limit(api, running_runs=None)
    answers = await asyncio.gather(*(ask(api, slug) for _ in range(30)))
    assert sorted(answer.status_code for answer in answers) == [202] * 2 + [429] * 28


async def test_an_answer_that_is_given_again_needs_no_quota(api: httpx.AsyncClient) -> None:
    slug = (await publish(api))["slug"]
    await limit(api, starts_per_minute=1, running_runs=1)
    answers = await asyncio.gather(*(ask(api, slug, "the-key") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await used(api))["starts_per_minute"]["used"] == 1
    refused(await ask(api, slug, "another-key"), "running_runs")


async def test_the_end_of_a_run_makes_room(api: httpx.AsyncClient, database: Database, workspace_id: UUID) -> None:
    slug = (await publish(api))["slug"]
    await limit(api, running_runs=1)
    run = (await start(api, slug))["id"]
    answer = await ask(api, slug)
    details = refused(answer, "running_runs")
    assert details["resets_at"] is None
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["RateLimit-Policy"] == '"running-runs";q=1;qu="runs"'
    await end(database, workspace_id, run)
    assert (await ask(api, slug)).status_code == 202


async def test_a_retry_is_a_start(api: httpx.AsyncClient, database: Database, workspace_id: UUID) -> None:
    slug = (await publish(api))["slug"]
    run = (await start(api, slug))["id"]
    await end(database, workspace_id, run)
    await limit(api, starts_per_minute=1)
    await start(api, slug)
    refused(await api.post(f"/v1/runs/{run}/retry"), "starts_per_minute")
    assert (await api.get(f"/v1/runs/{run}")).json()["status"] == "failed"
    await limit(api, starts_per_minute=2)
    assert (await api.post(f"/v1/runs/{run}/retry")).status_code == 202


async def test_a_fork_is_a_start(api: httpx.AsyncClient, database: Database, workspace_id: UUID) -> None:
    slug = (await publish(api))["slug"]
    run = (await start(api, slug))["id"]
    await end(database, workspace_id, run)
    async with database.tenant(workspace_id) as session:
        await session.execute(text("UPDATE runs SET snapshot = '\\x00' WHERE id = :run"), {"run": run})
    await limit(api, starts_per_minute=0)
    details = refused(await api.post(f"/v1/runs/{run}/fork", json={"node": "greet"}), "starts_per_minute")
    assert details["resets_at"] is None


@pytest.mark.parametrize(
    ("quota", "limited", "spent", "policy"),
    [
        ("tokens_per_month", 1_000, {"tokens": 1_000}, '"tokens-per-month";q=1000;qu="tokens";w='),
        ("cost_usd_per_month", 0.25, {"cost": 0.25}, '"cost-usd-per-month";q=25;qu="us-cents";w='),
    ],
)
async def test_what_was_spent_this_month(
    api: httpx.AsyncClient,
    database: Database,
    workspace_id: UUID,
    quota: str,
    limited: float,
    spent: dict[str, Any],
    policy: str,
) -> None:
    slug = (await publish(api))["slug"]
    await limit(api, **{quota: limited})
    await spend(database, workspace_id, **{name: amount * 9 for name, amount in spent.items()}, days_ago=32)
    assert (await ask(api, slug)).status_code == 202
    await spend(database, workspace_id, **spent)
    answer = await ask(api, slug)
    details = refused(answer, quota)
    assert (details["limit"], details["used"]) == (limited, limited)
    assert answer.headers["RateLimit-Policy"].startswith(policy)
    assert int(answer.headers["RateLimit-Policy"].partition("w=")[2]) // 86_400 in (28, 29, 30, 31)
    resets = datetime.fromisoformat(details["resets_at"])
    assert (resets.day, resets.hour, resets > datetime.now(UTC)) == (1, 0, True)
    use = (await used(api))[quota]
    assert (use["used"], use["remaining"]) == (limited, 0)


async def test_usage_is_the_same_before_and_after_it_is_moved_to_its_day(
    api: httpx.AsyncClient, database: Database, workspace_id: UUID
) -> None:
    slug = (await publish(api))["slug"]
    for _ in range(3):
        await spend(database, workspace_id, tokens=10, cost=0.5)
    before = (await api.get("/v1/workspace/usage")).json()
    assert (before["tokens_in"], before["cost_usd"]) == (30, 1.5)
    assert before["days"] == [
        {"day": f"{datetime.now(UTC):%Y-%m-%d}", "tokens_in": 30, "tokens_out": 0, "cost_usd": 1.5}
    ]
    async with database.system() as session:
        assert await session.scalar(text("SELECT usage_roll_up()")) >= 3
    assert (await api.get("/v1/workspace/usage")).json() == before
    await spend(database, workspace_id, tokens=5)
    async with database.system() as session:
        await session.scalar(text("SELECT usage_roll_up()"))
    assert (await api.get("/v1/workspace/usage")).json()["tokens_in"] == 35
    await limit(api, tokens_per_month=35)
    refused(await ask(api, slug), "tokens_per_month")


async def test_another_workspace_is_not_counted(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, database: Database, workspace_id: UUID
) -> None:
    theirs = (await publish(other_api))["slug"]
    await limit(other_api, starts_per_minute=1, running_runs=1, tokens_per_month=1)
    await limit(api, starts_per_minute=0)
    await spend(database, workspace_id, tokens=100)
    await start(api=other_api, slug=theirs)
    assert (await used(api))["starts_per_minute"]["limit"] == 0
    assert (await used(other_api))["tokens_per_month"]["used"] == 0
