"""Rules of the workspace: when a request is opened, the first one that matches answers it in place of a person."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.history import note
from db.approvals.principals import Voter, principals_of_voter
from db.approvals.settling import PENDING, settle
from db.audit import Actor
from db.tables import (
    ApiKey,
    Approval,
    ApprovalAssignee,
    ApprovalRule,
    ApprovalRuleError,
    ApprovalRuleVersion,
    Membership,
    Run,
)
from schemas.approval_rules import (
    Asked,
    Outcome,
    Question,
    Rule,
    ask,
    data_of,
    facts_of,
    is_sample,
    never_decided,
    node_of,
)
from schemas.approvals import RequestSettings
from schemas.roles import Role

_TRIES: Final = 3
_MOST_RULES: Final = 1_000
"""Asked about one request; far more than a workspace may have."""


@dataclass(frozen=True)
class _Found:
    """A rule in force, with what is not about its expression."""

    rule: Rule
    origin_id: UUID | None
    answers_for: dict[str, Any] | None


@dataclass(frozen=True)
class _Asking:
    """What came of asking."""

    asked: list[Asked]
    complete: bool
    """Whether all were asked that had to be."""

    @property
    def matched(self) -> Rule | None:
        """The rule that answers."""
        return self.asked[-1].rule if self.asked and self.asked[-1].outcome is Outcome.MATCHED else None


async def apply_rules(session: AsyncSession, approval: Approval) -> None:
    """Let a rule answer a request that has just been opened, if one matches. What was asked goes into its history.

    A rule that fails answers nothing, and is asked again at the next request.
    """
    settings = RequestSettings.model_validate(approval.settings)
    if approval.purpose != "approval" or approval.status != PENDING or not settings.policies:
        return
    for _ in range(_TRIES):
        found = await _in_force(session, approval)
        if not found:
            return
        if (why := never_decided(settings)) is not None:
            await note(session, approval, "rules", data={"asked": [], "outcome": "not_asked", "why": why}, key="rules")
            return
        question = await question_of(session, approval, [each.rule.expression for each in found])
        if await _answer(session, approval, question, await _ask(session, approval, found, question)):
            return
    # Somebody keeps changing the rules; then a person is asked.
    await note(session, approval, "rules", data={"asked": [], "outcome": "changing"}, key="rules")


async def question_of(session: AsyncSession, approval: Approval, expressions: Iterable[str]) -> Question:
    """A request as rules see it; what they read of its run is only fetched if they may read it."""
    run = None
    # Which names an expression reads is known once it is compiled; these words are a cheap superset.
    if any("run" in text or "input" in text for text in expressions):
        query = select(Run.id, Run.trigger, Run.started_by, Run.input).where(Run.id == approval.run_id)
        run = (await session.execute(query)).one_or_none()
    return Question(
        payload=approval.payload,
        facts=facts_of(
            title=approval.title,
            tags=approval.tags,
            priority=approval.priority,
            workflow=approval.workflow_slug,
            node=node_of(approval.path),
        ),
        form=approval.form,
        decisions=[name for name, _ in approval.decisions],
        settings=RequestSettings.model_validate(approval.settings),
        run={} if run is None else {"id": str(run.id), "trigger": run.trigger, "started_by": run.started_by},
        input=None if run is None else run.input,
    )


async def _in_force(session: AsyncSession, approval: Approval) -> list[_Found]:
    """Rules that a request is in the scope of, in their order: those of the workspace before those of runs."""
    version, now = ApprovalRuleVersion, func.clock_timestamp()
    query = (
        select(ApprovalRule, version)
        .join(version, (version.rule_id == ApprovalRule.id) & (version.version == ApprovalRule.version))
        .where(
            ApprovalRule.deleted_at.is_(None),
            ApprovalRule.enabled,
            or_(ApprovalRule.run_id.is_(None), ApprovalRule.run_id.in_(_lineage(approval.run_id))),
            or_(version.expires_at.is_(None), version.expires_at > now),
            or_(version.workflow.is_(None), version.workflow == approval.workflow_slug),
            or_(version.node.is_(None), version.node == node_of(approval.path)),
            or_(version.tag.is_(None), version.tag.in_(approval.tags)),
        )
        .order_by(ApprovalRule.run_id.is_not(None), ApprovalRule.position, ApprovalRule.id)
        .limit(_MOST_RULES)
    )
    rows = await session.execute(query, execution_options={"populate_existing": True})
    return [_Found(rule_of(said), rule.origin_id, rule.answers_for) for rule, said in rows]


def rule_of(said: ApprovalRuleVersion) -> Rule:
    """A version as it is asked."""
    return Rule(
        id=said.rule_id,
        name=said.name,
        version=said.version,
        expression=said.expression,
        decision=said.decision,
        reason=said.reason,
        sample=said.sample,
    )


def _lineage(run_id: UUID) -> Any:
    """The run and those that have started it."""
    line = select(Run.id, Run.parent_run_id).where(Run.id == run_id).cte("line", recursive=True)
    line = line.union(select(Run.id, Run.parent_run_id).where(Run.id == line.c.parent_run_id))
    return select(line.c.id)


async def _ask(session: AsyncSession, approval: Approval, found: list[_Found], question: Question) -> _Asking:
    """Asks the rules; those for a run only where whoever made them may answer themselves."""
    refused = {each.rule.id for each in found if not await _may_answer(session, approval, each)}
    # In a thread: other steps of this process go on meanwhile.
    asked, complete = await asyncio.to_thread(ask, [f.rule for f in found if f.rule.id not in refused], question)
    return _Asking(_merged(found, {each.rule.id: each for each in asked}, refused), complete)


def _merged(found: list[_Found], asked: dict[UUID, Asked], refused: set[UUID]) -> list[Asked]:
    """Those that were asked or passed over, in their order, up to the one that has matched."""
    merged: list[Asked] = []
    for each in found:
        if each.rule.id in asked:
            merged.append(asked[each.rule.id])
        elif each.rule.id in refused:
            message = "Whoever made this rule for the run may not answer this request, or has taken their answer back."
            merged.append(Asked(each.rule, Outcome.NOT_ENTITLED, message))
        if merged and merged[-1].outcome is Outcome.MATCHED:
            break
    return merged


async def _may_answer(session: AsyncSession, approval: Approval, found: _Found) -> bool:
    """Whether the rule may stand for who made it: for a rule of the workspace always."""
    if found.answers_for is None:
        return True
    origin = await session.get(Approval, found.origin_id)
    voter = await _voter(session, found.answers_for)
    if origin is None or origin.status != "decided" or voter is None:
        return False
    asked = select(ApprovalAssignee.principal).where(
        ApprovalAssignee.approval_id == approval.id, ApprovalAssignee.stage == approval.stage
    )
    return bool(set(await session.scalars(asked)) & set(await principals_of_voter(session, voter)))


async def _voter(session: AsyncSession, described: dict[str, Any]) -> Voter | None:
    """Whoever made a rule, as they are today; nothing if they are gone."""
    kind, name = described["kind"], described["name"]
    if kind == "operator":
        return Voter(kind=kind, id=None, name=name, role=Role.OWNER)
    identity, now = UUID(described["id"]), func.clock_timestamp()
    if kind == "user":
        role = await session.scalar(select(Membership.role).where(Membership.user_id == identity))
    else:
        alive = (ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now))
        role = await session.scalar(select(ApiKey.role).where(ApiKey.id == identity, *alive))
    if role is None or Role(role) is Role.VIEWER:
        return None
    return Voter(kind=kind, id=identity, name=name, role=Role(role))


async def _answer(session: AsyncSession, approval: Approval, question: Question, asking: _Asking) -> bool:
    """Answers with the rule that has matched.

    Returns:
        False if that rule has changed meanwhile.
    """
    rule = asking.matched
    if rule is not None and not await _held(session, rule):
        return False
    await _keep_errors(session, approval, asking.asked)
    facts: dict[str, Any] = {"asked": [each.described() for each in asking.asked], "complete": asking.complete}
    if rule is None:
        await note(session, approval, "rules", data={**facts, "outcome": "no_match"}, key="rules")
        return True
    approval.rule_id, approval.rule_version = rule.id, rule.version
    approval.sampled = is_sample(approval.id, rule.sample)
    facts |= {"decision": rule.decision, "rule": rule.title, "outcome": "sampled" if approval.sampled else "decided"}
    await session.flush()
    await note(session, approval, "rules", data=facts, key="rules")
    if not approval.sampled:
        actor, data = Actor(approval.workspace_id, "rule", rule.id, rule.title), data_of(rule, question)
        # The run learns of it by the result of the opening.
        await settle(session, approval, rule.decision, actor=actor, data=data, reason=rule.reason, signal=False)
    return True


async def _held(session: AsyncSession, rule: Rule) -> bool:
    """Whether a rule is in force as it was asked; if so, nobody changes it until the transaction ends."""
    query = (
        select(ApprovalRule.id)
        .where(
            ApprovalRule.id == rule.id,
            ApprovalRule.version == rule.version,
            ApprovalRule.enabled,
            ApprovalRule.deleted_at.is_(None),
        )
        .with_for_update(read=True)
    )
    return await session.scalar(query) is not None


async def _keep_errors(session: AsyncSession, approval: Approval, asked: list[Asked]) -> None:
    """Shows failures at their rules. One that stands there already is left: the row would be waited for in vain."""
    failed = sorted((a for a in asked if a.outcome is Outcome.FAILED), key=lambda a: a.rule.id)
    if not failed:
        return
    known = select(ApprovalRuleError).where(ApprovalRuleError.rule_id.in_([a.rule.id for a in failed]))
    shown = {(row.rule_id, row.version, row.message) for row in await session.scalars(known)}
    for each in failed:
        if (each.rule.id, each.rule.version, each.message) in shown:
            continue
        row = {"version": each.rule.version, "approval_id": approval.id, "message": each.message}
        written = insert(ApprovalRuleError).values(rule_id=each.rule.id, workspace_id=approval.workspace_id, **row)
        update = {**row, "at": func.clock_timestamp()}
        await session.execute(written.on_conflict_do_update(index_elements=["rule_id"], set_=update))
