"""From a delivery to a run: one transaction decides whether it starts one, writes that down, and inserts the run."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import Actor
from db.retention import forget_unruled
from db.session import Database
from db.tables import Hook, HookDelivery
from engine.triggered_runs import Target, TriggeredRun, run_key, start_triggered
from schemas.errors import ErrorClass, PerdureError
from schemas.hooks import HookKind, HookSettings
from schemas.privacy import DataClass
from schemas.trigger_mapping import fill, holds

KEPT_REFUSALS: Final = 100
"""Of each hook; more of them tell nothing, and anybody can send them."""
KEPT_DAYS: Final = 30

_PASSING: Final = (ErrorClass.QUOTA, ErrorClass.RATE_LIMITED, ErrorClass.UNAVAILABLE, ErrorClass.INTERNAL)
"""Nothing is written for these: the sender tries again."""


@dataclass(frozen=True)
class Incoming:
    """What has come in, read and checked."""

    delivery_id: str | None
    content_type: str
    headers: dict[str, str]
    query: dict[str, Any]
    body: Any
    size: int
    address: str


@dataclass(frozen=True)
class Accepted:
    """What became of a delivery."""

    row: HookDelivery
    repeated: bool
    """It was here before, and nothing has happened now."""


async def accept(session: AsyncSession, hook: Hook, incoming: Incoming, actor: Actor | None = None) -> Accepted:
    """Take a delivery in; one that was taken in before, under the same id, has no further effect.

    Args:
        session: A session of the workspace.
        hook: Where it came in.
        incoming: What came in.
        actor: Whose run it starts; the hook's own by default.

    Raises:
        PerdureError: `quota_exceeded` and the like, after which nothing was written.
    """
    row, fresh = await _claimed(session, hook, incoming)
    if not fresh and row.status in ("started", "ignored"):
        row.seen += 1
        await session.flush()
        return Accepted(row, repeated=True)
    if not fresh:  # it failed: its sender, or a change of the hook, may have mended it
        row.seen += 1
        row.body, row.headers, row.query = incoming.body, incoming.headers, incoming.query
    await _settle(session, hook, row, actor)
    return Accepted(row, repeated=False)


async def accept_again(session: AsyncSession, hook: Hook, before: HookDelivery) -> HookDelivery:
    """Take what came in before in once more, as a delivery of its own.

    Raises:
        PerdureError: as `accept`.
    """
    row = HookDelivery(
        id=uuid4(),
        workspace_id=hook.workspace_id,
        hook_id=hook.id,
        status="failed",
        content_type=before.content_type,
        headers=before.headers,
        query=before.query,
        body=before.body,
        size=before.size,
        address=before.address,
        repeats=before.id,
    )
    session.add(row)
    await session.flush()
    await _settle(session, hook, row)
    await session.refresh(row)
    return row


def known_of(hook: Hook, *, body: Any, headers: dict[str, str], query: dict[str, Any]) -> dict[str, Any]:
    """What the expressions of a hook may read."""
    return {"body": body, "headers": headers, "query": query, "hook": {"id": str(hook.id), "name": hook.name}}


def mapped(settings: HookSettings, known: dict[str, Any]) -> tuple[bool, Any]:
    """Whether a delivery starts a run, and its input.

    Raises:
        PerdureError: `expression_failed`.
    """
    if settings.filter is not None and not holds(settings.filter, known):
        return False, None
    return True, fill(settings.input, known)


async def note_refusal(database: Database, hook: Hook, incoming: Incoming, error: PerdureError) -> None:
    """Write down that something was not let in; its body is not kept."""
    async with database.tenant(hook.workspace_id) as session:
        refused = HookDelivery(
            id=uuid4(),
            workspace_id=hook.workspace_id,
            hook_id=hook.id,
            status="refused",
            error=error.info.model_dump(mode="json"),
            content_type=incoming.content_type,
            headers=incoming.headers,
            size=incoming.size,
            address=incoming.address,
        )
        session.add(refused)
        await session.flush()
        mine = (HookDelivery.hook_id == hook.id, HookDelivery.status == "refused")
        newest = select(HookDelivery.id).where(*mine).order_by(HookDelivery.received_at.desc()).limit(KEPT_REFUSALS)
        await session.execute(delete(HookDelivery).where(*mine, HookDelivery.id.not_in(newest)))


async def forget_deliveries(database: Database) -> int:
    """Delete what came in long ago, where no rule of the workspace says otherwise; how much."""
    async with database.system() as session:
        return await forget_unruled(session, DataClass.DELIVERIES, "hook_deliveries", KEPT_DAYS)


async def _claimed(session: AsyncSession, hook: Hook, incoming: Incoming) -> tuple[HookDelivery, bool]:
    """The row of a delivery, and whether it is new. Whoever comes second with an id waits for the first."""
    row = (
        insert(HookDelivery)
        .values(
            id=uuid4(),
            workspace_id=hook.workspace_id,
            hook_id=hook.id,
            delivery_id=incoming.delivery_id,
            status="failed",
            content_type=incoming.content_type,
            headers=incoming.headers,
            query=incoming.query,
            body=incoming.body,
            size=incoming.size,
            address=incoming.address,
        )
        .on_conflict_do_nothing()
    )
    made: HookDelivery | None = await session.scalar(row.returning(HookDelivery))
    if made is not None:
        return made, True
    mine = select(HookDelivery).where(HookDelivery.hook_id == hook.id, HookDelivery.delivery_id == incoming.delivery_id)
    return (await session.scalars(mine.with_for_update())).one(), False


async def _settle(session: AsyncSession, hook: Hook, row: HookDelivery, actor: Actor | None = None) -> None:
    settings = HookSettings.model_validate(hook.settings)
    known = known_of(hook, body=row.body, headers=row.headers, query=row.query)
    try:
        wanted, value = mapped(settings, known)
        row.run_id = await _start(session, hook, row.id, value, actor) if wanted else None
        row.status, row.error = ("started" if wanted else "ignored"), None
    except PerdureError as error:
        if error.info.error_class in _PASSING:
            raise
        row.status, row.error = "failed", error.info.model_dump(mode="json")
    await session.flush()


async def _start(session: AsyncSession, hook: Hook, delivery: UUID, value: Any, actor: Actor | None) -> UUID:
    kind = HookKind(hook.kind)
    own = Actor(hook.workspace_id, "system", None, f"{kind.value.capitalize()} {hook.name}")
    return await start_triggered(
        session,
        TriggeredRun(
            actor=actor or own,
            target=Target(hook.workflow_id, hook.version),
            input=value,
            key=run_key("hook", hook.id, str(delivery)),
            trigger=kind.value,
        ),
    )
