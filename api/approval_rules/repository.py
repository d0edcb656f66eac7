"""Queries on rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, false, func, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Approval, ApprovalRule, ApprovalRuleError, ApprovalRuleVersion, Run
from schemas.approval_rules import RuleScope, node_of

_FOR_A_RUN = ApprovalRule.run_id.is_not(None)


@dataclass(frozen=True)
class Found:
    """A rule with what it says and what it did."""

    rule: ApprovalRule
    said: ApprovalRuleVersion
    error: ApprovalRuleError | None
    decided: int
    sampled: int


def _rules() -> "Select[ApprovalRule, ApprovalRuleVersion, ApprovalRuleError]":
    said, error = ApprovalRuleVersion, ApprovalRuleError
    return (
        select(ApprovalRule, said, error)
        .join(said, (said.rule_id == ApprovalRule.id) & (said.version == ApprovalRule.version))
        .outerjoin(error, (error.rule_id == ApprovalRule.id) & (error.version == ApprovalRule.version))
        .where(ApprovalRule.deleted_at.is_(None))
        .execution_options(populate_existing=True)
    )


async def find_rule(session: AsyncSession, rule_id: UUID) -> Found | None:
    """A rule."""
    row = (await session.execute(_rules().where(ApprovalRule.id == rule_id))).one_or_none()
    if row is None:
        return None
    decided, sampled = (await _done(session, [rule_id])).get(rule_id, (0, 0))
    return Found(row[0], row[1], row[2], decided, sampled)


async def list_rules(
    session: AsyncSession,
    *,
    run_id: UUID | None,
    ended: bool,
    after: tuple[bool, int, UUID] | None,
    limit: int,
) -> list[Found]:
    """Rules in the order in which they are asked."""
    order = (_FOR_A_RUN, ApprovalRule.position, ApprovalRule.id)
    query = _rules()
    if run_id is not None:
        query = query.where(ApprovalRule.run_id == run_id)
    if not ended:
        query = query.where(or_(ApprovalRule.run_id.is_(None), _lasts()))
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    rows = (await session.execute(query.order_by(*order).limit(limit))).all()
    done = await _done(session, [row[0].id for row in rows])
    return [Found(row[0], row[1], row[2], *done.get(row[0].id, (0, 0))) for row in rows]


async def lock_rule(session: AsyncSession, rule_id: UUID) -> ApprovalRule | None:
    """A rule, locked: what is opened meanwhile waits, if it would be answered by it."""
    query = select(ApprovalRule).where(ApprovalRule.id == rule_id, ApprovalRule.deleted_at.is_(None))
    query = query.with_for_update(key_share=True)
    return (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def list_versions(session: AsyncSession, rule_id: UUID) -> list[ApprovalRuleVersion]:
    """All versions, the latest first; at most a thousand."""
    said = ApprovalRuleVersion
    query = select(said).where(said.rule_id == rule_id).order_by(said.version.desc()).limit(1_000)
    return list(await session.scalars(query))


async def lock_order(session: AsyncSession, workspace_id: UUID) -> None:
    """Whoever adds, names or orders rules of the workspace waits for whoever else does."""
    key = func.hashtextextended(f"approval_rules:{workspace_id}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))


async def name_is_taken(session: AsyncSession, name: str, but: UUID | None = None) -> bool:
    """Whether another rule has a name already."""
    query = select(ApprovalRule.id).where(
        func.lower(ApprovalRule.name) == func.lower(name), ApprovalRule.deleted_at.is_(None)
    )
    if but is not None:
        query = query.where(ApprovalRule.id != but)
    return await session.scalar(query.limit(1)) is not None


async def count_rules(session: AsyncSession, run_id: UUID | None) -> int:
    """How many rules there are: those of the workspace, or those of a run that hold still."""
    query = select(func.count()).select_from(ApprovalRule).where(ApprovalRule.deleted_at.is_(None))
    if run_id is None:
        return int(await session.scalar(query.where(ApprovalRule.run_id.is_(None))) or 0)
    said = ApprovalRuleVersion
    joined = query.join(said, (said.rule_id == ApprovalRule.id) & (said.version == ApprovalRule.version))
    return int(await session.scalar(joined.where(ApprovalRule.run_id == run_id, _lasts())) or 0)


async def next_position(session: AsyncSession) -> int:
    """The place behind all others."""
    return int(await session.scalar(select(func.coalesce(func.max(ApprovalRule.position), 0) + 1)) or 1)


async def order_of(session: AsyncSession) -> list[UUID]:
    """The rules of the workspace in their order."""
    query = select(ApprovalRule.id).where(ApprovalRule.deleted_at.is_(None), ApprovalRule.run_id.is_(None))
    return list(await session.scalars(query.order_by(ApprovalRule.position, ApprovalRule.id)))


async def set_order(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Give the rules of the workspace their places; always in the same order, so that nobody waits in a circle."""
    places = {rule_id: place for place, rule_id in enumerate(ids, 1)}
    for rule_id in sorted(places):
        await session.execute(update(ApprovalRule).where(ApprovalRule.id == rule_id).values(position=places[rule_id]))


async def root_of(session: AsyncSession, run_id: UUID) -> UUID:
    """The run that has started a run, over all steps in between; itself if none has."""
    line = select(Run.id, Run.parent_run_id).where(Run.id == run_id).cte("line", recursive=True)
    line = line.union(select(Run.id, Run.parent_run_id).where(Run.id == line.c.parent_run_id))
    # A parent that is gone leaves the eldest that there is.
    parents = select(Run.id).where(Run.id == line.c.parent_run_id).exists()
    root: UUID | None = await session.scalar(select(line.c.id).where(~parents))
    return run_id if root is None else root


async def past_approvals(
    session: AsyncSession,
    scope: RuleScope,
    *,
    since: datetime | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Approval]:
    """Settled requests in a scope, the latest first; of the node only what the database can tell."""
    query = select(Approval).where(Approval.purpose == "approval", Approval.status.in_(("decided", "expired")))
    query = query.where(*_in_scope(scope))
    if since is not None:
        query = query.where(Approval.created_at >= since)
    if before is not None:
        query = query.where(tuple_(Approval.created_at, Approval.id) < before)
    rows = await session.scalars(query.order_by(Approval.created_at.desc(), Approval.id.desc()).limit(limit))
    return list(rows)


def _in_scope(scope: RuleScope) -> Iterable[ColumnElement[bool]]:
    if scope.workflow is not None:
        yield Approval.workflow_slug == scope.workflow
    if scope.tag is not None:
        yield literal(scope.tag) == any_(Approval.tags)
    if scope.node is not None:
        same = func.regexp_replace(Approval.path, r"#\d+|\[\d+\]", "", "g") == scope.node
        yield same if node_of(scope.node) == scope.node else false()


def _lasts() -> ColumnElement[bool]:
    expires = ApprovalRuleVersion.expires_at
    return and_(ApprovalRule.enabled, or_(expires.is_(None), expires > func.clock_timestamp()))


async def _done(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """How many approvals each rule has decided, and how many of those it met went to people as a sample."""
    if not ids:
        return {}
    by_rule = (Approval.decided_by_kind == "rule", Approval.sampled)
    counts = [func.count().filter(condition) for condition in by_rule]
    query = select(Approval.rule_id, *counts).where(Approval.rule_id.in_(ids)).group_by(Approval.rule_id)
    return {row[0]: (row[1], row[2]) for row in await session.execute(query) if row[0] is not None}
