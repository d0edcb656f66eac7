"""Bulk jobs on the real servers: every run once, watched, paced, stopped, and begun again when Temporal forgot."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from temporalio.testing import ActivityEnvironment

from activities.bulk.services import BulkServices
from db.tables import AuditEntry, BulkJob, OutboxRow, Quotas
from engine.bulk_starter import QUIET, BulkStarter, bulk_workflow_id, forget_bulk_jobs
from schemas.bulk import BulkInput
from tests.support.perdure import Perdure
from tests.support.polling import eventually

ASK: dict[str, Any] = {"id": "ask", "kind": "approval", "with": {"title": "Pay?"}}
ENDED = ("completed", "stopped")


async def preview(perdure: Perdure, operation: str, **body: Any) -> dict[str, Any]:
    answer = await perdure.api.post("/v1/bulk/preview", json={"operation": operation, **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def begin(perdure: Perdure, operation: str, *, per_minute: int | None = None, **body: Any) -> str:
    """Preview and start; id of the job."""
    token: str = (await preview(perdure, operation, **body))["token"]
    answer = await perdure.api.post("/v1/bulk", json={"token": token, "per_minute": per_minute})
    assert answer.status_code == 202, answer.text
    return token


async def job_of(perdure: Perdure, bulk: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await perdure.api.get(f"/v1/bulk/{bulk}")).raise_for_status().json()
    return answer


async def finished(perdure: Perdure, bulk: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        job = await job_of(perdure, bulk)
        return job if job["status"] in ENDED else None

    found = await eventually(look, seconds=60)
    assert found is not None
    return found


async def items(perdure: Perdure, bulk: str, **params: Any) -> list[dict[str, Any]]:
    page = (await perdure.api.get(f"/v1/bulk/{bulk}/items", params={"limit": 1_000, **params})).raise_for_status()
    found: list[dict[str, Any]] = page.json()["items"]
    return found


async def asking(perdure: Perdure, count: int) -> tuple[str, list[str]]:
    """So many runs that wait for a person."""
    slug = await perdure.publish([ASK])
    runs = list(await asyncio.gather(*(perdure.start(slug) for _ in range(count))))
    for run in runs:
        await perdure.approval(run)
    return slug, runs


async def failed(perdure: Perdure, count: int) -> tuple[str, list[str]]:
    """So many runs that have failed, and will again."""
    slug = await perdure.publish([{"id": "part", "kind": "transform", "with": {"value": "{{ 1 / input.n }}"}}])
    runs = list(await asyncio.gather(*(perdure.start(slug, {"n": 0}) for _ in range(count))))
    for run in runs:
        await perdure.ended(run)
    return slug, runs


async def test_a_filter_is_cancelled_run_by_run(perdure: Perdure) -> None:
    slug, runs = await asking(perdure, 5)
    bulk = await begin(perdure, "cancel", filter={"workflow": slug}, reason="wrong campaign")
    job = await finished(perdure, bulk)
    assert (job["status"], job["done"], job["skipped"], job["failed"], job["remaining"]) == ("completed", 5, 0, 0, 0)
    for run in runs:
        ended = await perdure.ended(run)
        assert (ended["status"], ended["error"]["message"]) == ("cancelled", "wrong campaign")
    assert {(item["run_id"], item["outcome"]) for item in await items(perdure, bulk)} == {(run, "done") for run in runs}
    async with perdure.database.tenant(perdure.workspace_id) as session:
        audited = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "run.cancelled")
        assert await session.scalar(audited.where(AuditEntry.actor_name == "operator")) == 5
        actions = set(await session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == bulk)))
    assert actions == {"bulk.started"}


async def test_failed_runs_are_retried(perdure: Perdure) -> None:
    slug, runs = await failed(perdure, 3)
    job = await finished(perdure, await begin(perdure, "retry", filter={"workflow": slug, "status": ["failed"]}))
    assert job["done"] == 3
    for run in runs:
        assert (await perdure.ended_again(run, 2))["status"] == "failed"


async def test_pausing_and_resuming(perdure: Perdure) -> None:
    slug, runs = await asking(perdure, 2)
    await finished(perdure, await begin(perdure, "pause", filter={"workflow": slug}))
    for run in runs:
        await perdure.shows(run, "paused")
    again = await preview(perdure, "pause", filter={"workflow": slug})
    assert (again["affected"], again["skipped"]) == (0, 2)
    await finished(perdure, await begin(perdure, "resume", ids=runs))
    for run in runs:
        await perdure.shows(run, "running")


async def test_terminating(perdure: Perdure) -> None:
    slug, runs = await asking(perdure, 2)
    await finished(perdure, await begin(perdure, "terminate", filter={"workflow": slug}))
    assert {(await perdure.get(run))["status"] for run in runs} == {"terminated"}


async def test_forks_of_ended_and_of_living_runs(perdure: Perdure) -> None:
    free = {"id": "free", "kind": "transform", "with": {"value": 1}}
    slug = await perdure.publish([free, ASK], ["free>ask"], output="{{ nodes.free.output }}")
    living, done = await perdure.start(slug), await perdure.start(slug)
    await perdure.approval(living)
    await perdure.decide(done, "approved")
    await perdure.ended(done)
    bulk = await begin(perdure, "fork", filter={"workflow": slug}, fork={"node": "ask", "outputs": {"free": 7}})
    assert (await finished(perdure, bulk))["done"] == 2
    for item in await items(perdure, bulk):
        await perdure.decide(item["new_run_id"], "approved")
        fork = await perdure.ended(item["new_run_id"])
        assert (fork["forked_from"], fork["output"], fork["started_by"]) == (item["run_id"], 7, "operator")


async def test_what_has_changed_since_the_preview_is_skipped(perdure: Perdure) -> None:
    slug, runs = await asking(perdure, 2)
    token = (await preview(perdure, "cancel", filter={"workflow": slug}))["token"]
    await perdure.decide(runs[0], "approved")
    await perdure.ended(runs[0])
    late = await perdure.start(slug)
    await perdure.api.post("/v1/bulk", json={"token": token})
    job = await finished(perdure, token)
    assert (job["total"], job["done"], job["skipped"]) == (2, 1, 1)
    [skipped] = await items(perdure, token, outcome="skipped")
    assert skipped["run_id"] == runs[0]
    assert skipped["reason"] == "The run has ended as completed; there is nothing to cancel."
    assert (await perdure.get(late))["status"] != "cancelled", "it was not there when the runs were chosen"


async def test_a_job_is_stopped_within_its_pause_and_keeps_what_it_did(perdure: Perdure) -> None:
    slug, runs = await asking(perdure, 4)
    bulk = await begin(perdure, "cancel", per_minute=1, filter={"workflow": slug})

    async def one_is_done() -> bool:
        return bool((await job_of(perdure, bulk))["done"] == 1)

    await eventually(one_is_done, seconds=30)
    answer = await perdure.api.post(f"/v1/bulk/{bulk}/stop")
    assert (answer.status_code, answer.json()["status"]) == (202, "stopping")
    job = await finished(perdure, bulk)
    assert (job["status"], job["done"], job["remaining"]) == ("stopped", 1, 3)
    assert len(await items(perdure, bulk, outcome="open")) == 3
    left = [run for run in runs if run not in {i["run_id"] for i in await items(perdure, bulk, outcome="done")}]
    assert {(await perdure.get(run))["status"] for run in left} == {"running"}
    assert (await perdure.api.post(f"/v1/bulk/{bulk}/stop")).status_code == 409


async def test_a_job_waits_for_a_quota_instead_of_failing(perdure: Perdure) -> None:
    slug, runs = await failed(perdure, 2)
    await set_quota(perdure, starts_per_minute=0)
    bulk = await begin(perdure, "retry", filter={"workflow": slug})

    async def waits() -> bool:
        job = await job_of(perdure, bulk)
        return bool(job["note"] and "may start 0 runs within a minute" in job["note"] and job["done"] == 0)

    await eventually(waits, seconds=30)
    await set_quota(perdure, starts_per_minute=100)
    job = await finished(perdure, bulk)
    assert (job["status"], job["done"], job["note"]) == ("completed", 2, None)
    assert {(await perdure.ended_again(run, 2))["status"] for run in runs} == {"failed"}


async def set_quota(perdure: Perdure, starts_per_minute: int) -> None:
    row = {"workspace_id": perdure.workspace_id, "starts_per_minute": starts_per_minute}
    async with perdure.database.tenant(perdure.workspace_id) as session:
        changed = {"starts_per_minute": starts_per_minute}
        await session.execute(
            insert(Quotas).values(row).on_conflict_do_update(index_elements=["workspace_id"], set_=changed)
        )


async def test_a_job_whose_workflow_was_lost_is_begun_again(perdure: Perdure) -> None:
    slug, runs = await asking(perdure, 3)
    bulk = await begin(perdure, "cancel", per_minute=1, filter={"workflow": slug})

    async def one_is_done() -> bool:
        return bool((await job_of(perdure, bulk))["done"] == 1)

    await eventually(one_is_done, seconds=30)
    await perdure.temporal.get_workflow_handle(bulk_workflow_id(UUID(bulk))).terminate("lost")
    async with perdure.database.tenant(perdure.workspace_id) as session:
        long_ago = datetime.now(UTC) - QUIET - timedelta(seconds=1)
        await session.execute(update(BulkJob).where(BulkJob.id == bulk).values(updated_at=long_ago, per_minute=None))
    job = await finished(perdure, bulk)
    assert (job["status"], job["done"]) == ("completed", 3)
    assert await cancellations(perdure, runs) == [1, 1, 1]


async def test_two_workers_with_the_same_page_do_nothing_twice(perdure: Perdure) -> None:
    slug, runs = await asking(perdure, 6)
    token = (await preview(perdure, "cancel", filter={"workflow": slug}))["token"]
    async with perdure.database.tenant(perdure.workspace_id) as session:
        accepted = {"status": "pending", "accepted_at": func.now(), "dispatched_at": func.now()}
        await session.execute(update(BulkJob).where(BulkJob.id == token).values(**accepted))
    page = BulkServices(perdure.database).bulk_page
    job = BulkInput(workspace_id=str(perdure.workspace_id), bulk_id=token)
    await asyncio.gather(*(ActivityEnvironment(client=perdure.temporal).run(page, job) for _ in range(4)))
    shown = await job_of(perdure, token)
    assert (shown["done"], shown["remaining"]) == (6, 0)
    assert await cancellations(perdure, runs) == [1] * 6


async def cancellations(perdure: Perdure, runs: list[str]) -> list[int]:
    """How often each run was told to cancel."""
    async with perdure.database.tenant(perdure.workspace_id) as session:
        query = select(OutboxRow.run_id, func.count()).where(OutboxRow.signal == "control").group_by(OutboxRow.run_id)
        found = {str(row[0]): row[1] for row in await session.execute(query)}
    return [found.get(run, 0) for run in runs]


async def test_a_job_that_was_accepted_but_never_started_is_found_by_the_sweep(perdure: Perdure) -> None:
    slug, [run] = await asking(perdure, 1)
    token = (await preview(perdure, "cancel", filter={"workflow": slug}))["token"]
    async with perdure.database.tenant(perdure.workspace_id) as session:
        # As the API leaves it when it dies right after its commit.
        await session.execute(
            update(BulkJob)
            .where(BulkJob.id == token)
            .values(status="pending", accepted_at=func.now(), updated_at=func.now())
        )
    assert (await finished(perdure, token))["done"] == 1
    assert (await perdure.ended(run))["status"] == "cancelled"


async def test_old_previews_and_jobs_are_forgotten(perdure: Perdure) -> None:
    slug, _ = await asking(perdure, 1)
    fresh, old = [(await preview(perdure, "cancel", filter={"workflow": slug}))["token"] for _ in range(2)]
    async with perdure.database.tenant(perdure.workspace_id) as session:
        past = datetime.now(UTC) - timedelta(hours=2)
        await session.execute(update(BulkJob).where(BulkJob.id == old).values(created_at=past))
    await forget_bulk_jobs(perdure.database)
    async with perdure.database.tenant(perdure.workspace_id) as session:
        assert [str(one) for one in await session.scalars(select(BulkJob.id))] == [fresh]
    await BulkStarter(perdure.database, perdure.temporal).wake(UUID(fresh))  # nobody is there to hear it
