"""An answer that is given to similar requests of the same run too: it is decided, and a rule repeats it."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.approval_rules import models, repository, service
from api.approvals.models import DecideApproval
from api.approvals.service import decide_approval, find
from api.errors import RequestError
from db.approvals.rules import question_of
from db.tables import Approval, ApprovalRuleVersion
from schemas.approval_rules import (
    Outcome,
    Rule,
    RuleScope,
    compile_rule,
    equality,
    literal,
    matches,
    never_decided,
    node_of,
)
from schemas.approvals import RequestSettings
from schemas.errors import ErrorCode
from schemas.expressions.syntax import MAX_EXPRESSION_CHARS
from schemas.expressions.work import metered

MAX_RULES_OF_RUN: Final = 100


async def approve_similar(
    session: AsyncSession, caller: Caller, approval_id: UUID, body: models.ApproveSimilar
) -> models.ApprovedSimilar:
    """Answer, and repeat the answer for similar requests of the run.

    Raises:
        PerdureError: as `decide_approval`; `invalid_request` if no rule may answer such requests, or if the rule
            would not answer this one; `expression_failed`; `conflict` if there are too many.
    """
    approval = await find(session, approval_id)
    answer = DecideApproval(decision=body.decision, digest=body.digest, data=body.data, reason=body.reason)
    decided = await decide_approval(session, caller, approval_id, answer)
    _check_kind(approval)
    expression = body.expression or _equality(approval, body.fields)
    run_id = await repository.root_of(session, approval.run_id)
    await repository.lock_order(session, caller.workspace_id)
    if await repository.count_rules(session, run_id) >= MAX_RULES_OF_RUN:
        message = f"A run has at most {MAX_RULES_OF_RUN} rules at a time; turn one off first."
        raise RequestError(ErrorCode.CONFLICT, message)
    scope = RuleScope() if body.any_node else RuleScope(workflow=approval.workflow_slug, node=node_of(approval.path))
    said = ApprovalRuleVersion(
        name=await _name(session, approval),
        expression=expression,
        decision=body.decision,
        reason=body.reason,
        expires_at=datetime.now(UTC) + timedelta(seconds=body.expires_in),
        note="Made with the answer to a request of the run.",
        **scope.model_dump(),
    )
    await _check_match(session, approval, said)
    maker = {"kind": caller.kind, "id": None if caller.id is None else str(caller.id), "name": caller.name}
    rule = await service.add_rule(session, caller, said, run_id=run_id, origin_id=approval_id, answers_for=maker)
    return models.ApprovedSimilar(approval=decided, rule=rule)


def _check_kind(approval: Approval) -> None:
    why = never_decided(RequestSettings.model_validate(approval.settings))
    if approval.purpose != "approval":
        why = "It is about a step that has failed, so a person answers."
    if why is not None:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"No rule may answer such requests. {why}")


def _equality(approval: Approval, fields: list[str] | None) -> str:
    try:
        said = f"payload == {literal(approval.payload)}" if fields is None else equality(approval.payload, fields)
    except KeyError as missing:
        message = f"`fields`: the payload has no field {missing.args[0]!r}."
        raise RequestError(ErrorCode.INVALID_REQUEST, message) from None
    if len(said) > MAX_EXPRESSION_CHARS:
        message = "`fields`: the payload is too large to be compared as a whole; name the fields that must be equal."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    return said


async def _check_match(session: AsyncSession, approval: Approval, said: ApprovalRuleVersion) -> None:
    compile_rule(said.expression)
    rule = Rule(approval.id, said.name, 1, said.expression, said.decision, said.reason, 0)
    question = await question_of(session, approval, [said.expression])
    with metered():
        found = matches(rule, question)
    if found.outcome is Outcome.NO_MATCH:
        message = "`expression`: it does not hold for this request, so what it holds for is not similar."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    if found.outcome is Outcome.FAILED:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"The rule could not answer this request. {found.message}")


async def _name(session: AsyncSession, approval: Approval) -> str:
    """A name that no other rule has; the lock of the order is held."""
    base = f"like {approval.title[:60]} ({str(approval.id)[:8]})"
    return base if not await repository.name_is_taken(session, base) else f"{base[:60]} ({approval.id})"
