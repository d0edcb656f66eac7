"""Of all who decide a request exactly one wins, and everybody learns who."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from db.approvals.opening import open_approval
from db.approvals.settling import decision_of, expire
from db.approvals.voting import Verdict
from db.session import Database
from db.tables import Approval, OutboxRow
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import NodeStatus, RunStatus
from schemas.service_calls import CloseRun, OpenApproval
from tests.support.approvals import decide
from tests.support.run_log import LoggedRun, entry


@pytest.fixture
async def run(database: Database, workspace_id: UUID) -> LoggedRun:
    """A pending run."""
    return await LoggedRun.create(database, workspace_id)


def _request(run: LoggedRun, **fields: Any) -> OpenApproval:
    given: dict[str, Any] = {
        "path": "ask",
        "iteration": 0,
        "node_name": "Ask",
        "workflow_id": f"run-{run.id}",
        "title": "Pay 900 USD?",
        "payload": {"amount": 900},
        "form": {"type": "object"},
        "decisions": (("approved", "Pay"), ("rejected", "No")),
        "deadline": 86_400.0,
    }
    return OpenApproval.model_validate(run.message(**(given | fields)))


async def _open(run: LoggedRun, **fields: Any) -> UUID:
    async with run.database.tenant(run.workspace_id) as session:
        return (await open_approval(session, _request(run, **fields))).id


async def _decide(run: LoggedRun, approval_id: UUID, by: str, decision: str = "approved") -> Verdict:
    async with run.database.tenant(run.workspace_id) as session:
        return await decide(session, approval_id, decision, data={"by": by}, reason="why not", by=by)


async def _expire(run: LoggedRun, approval_id: UUID) -> Approval:
    async with run.database.tenant(run.workspace_id) as session:
        return await expire(session, approval_id)


async def _told(run: LoggedRun, approval: Approval) -> dict[str, Any] | None:
    async with run.database.tenant(run.workspace_id) as session:
        decision = await decision_of(session, approval)
    return None if decision is None else decision.model_dump(mode="json")


async def _signals(run: LoggedRun) -> list[OutboxRow]:
    async with run.database.tenant(run.workspace_id) as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.run_id == run.id).order_by(OutboxRow.id))
        return list(rows)


async def test_opening_twice_is_one_request(run: LoggedRun) -> None:
    waiting = (entry("ask", NodeStatus.WAITING),)
    assert await _open(run, log=waiting) == await _open(run, log=waiting)
    assert await run.history() == ["run.started", "step.waiting ask", "approval.opened ask"]
    assert await _open(run, round=1) != await _open(run, round=2)


async def test_a_decision_is_stored_signalled_and_logged_together(run: LoggedRun) -> None:
    approval_id = await _open(run)
    verdict = await _decide(run, approval_id, "ada")
    assert verdict.won
    (signal,) = await _signals(run)
    assert (signal.signal, signal.workflow_id) == ("decide", f"run-{run.id}")
    assert signal.payload == await _told(run, verdict.approval)
    assert signal.payload["data"] == {"by": "ada"}
    event = (await run.events())[-1]
    assert event.type == "approval.decided"
    assert (event.path, event.data["by"], event.data["decision"]) == ("ask", "ada", "approved")


async def test_of_twenty_deciders_one_wins_and_all_know_who(run: LoggedRun) -> None:
    approval_id = await _open(run)
    verdicts = await asyncio.gather(*(_decide(run, approval_id, f"person {n}") for n in range(20)))
    winners = [verdict for verdict in verdicts if verdict.won]
    assert len(winners) == 1
    assert {verdict.approval.decided_by for verdict in verdicts} == {winners[0].approval.decided_by}
    assert len(await _signals(run)) == 1
    assert (await run.history()).count("approval.decided ask") == 1


@pytest.mark.parametrize("round_", range(5))
async def test_a_decider_and_the_deadline_agree(run: LoggedRun, round_: int) -> None:
    approval_id = await _open(run)
    verdict, expired, _ = await asyncio.gather(
        _decide(run, approval_id, "ada"), _expire(run, approval_id), run.complete("beside")
    )
    assert await _told(run, verdict.approval) == await _told(run, expired)
    assert verdict.won == (expired.decision == "approved")
    assert len(await _signals(run)) == int(verdict.won)


async def test_an_expired_request_cannot_be_decided(run: LoggedRun) -> None:
    approval_id = await _open(run)
    expired = await _expire(run, approval_id)
    assert (expired.status, expired.decision) == ("expired", "expired")
    again = await _expire(run, approval_id)
    assert again.decided_at == expired.decided_at
    verdict = await _decide(run, approval_id, "late")
    assert not verdict.won
    assert verdict.approval.status == "expired"
    assert (await run.history())[-1] == "approval.expired ask"


async def test_the_end_of_the_run_and_a_decider_never_block_each_other(run: LoggedRun) -> None:
    ids = [await _open(run, path=f"ask{n}") for n in range(10)]
    close = run.log.close(CloseRun.model_validate(run.message(status=RunStatus.FAILED)))
    verdicts = await asyncio.gather(*(_decide(run, approval_id, "ada") for approval_id in ids), close)
    assert verdicts[-1] is True
    for verdict in verdicts[:-1]:
        assert verdict.approval.status == ("decided" if verdict.won else "cancelled")
    assert (await run.history())[-1] == "run.failed"


async def test_an_ended_run_asks_nobody(run: LoggedRun) -> None:
    await run.log.close(CloseRun.model_validate(run.message(status=RunStatus.FAILED)))
    with pytest.raises(PerdureError) as refused:
        await _open(run)
    assert refused.value.code is ErrorCode.CANCELLED


async def test_foreign_and_unknown_requests_are_not_found(run: LoggedRun) -> None:
    approval_id = await _open(run)
    for workspace, target in ((uuid4(), approval_id), (run.workspace_id, uuid4())):
        with pytest.raises(PerdureError) as refused:
            async with run.database.tenant(workspace) as session:
                await decide(session, target, "approved")
        assert refused.value.code is ErrorCode.NOT_FOUND
