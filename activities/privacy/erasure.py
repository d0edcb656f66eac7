"""Erases a person from a workspace: what agents remember, chats, runs, deliveries, and their name in the audit log."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.privacy.executions import forget_executions
from activities.privacy.jobs import Job, Page, Tools, settle
from db.audit_chain import Person, redact
from db.erasure import KEPT, OF_RUNS, PERSONAL, RUNS_OF_PERSON, count_kept, delete_personal, values_of_person
from db.retention import STORES, Reach, delete_old, held
from db.tables import User
from schemas.privacy import DataClass

_BATCH: Final = 100
_ENDED: Final = "t.status IN ('completed', 'failed', 'cancelled', 'terminated')"
_HELD: Final = held("t.id")
_PAUSE: Final = 30.0
"""Seconds between two looks at runs of the person that have not ended."""

_PATIENCE: Final = 20
"""Looks after which the job ends and says what is left."""


async def erase_person_page(tools: Tools, job: Job) -> Page:
    """Erase a batch: of runs, when none is left of rows, of the audit log; and then see what is left."""
    page = Page(dict(job.progress))
    subject = str(job.parameters["subject"])
    values = values_of_person(job.workspace_id, subject)
    if await _erase_runs(tools, job, page, values):
        return page
    person = Person(await _accounts(tools, subject), values["subject"], values["path"])
    async with tools.database.system() as session:
        if not await _erase_rows(session, job, page, values) and not await _redact(session, job, page, person):
            await _conclude(session, job, page, values)
        await settle(session, job, page)
    return page


async def _erase_runs(tools: Tools, job: Job, page: Page, values: dict[str, Any]) -> bool:
    """Delete runs that have ended and that nothing holds, with what came in and went out; whether there were any."""
    wanted = text(
        f"SELECT t.id, t.attempt FROM runs t WHERE {RUNS_OF_PERSON} AND {_ENDED} AND NOT {_HELD} LIMIT :limit"  # noqa: S608
    )
    async with tools.database.system() as session:
        found: list[tuple[UUID, int]] = [
            (row.id, row.attempt) for row in await session.execute(wanted, {**values, "limit": _BATCH})
        ]
    if not found:
        return False
    await forget_executions(tools.temporal, found)
    gone = text(
        f"DELETE FROM runs t WHERE t.workspace_id = :workspace AND t.id = ANY(:ids) AND {_ENDED} AND NOT {_HELD} "  # noqa: S608
        "RETURNING t.id"
    )
    async with tools.database.system() as session:
        ids = [run_id for run_id, _ in found]
        ids = list(await session.scalars(gone, {"workspace": job.workspace_id, "ids": ids}))
        page.count("runs", len(ids))
        for table in OF_RUNS:
            rest = text(f"DELETE FROM {table} WHERE workspace_id = :workspace AND run_id = ANY(:ids) RETURNING 1")  # noqa: S608
            page.count(table, len((await session.execute(rest, {"workspace": job.workspace_id, "ids": ids})).all()))
        await settle(session, job, page)
    return True


async def _erase_rows(session: AsyncSession, job: Job, page: Page, values: dict[str, Any]) -> bool:
    """Delete a batch of the first table that has any; whether one had."""
    for table in PERSONAL:
        if number := await delete_personal(session, table, values):
            page.count(table, number)
            return True
    # Large payloads of runs: what is younger goes when no run can need it, by `forget_payloads_of_erased`.
    [blobs] = STORES[DataClass.BLOBS]
    number = await delete_old(session, blobs, Reach(job.workspace_id, datetime.now(UTC), 0))
    page.count(blobs.table, number)
    return number > 0


async def _redact(session: AsyncSession, job: Job, page: Page, person: Person) -> bool:
    """Blank a batch of the audit log: what a member did, what was done to them, what names them; the ids stay."""
    number = await redact(session, job.workspace_id, person=person)
    page.count("audit_log", number)
    return number > 0


async def _conclude(session: AsyncSession, job: Job, page: Page, values: dict[str, Any]) -> None:
    """End, or look again later: runs that go on are erased when they have ended."""
    left = text(
        f"SELECT count(*) FILTER (WHERE NOT {_ENDED}), count(*) FILTER (WHERE {_ENDED}) FROM runs t "  # noqa: S608
        f"WHERE {RUNS_OF_PERSON}"
    )
    going, runs = (await session.execute(left, values)).one()
    kept = {"runs": runs} | {table: await count_kept(session, table, values) for table in KEPT}
    looks = page.progress["looks"] = page.progress.get("looks", 0) + 1
    what = ", ".join(f"{number} of {table}" for table, number in kept.items() if number)
    said = [f"A legal hold keeps {what}"] if what else []
    if going and looks < _PATIENCE:
        page.pause_seconds = _PAUSE
        page.note = f"Waits for {going} run(s) that have not ended."
        return
    if going:
        said.append(f"{going} run(s) have not ended; cancel them and erase again")
    page.finished, page.note = True, "; ".join(said) or None


async def _accounts(tools: Tools, subject: str) -> tuple[UUID, ...]:
    """Accounts of a person."""
    async with tools.database.identity() as accounts:
        found = (await accounts.scalars(select(User.id).where(func.lower(User.email) == subject.lower()))).all()
    return (*found, *([UUID(subject)] if _is_id(subject) else []))


def _is_id(subject: str) -> bool:
    try:
        UUID(subject)
    except ValueError:
        return False
    return True
