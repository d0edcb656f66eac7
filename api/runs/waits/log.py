"""What the database knows of why runs wait: bounded queries for many runs at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Approval, Run, Step, Waiter
from schemas.messages import UNFINISHED, NodeStatus, RunStatus

MANY_STEPS: Final = 300
"""Runs with more finished steps are only looked into when they are asked for alone."""

MOST_OPEN: Final = 1_000
"""Open steps, requests or waits that are read."""


@dataclass(frozen=True)
class OpenStep:
    """A step that is running or waiting."""

    run_id: UUID
    path: str
    kind: str
    name: str
    status: str
    attempt: int
    error: Any
    input: Any
    started_at: datetime | None
    next_attempt_at: datetime | None


@dataclass
class Facts:
    """Of one unfinished run, what is open."""

    run: Run
    slug: str
    approvals: list[Approval] = field(default_factory=list)
    waiters: list[Waiter] = field(default_factory=list)
    steps: list[OpenStep] = field(default_factory=list)
    steps_known: bool = True
    """Whether its steps were looked at."""
    parent_steering: Any = None
    """What was last wanted of the run that it belongs to."""


async def read_facts(session: AsyncSession, runs: Sequence[tuple[Run, str]]) -> dict[UUID, Facts]:
    """What is open in those of the runs that have not ended."""
    facts = {run.id: Facts(run, slug) for run, slug in runs if run.status in UNFINISHED}
    begun = [run_id for run_id, known in facts.items() if known.run.status != RunStatus.PENDING]
    if not begun:
        return facts
    for approval in await session.scalars(_approvals(begun)):
        facts[approval.run_id].approvals.append(approval)
    for waiter in await session.scalars(_waiters(begun)):
        facts[waiter.run_id].waiters.append(waiter)
    for run_id in begun:
        facts[run_id].steps_known = len(begun) == 1 or facts[run_id].run.steps_done <= MANY_STEPS
    few = [run_id for run_id in begun if facts[run_id].steps_known]
    for row in await session.execute(_steps(few)):
        facts[row.run_id].steps.append(OpenStep(*row))
    await _read_parents(session, facts)
    return facts


async def _read_parents(session: AsyncSession, facts: dict[UUID, Facts]) -> None:
    """A run that is paused without a word of its own was paused with its parent."""
    paused = [known for known in facts.values() if known.run.status == RunStatus.PAUSED and not known.run.steering]
    children: defaultdict[UUID, list[Facts]] = defaultdict(list)
    for known in paused:
        if known.run.parent_run_id is not None:
            children[known.run.parent_run_id].append(known)
    if children:
        for row in await session.execute(select(Run.id, Run.steering).where(Run.id.in_(children))):
            for known in children[row.id]:
                known.parent_steering = row.steering


def _approvals(runs: Sequence[UUID]) -> Any:
    query = select(Approval).where(Approval.run_id.in_(runs), Approval.status == "pending")
    return query.order_by(Approval.created_at, Approval.id).limit(MOST_OPEN)


def _waiters(runs: Sequence[UUID]) -> Any:
    query = select(Waiter).where(Waiter.run_id.in_(runs), Waiter.status == "waiting")
    return query.order_by(Waiter.created_at, Waiter.id).limit(MOST_OPEN)


def _steps(runs: Sequence[UUID]) -> Any:
    # Settings of other kinds may be large, and are not needed.
    small = case((Step.kind.in_(("wait", "sub_workflow")), Step.input))
    columns = (
        *(Step.run_id, Step.path, Step.kind, Step.name, Step.status, Step.attempt, Step.error),
        *(small, Step.started_at, Step.next_attempt_at),
    )
    is_open = Step.status.in_((NodeStatus.RUNNING, NodeStatus.WAITING))
    query = select(*columns).where(Step.run_id.in_(runs), is_open)
    return query.order_by(Step.started_at, Step.path).limit(MOST_OPEN)
