"""Why runs wait: quickly for many, thoroughly for one."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.runs import repository
from api.runs.repository import Found
from api.runs.waits.engine import ask_temporal
from api.runs.waits.log import read_facts
from api.runs.waits.models import Wait, WaitKind
from api.runs.waits.reasons import reason_of
from api.services import Services
from db.tables import Run, WorkflowVersion
from schemas.document import Limits

DEEPEST: Final = 4
"""Levels of runs that wait for runs, down to which one sentence goes."""

_TAKEN_OVER: Final = ("until", "attempt", "queue", "by", "approval_id")


async def waits_of(session: AsyncSession, rows: Sequence[Found]) -> dict[UUID, Wait]:
    """Why those of the runs wait that have not ended, as far as the database knows."""
    facts = await read_facts(session, [(run, slug) for run, slug, _ in rows])
    return {run_id: reason_of(known) for run_id, known in facts.items()}


async def explain(services: Services, workspace_id: UUID, run_id: UUID) -> Wait | None:
    """Why a run waits, through the runs that it waits for, and with what Temporal knows; nothing if it has ended."""
    async with services.database.tenant(workspace_id) as session:
        chain = await _chain(session, run_id)
    if not chain:
        return None
    run, last = chain[-1]
    told = await ask_temporal(services.temporal, run, last)
    for _, above in reversed(chain[:-1]):
        told = _through(above, told)
    return told


async def _chain(session: AsyncSession, run_id: UUID) -> list[tuple[Run, Wait]]:
    """The run and those that it waits for, one for the other."""
    chain: list[tuple[Run, Wait]] = []
    following: UUID | None = run_id
    while following is not None and len(chain) < DEEPEST:
        row = await repository.find_summary(session, following)
        facts = {} if row is None else await read_facts(session, [(row[0], row[1])])
        if row is None or following not in facts:
            break
        found = reason_of(facts[following], await _max_parallel(session, row[0].version_id))
        chain.append((row[0], found))
        following = found.run_id if found.kind is WaitKind.SUB_RUN else None
    return chain


async def _max_parallel(session: AsyncSession, version_id: UUID) -> int:
    limits = await session.scalar(select(WorkflowVersion.document["limits"]).where(WorkflowVersion.id == version_id))
    return Limits.model_validate(limits or {}).max_parallel


def _through(above: Wait, below: Wait) -> Wait:
    """The reason of a run that waits for another one, with the reason of that one."""
    sentence = f"{above.sentence[:-1]}: {below.sentence[:1].lower()}{below.sentence[1:]}"
    return above.model_copy(update={"sentence": sentence, **{field: getattr(below, field) for field in _TAKEN_OVER}})
