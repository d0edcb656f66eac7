"""Back-tests: what a rule would have done with requests that are settled. Reads only."""

import asyncio
from collections import Counter
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.approval_rules import models, repository
from api.approval_rules.models import BacktestOutcome
from db.approvals.rules import question_of
from db.tables import Approval
from schemas.approval_rules import MAX_WORK, Asked, Outcome, Question, Rule, compile_rule, matches, never_decided
from schemas.expressions.work import metered

_BATCH: Final = 25
"""Payloads may be large; so many are in memory at a time."""
_WORK: Final = 5 * MAX_WORK
_EXAMPLES: Final = 50
_ORDER: Final = list(BacktestOutcome)


class _Tally:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: list[models.BacktestExample] = []
        self.spent = 0

    def add(self, approval: Approval, asked: Asked | None) -> None:
        self.counts["looked_at"] += 1
        if asked is None:
            self.counts["people_only"] += 1
        elif asked.outcome is Outcome.NO_MATCH:
            self.counts["no_match"] += 1
        else:
            outcome = _outcome(approval, asked)
            self.counts[outcome.value] += 1
            if self.counts[outcome.value] <= _EXAMPLES:
                self.examples.append(_example(approval, outcome, asked.message))

    def result(self) -> models.BacktestResult:
        counts = self.counts
        agrees, disagrees, undecided = counts["agrees"], counts["disagrees"], counts["undecided"]
        examples = sorted(self.examples, key=lambda example: _ORDER.index(example.outcome))
        return models.BacktestResult(
            looked_at=counts["looked_at"],
            would_decide=agrees + disagrees + undecided,
            agrees=agrees,
            disagrees=disagrees,
            undecided=undecided,
            errors=counts["error"],
            no_match=counts["no_match"],
            people_only=counts["people_only"],
            complete=self.spent <= _WORK,
            examples=examples[:_EXAMPLES],
        )


async def backtest(session: AsyncSession, body: models.Backtest) -> models.BacktestResult:
    """Ask a rule about settled requests, the latest first.

    Raises:
        CompileError: `expression_failed`.
    """
    compile_rule(body.expression)
    rule = Rule(UUID(int=0), "", 1, body.expression, body.decision, body.reason, 0)
    tally, before, left = _Tally(), None, body.limit
    while left > 0 and tally.spent <= _WORK:
        size = min(_BATCH, left)
        rows = await repository.past_approvals(session, body.scope, since=body.since, before=before, limit=size)
        questions = [await question_of(session, row, [body.expression]) for row in rows]
        await asyncio.to_thread(_look_at, tally, rule, rows, questions)
        left -= size
        if len(rows) < size:
            break
        before = rows[-1].created_at, rows[-1].id
        session.expunge_all()
    return tally.result()


def _look_at(tally: _Tally, rule: Rule, rows: list[Approval], questions: list[Question]) -> None:
    for row, question in zip(rows, questions, strict=True):
        if tally.spent > _WORK:
            return
        if never_decided(question.settings) is not None:
            tally.add(row, None)
            continue
        with metered() as meter:
            asked = matches(rule, question)
        tally.spent += meter.spent
        tally.add(row, asked)


def _outcome(approval: Approval, asked: Asked) -> BacktestOutcome:
    if asked.outcome is Outcome.FAILED:
        return BacktestOutcome.ERROR
    if approval.status != "decided" or approval.decided_by_kind == "rule":
        return BacktestOutcome.UNDECIDED
    same = approval.decision == asked.rule.decision and approval.final_payload is None
    return BacktestOutcome.AGREES if same else BacktestOutcome.DISAGREES


def _example(approval: Approval, outcome: BacktestOutcome, message: str | None) -> models.BacktestExample:
    return models.BacktestExample(
        id=approval.id,
        title=approval.title,
        workflow=approval.workflow_slug,
        node_name=approval.node_name,
        created_at=approval.created_at,
        outcome=outcome,
        decision=approval.decision,
        decided_by=approval.decided_by,
        edited=approval.final_payload is not None,
        message=message,
    )
