"""Making and changing rules: each change of what one says is a new version."""

from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import Permission
from api.approval_rules import models, repository
from api.errors import RequestError, not_found
from api.requests import bad_cursor, decode_cursor, encode_cursor
from db import audit
from db.tables import ApprovalRule, ApprovalRuleVersion
from schemas.approval_rules import RuleScope, compile_rule
from schemas.errors import ErrorCode

MAX_RULES: Final = 200
"""Of a workspace; those that were made for a run are counted by themselves."""


async def list_rules(
    session: AsyncSession, *, run_id: UUID | None, ended: bool, cursor: str | None, limit: int
) -> models.RulePage:
    """A page of rules."""
    after = None if cursor is None else _place(cursor)
    rows = await repository.list_rules(session, run_id=run_id, ended=ended, after=after, limit=limit + 1)
    more = None
    if len(rows) > limit:
        last = rows[limit - 1].rule
        more = encode_cursor("run" if last.run_id else "workspace", str(last.position), str(last.id))
    return models.RulePage(items=[described(row) for row in rows[:limit]], next_cursor=more)


async def get_rule(session: AsyncSession, rule_id: UUID) -> models.Rule:
    """A rule.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_rule(session, rule_id)
    if found is None:
        raise not_found("approval rule", rule_id)
    return described(found)


async def list_versions(session: AsyncSession, rule_id: UUID) -> models.RuleVersions:
    """All that a rule has said.

    Raises:
        RequestError: `not_found`.
    """
    await get_rule(session, rule_id)
    rows = await repository.list_versions(session, rule_id)
    return models.RuleVersions(items=[models.RuleVersion(**_said(row)) for row in rows])


async def create_rule(session: AsyncSession, caller: Caller, body: models.CreateRule) -> models.Rule:
    """Make a rule of the workspace, behind all others.

    Raises:
        PerdureError: `expression_failed`, `conflict` if the name is taken or there are too many.
    """
    compile_rule(body.expression)
    await repository.lock_order(session, caller.workspace_id)
    await check_name(session, body.name)
    if await repository.count_rules(session, None) >= MAX_RULES:
        raise RequestError(ErrorCode.CONFLICT, f"A workspace has at most {MAX_RULES} rules; delete one first.")
    said = ApprovalRuleVersion(
        name=body.name,
        expression=body.expression,
        decision=body.decision,
        reason=body.reason,
        sample=body.sample,
        expires_at=body.expires_at,
        note=body.note,
        **body.scope.model_dump(),
    )
    return await add_rule(session, caller, said, enabled=body.enabled)


async def add_rule(session: AsyncSession, caller: Caller, said: ApprovalRuleVersion, **columns: Any) -> models.Rule:
    """Insert a rule with its first version; the caller of this holds the lock of the order."""
    rule = ApprovalRule(
        id=uuid4(),
        workspace_id=caller.workspace_id,
        name=said.name,
        position=await repository.next_position(session),
        **columns,
    )
    session.add(rule)
    await session.flush()
    said.rule_id, said.version, said.workspace_id, said.author = rule.id, 1, caller.workspace_id, caller.name
    session.add(said)
    await session.flush()
    made = await get_rule(session, rule.id)
    audit.record(session, caller.actor, "approval_rule.created", ("approval_rule", rule.id), after=_audited(made))
    return made


async def update_rule(session: AsyncSession, caller: Caller, rule_id: UUID, body: models.UpdateRule) -> models.Rule:
    """Make a new version; none if nothing is different.

    Raises:
        PerdureError: `not_found`, `stale_revision`, `expression_failed`, `conflict` if the name is taken.
    """
    if body.expression is not None:
        compile_rule(body.expression)
    await repository.lock_order(session, caller.workspace_id)
    rule = await _locked(session, rule_id)
    before = await get_rule(session, rule_id)
    if body.version != rule.version:
        message = f"The rule was changed meanwhile: it is at version {rule.version}. Look at it again, then change it."
        raise RequestError(ErrorCode.STALE_REVISION, message, details={"version": rule.version})
    await check_name(session, body.name or rule.name, but=rule_id)
    present = {name: getattr(before, name) for name in _CONTENT}
    content = present | _changes(body)
    if content == present:
        return before
    scope: RuleScope = content.pop("scope")
    rule.version, rule.name = rule.version + 1, content["name"]
    same = {"rule_id": rule_id, "version": rule.version, "workspace_id": caller.workspace_id}
    session.add(ApprovalRuleVersion(**same, **content, **scope.model_dump(), author=caller.name, note=body.note))
    await session.flush()
    after = await get_rule(session, rule_id)
    subject = ("approval_rule", rule_id)
    audit.record(
        session, caller.actor, "approval_rule.updated", subject, before=_audited(before), after=_audited(after)
    )
    return after


async def switch_rule(session: AsyncSession, caller: Caller, rule_id: UUID, *, enabled: bool) -> models.Rule:
    """Turn a rule on or off. Whoever made one for a run may turn it off without managing the workspace.

    Raises:
        PerdureError: `not_found`, `forbidden`.
    """
    rule = await _locked(session, rule_id)
    own = rule.answers_for is not None and _is(caller, rule.answers_for) and not enabled
    if not own and not caller.may(Permission.WORKSPACE_MANAGE):
        message = f"This needs the permission {Permission.WORKSPACE_MANAGE}, or to have made the rule for its run."
        raise RequestError(ErrorCode.FORBIDDEN, message, details={"permission": Permission.WORKSPACE_MANAGE.value})
    if rule.enabled != enabled:
        rule.enabled = enabled
        action = "approval_rule.enabled" if enabled else "approval_rule.disabled"
        audit.record(session, caller.actor, action, ("approval_rule", rule_id), after={"name": rule.name})
        await session.flush()
    return await get_rule(session, rule_id)


async def delete_rule(session: AsyncSession, caller: Caller, rule_id: UUID) -> None:
    """Take a rule away; its versions stay, as proof of what it has decided.

    Raises:
        RequestError: `not_found`.
    """
    rule = await _locked(session, rule_id)
    before = await get_rule(session, rule_id)
    rule.deleted_at = func.clock_timestamp()
    audit.record(session, caller.actor, "approval_rule.deleted", ("approval_rule", rule_id), before=_audited(before))


async def order_rules(session: AsyncSession, caller: Caller, body: models.OrderRules) -> models.RuleOrder:
    """Put the rules of the workspace into another order.

    Raises:
        RequestError: `stale_revision` unless all of them are named once.
    """
    await repository.lock_order(session, caller.workspace_id)
    before = await repository.order_of(session)
    if sorted(before) != sorted(body.ids):
        message = "`ids` must name every rule of the workspace once; the rules may have changed, load them again."
        raise RequestError(ErrorCode.STALE_REVISION, message)
    if before != body.ids:
        await repository.set_order(session, body.ids)
        asked = {"before": [str(each) for each in before], "after": [str(each) for each in body.ids]}
        subject = ("workspace", caller.workspace_id)
        audit.record(session, caller.actor, "approval_rules.ordered", subject, **asked)
    return models.RuleOrder(ids=body.ids)


async def check_name(session: AsyncSession, name: str, but: UUID | None = None) -> None:
    """Refuse a name that another rule has.

    Raises:
        RequestError: `conflict`.
    """
    if await repository.name_is_taken(session, name, but):
        raise RequestError(ErrorCode.CONFLICT, f"There is a rule {name!r} already; choose another name.")


def described(found: repository.Found) -> models.Rule:
    """A rule as the API shows it."""
    rule, error = found.rule, found.error
    return models.Rule(
        **_said(found.said),
        id=rule.id,
        enabled=rule.enabled,
        run_id=rule.run_id,
        origin_id=rule.origin_id,
        answers_for=None if rule.answers_for is None else rule.answers_for["name"],
        last_error=error and models.RuleError(message=error.message, approval_id=error.approval_id, at=error.at),
        decided=found.decided,
        sampled=found.sampled,
    )


_CONTENT: Final = ("name", "expression", "decision", "reason", "scope", "sample", "expires_at")
_REMOVABLE: Final = {"reason", "expires_at"}
"""What null takes away."""


def _changes(body: models.UpdateRule) -> dict[str, Any]:
    given = {name: getattr(body, name) for name in body.model_fields_set & {*_CONTENT}}
    return {name: value for name, value in given.items() if value is not None or name in _REMOVABLE}


def _said(row: ApprovalRuleVersion) -> dict[str, Any]:
    plain = (
        "version",
        "name",
        "expression",
        "decision",
        "reason",
        "sample",
        "expires_at",
        "author",
        "note",
        "created_at",
    )
    scope = RuleScope(workflow=row.workflow, node=row.node, tag=row.tag)
    return {**{name: getattr(row, name) for name in plain}, "scope": scope}


def _audited(rule: models.Rule) -> dict[str, Any]:
    return rule.model_dump(mode="json", include={*_CONTENT, "version", "enabled", "run_id"})


def _is(caller: Caller, described: dict[str, Any]) -> bool:
    return described == {"kind": caller.kind, "id": None if caller.id is None else str(caller.id), "name": caller.name}


def _place(cursor: str) -> tuple[bool, int, UUID]:
    group, position, identity = decode_cursor(cursor, 3)
    try:
        return group == "run", int(position), UUID(identity)
    except ValueError:
        raise bad_cursor() from None


async def _locked(session: AsyncSession, rule_id: UUID) -> ApprovalRule:
    rule = await repository.lock_rule(session, rule_id)
    if rule is None:
        raise not_found("approval rule", rule_id)
    return rule
