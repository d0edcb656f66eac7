"""What becomes of a callback, one transaction at a time; as with messages to people (`db.notifications.delivery`).

`pending` → `sending` right before it is handed over → `sent`. A subscription that nobody answers any more is disabled.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from db import audit
from db.audit import Actor
from db.notifications.notices import tell_responsible
from db.retention import forget_unruled
from db.tables import Callback, Run, Subscription, Workflow, WorkflowVersion
from schemas.callbacks import MAX_PAUSE, PATIENCE
from schemas.notifications import DISABLED
from schemas.privacy import DataClass

UNSENT: Final = ("pending", "sending")
KEPT_DAYS: Final = 30
KEPT_ATTEMPTS: Final = 100
"""Of each callback; in three days there are hardly more."""
_ERROR_CHARS: Final = 1_000
_ROUNDING: Final = 2 * MAX_PAUSE
"""A delivery ends when its next attempt would come too late, and its first failure is noted only after it has begun."""


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt."""

    status: int | None
    """Of the answer."""
    error: str | None
    duration_ms: int
    known: bool = True
    """Whether it is certain what the other side has done."""


async def begin(session: AsyncSession, callback_id: UUID) -> tuple[Callback, Subscription] | None:
    """Begin an attempt; nothing if there is nothing to send any more."""
    query = (
        select(Callback, Subscription)
        .join(Subscription, Subscription.id == Callback.subscription_id)
        .options(undefer(Subscription.sealed))
        .where(Callback.id == callback_id)
    )
    row = (await session.execute(query.with_for_update(of=Callback))).one_or_none()
    if row is None or row[0].status not in UNSENT:
        return None
    callback, subscription = row[0], row[1]
    if not subscription.enabled:
        callback.status, callback.error = "skipped", "The subscription is disabled."
        await session.flush()
        return None
    if callback.body is None:
        callback.body = await _body(session, callback)
    if callback.status == "sending":
        callback.uncertain = True
        lost = {"at": None, "status": None, "error": "Nobody knows what came of this attempt.", "duration_ms": None}
        callback.log = [*callback.log, lost][-KEPT_ATTEMPTS:]
    callback.status = "sending"
    callback.attempts += 1
    await session.flush()
    return callback, subscription


async def settle(session: AsyncSession, callback: Callback, outcome: Outcome) -> None:
    """Write down what came of an attempt, unless another one has taken its place."""
    sent = outcome.error is None
    values: dict[str, Any] = {
        "response_status": outcome.status,
        "error": None if outcome.error is None else outcome.error[:_ERROR_CHARS],
        "duration_ms": outcome.duration_ms,
        "log": [*callback.log, await _entry(session, outcome)][-KEPT_ATTEMPTS:],
    }
    if sent:
        values |= {"status": "sent", "sent_at": func.clock_timestamp()}
    elif outcome.known:
        values["status"] = "pending"
    mine = update(Callback).where(
        Callback.id == callback.id, Callback.attempts == callback.attempts, Callback.status.in_(UNSENT)
    )
    await session.execute(mine.values(**values))
    since = None if sent else func.coalesce(Subscription.failing_since, func.clock_timestamp())
    whose = update(Subscription).where(Subscription.id == callback.subscription_id)
    if sent:
        whose = whose.where(Subscription.failing_since.is_not(None))
    await session.execute(whose.values(failing_since=since))


async def _entry(session: AsyncSession, outcome: Outcome) -> dict[str, Any]:
    """An attempt as the log tells it."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    error = None if outcome.error is None else outcome.error[:_ERROR_CHARS]
    return {"at": now.isoformat(), "status": outcome.status, "error": error, "duration_ms": outcome.duration_ms}


async def give_up(session: AsyncSession, callback_id: UUID, reason: str) -> None:
    """A callback cannot be sent; if nothing could for long, its subscription is disabled."""
    failed = update(Callback).where(Callback.id == callback_id, Callback.status.in_(UNSENT))
    why = func.coalesce(Callback.error, reason[:_ERROR_CHARS])
    which = await session.scalar(failed.values(status="failed", error=why).returning(Callback.subscription_id))
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    if which is None:
        return
    subscription = await session.scalar(select(Subscription).where(Subscription.id == which).with_for_update())
    since = None if subscription is None else subscription.failing_since
    if subscription is not None and since is not None and now - since >= PATIENCE - _ROUNDING:
        await disable(session, subscription, f"Nothing could be delivered since {since:%Y-%m-%d %H:%M} UTC.")


async def disable(session: AsyncSession, subscription: Subscription, reason: str) -> None:
    """Send nothing to a subscription any more, and tell who made it, or admins if that is no member (any more)."""
    if not subscription.enabled:
        return
    subscription.enabled, subscription.disabled_reason = False, reason
    subscription.updated_at, subscription.updated_by = func.clock_timestamp(), "Perdure"
    system = Actor(subscription.workspace_id, "system", None, "Perdure")
    about = ("subscription", subscription.id)
    audit.record(session, system, "subscription.disabled", about, after={"name": subscription.name, "reason": reason})
    facts = {"name": subscription.name, "reason": reason}
    key = f"disabled:{subscription.id}:{subscription.failing_since}"
    await tell_responsible(session, subscription.workspace_id, subscription.owner_id, DISABLED, facts, key)
    await session.flush()


async def forget(session: AsyncSession) -> int:
    """Delete old callbacks, where no rule of the workspace says otherwise; how many.

    Args:
        session: A system session.
    """
    return await forget_unruled(session, DataClass.DELIVERIES, "callbacks", KEPT_DAYS)


async def _body(session: AsyncSession, callback: Callback) -> dict[str, Any]:
    """What is sent, by the rules of Standard Webhooks."""
    query = (
        select(Workflow.slug, WorkflowVersion.version, Run.trigger, Run.parent_run_id, Run.created_at)
        .join(Workflow, Workflow.id == Run.workflow_id)
        .join(WorkflowVersion, WorkflowVersion.id == Run.version_id)
        .where(Run.id == callback.run_id)
    )
    row = (await session.execute(query)).one_or_none()
    run = (
        {}
        if row is None
        else {
            "run_id": str(callback.run_id),
            "workflow": row.slug,
            "version": row.version,
            "trigger": row.trigger,
            "parent_run_id": None if row.parent_run_id is None else str(row.parent_run_id),
            "run_created_at": row.created_at.isoformat(),
        }
    )
    facts = callback.facts
    step = {} if facts.get("path") is None else {"path": facts["path"], "iteration": facts.get("iteration")}
    data = {**run, **step, **(facts.get("data") or {})}
    return {"type": callback.event, "timestamp": callback.at.isoformat(), "data": data}
