"""Masking, retention rules, holds and keys of a workspace."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.privacy import models
from api.requests import decode_moment_cursor, encode_cursor
from db import audit
from db.audit import Actor
from db.retention import STORES, Reach, count_old
from db.tables import LegalHold, PrivacySettings, RetentionRule, Run, Workflow, WorkspaceDataKey
from engine.data_keys import rotate_key
from engine.privacy_starter import ROUND_HOUR
from engine.secrets import Encryption
from schemas.errors import ErrorCode
from schemas.private_data import Kind

SUBJECT = "privacy"


async def get_masking(session: AsyncSession) -> models.Masking:
    """What the workspace masks."""
    row = (await session.scalars(select(PrivacySettings))).one_or_none()
    if row is None:
        return models.Masking(mask_logs=True, mask_views=False, mask_events=False, kinds=list(Kind), fields=[])
    return models.Masking(
        mask_logs=row.mask_logs,
        mask_views=row.mask_views,
        mask_events=row.mask_events,
        kinds=row.kinds,
        fields=row.fields,
    )


async def change_masking(session: AsyncSession, actor: Actor, body: models.ChangeMasking) -> models.Masking:
    """Mask something else, or elsewhere."""
    before = await get_masking(session)
    values = body.model_dump(mode="json") | {"updated_at": func.clock_timestamp()}
    row = insert(PrivacySettings).values(workspace_id=actor.workspace_id, **values)
    await session.execute(row.on_conflict_do_update(index_elements=[PrivacySettings.workspace_id], set_=values))
    after = models.Masking(**body.model_dump())
    if after != before:
        changed = {"before": before.model_dump(mode="json"), "after": after.model_dump(mode="json")}
        audit.record(session, actor, "privacy.masking_changed", (SUBJECT, "masking"), **changed)
    return after


async def get_retention(session: AsyncSession) -> models.Retention:
    """The rules of the workspace."""
    rows = await session.scalars(select(RetentionRule).order_by(RetentionRule.data_class))
    rules = [models.RetentionRule(data=r.data_class, days=r.days, keep_last=r.keep_last) for r in rows]
    return models.Retention(rules=rules, next_at=_next_round())


async def change_retention(session: AsyncSession, actor: Actor, body: models.ChangeRetention) -> models.Retention:
    """Put other rules in place of all.

    Raises:
        RequestError: `invalid_request` if a class has two rules.
    """
    _once_each(body.rules)
    before = await get_retention(session)
    await session.execute(delete(RetentionRule))
    if body.rules:
        rows = [
            {"workspace_id": actor.workspace_id, "data_class": r.data, "days": r.days, "keep_last": r.keep_last}
            for r in body.rules
        ]
        await session.execute(insert(RetentionRule), rows)
    after = await get_retention(session)
    if after.rules != before.rules:
        changed = {
            name: [r.model_dump(mode="json") for r in of.rules] for name, of in (("before", before), ("after", after))
        }
        audit.record(session, actor, "privacy.retention_changed", (SUBJECT, "retention"), **changed)
    return after


async def preview_retention(
    session: AsyncSession, workspace_id: UUID, rules: Sequence[models.RetentionRule] | None
) -> models.RetentionPreview:
    """What rules would delete now; nothing is deleted.

    Raises:
        RequestError: `invalid_request` if a class has two rules.
    """
    if rules is None:
        rules = (await get_retention(session)).rules
    _once_each(rules)
    found = []
    for rule in rules:
        reach = Reach(workspace_id, datetime.now(UTC) - timedelta(days=rule.days), rule.keep_last)
        for store in STORES[rule.data]:
            rows, oldest = await count_old(session, store, reach)
            found.append(models.WouldDelete(data=rule.data, table=store.table, rows=rows, oldest=oldest))
    return models.RetentionPreview(would_delete=found)


async def list_holds(session: AsyncSession, cursor: str | None, limit: int) -> models.LegalHoldPage:
    """A page of holds; those that were released stay in the list."""
    query = select(LegalHold).order_by(LegalHold.created_at.desc(), LegalHold.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(LegalHold.created_at, LegalHold.id) < decode_moment_cursor(cursor))
    rows = (await session.scalars(query)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    more = None if last is None else encode_cursor(last.created_at.isoformat(), str(last.id))
    slugs = await _slugs(session, rows[:limit])
    return models.LegalHoldPage(items=[_hold(row, slugs) for row in rows[:limit]], next_cursor=more)


async def create_hold(session: AsyncSession, actor: Actor, body: models.CreateLegalHold) -> models.LegalHold:
    """Keep a run, or every run of a workflow.

    Raises:
        RequestError: `not_found`; `invalid_request` unless exactly one is named; `conflict` if it is held already.
    """
    kind, subject_id = await _subject(session, body)
    row = insert(LegalHold).values(
        workspace_id=actor.workspace_id,
        subject_kind=kind,
        subject_id=subject_id,
        reason=body.reason,
        created_by=actor.described(),
    )
    made = (await session.scalars(row.on_conflict_do_nothing().returning(LegalHold))).one_or_none()
    if made is None:
        raise RequestError(ErrorCode.CONFLICT, f"This {kind} is held already.")
    after = {"subject_kind": kind, "subject_id": str(subject_id), "reason": body.reason}
    audit.record(session, actor, "legal_hold.created", ("legal_hold", made.id), after=after)
    return _hold(made, await _slugs(session, [made]))


async def release_hold(session: AsyncSession, actor: Actor, hold_id: UUID) -> None:
    """Let the rules reach what was held.

    Raises:
        RequestError: `not_found`.
    """
    hold = (await session.scalars(select(LegalHold).where(LegalHold.id == hold_id).with_for_update())).one_or_none()
    if hold is None:
        raise not_found("legal hold", hold_id)
    if hold.released_at is None:
        hold.released_at = func.clock_timestamp()
        before = {"subject_kind": hold.subject_kind, "subject_id": str(hold.subject_id), "reason": hold.reason}
        audit.record(session, actor, "legal_hold.released", ("legal_hold", hold_id), before=before)


async def list_keys(session: AsyncSession, encryption: Encryption) -> models.DataKeys:
    """The keys of the workspace; never what they are."""
    query = select(WorkspaceDataKey).order_by(WorkspaceDataKey.created_at.desc()).limit(1_000)
    rows = [
        models.DataKey(id=r.id, created_at=r.created_at, retired_at=r.retired_at, destroyed_at=r.destroyed_at)
        for r in await session.scalars(query)
    ]
    return models.DataKeys(encrypts=encryption.encrypts_payloads, items=rows)


async def rotate(session: AsyncSession, actor: Actor, encryption: Encryption) -> models.DataKeys:
    """Encrypt with a fresh key from now on.

    Raises:
        PerdureError: `missing_credential` if the installation has no key to wrap it in.
    """
    await rotate_key(session, encryption, actor.workspace_id)
    keys = await list_keys(session, encryption)
    audit.record(session, actor, "data_key.rotated", ("data_key", keys.items[0].id))
    return keys


def _next_round() -> datetime:
    now = datetime.now(UTC)
    at = now.replace(hour=ROUND_HOUR, minute=17, second=0, microsecond=0)
    return at if at > now else at + timedelta(days=1)


def _once_each(rules: Sequence[models.RetentionRule]) -> None:
    if len({rule.data for rule in rules}) < len(rules):
        raise RequestError(ErrorCode.INVALID_REQUEST, "`rules`: give each class of data one rule.")


async def _subject(session: AsyncSession, body: models.CreateLegalHold) -> tuple[str, UUID]:
    if (body.run_id is None) == (body.workflow is None):
        raise RequestError(ErrorCode.INVALID_REQUEST, "Name either `run_id` or `workflow`.")
    query: Any = (
        select(Run.id).where(Run.id == body.run_id)
        if body.workflow is None
        else select(Workflow.id).where(Workflow.slug == body.workflow)
    )
    found: UUID | None = await session.scalar(query)
    if found is None:
        raise not_found("run" if body.workflow is None else "workflow", body.run_id or body.workflow)
    return ("run" if body.workflow is None else "workflow"), found


async def _slugs(session: AsyncSession, holds: Sequence[LegalHold]) -> dict[UUID, str]:
    """Slug of the workflow of each hold, by what it holds."""
    ids = [hold.subject_id for hold in holds]
    workflows = select(Workflow.id, Workflow.slug).where(Workflow.id.in_(ids))
    runs = select(Run.id, Workflow.slug).join(Workflow, Workflow.id == Run.workflow_id).where(Run.id.in_(ids))
    return {row[0]: row[1] for row in (await session.execute(workflows.union_all(runs))).all()}


def _hold(row: LegalHold, slugs: dict[UUID, str]) -> models.LegalHold:
    return models.LegalHold(
        id=row.id,
        subject_kind="run" if row.subject_kind == "run" else "workflow",
        subject_id=row.subject_id,
        workflow=slugs.get(row.subject_id),
        reason=row.reason,
        created_by=row.created_by["name"],
        created_at=row.created_at,
        released_at=row.released_at,
    )
