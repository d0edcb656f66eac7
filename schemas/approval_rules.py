"""Rules that answer requests in place of a person: what they read, when they may answer, who answers first. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import referencing.exceptions
from pydantic import BaseModel, ConfigDict, Field

from schemas.approvals import REJECTED, SKIPPED, Priority, ReasonRule, RequestSettings
from schemas.errors import PerdureError
from schemas.expressions.compiled import CompiledExpression
from schemas.expressions.own_names import OwnNames
from schemas.expressions.work import MAX_NODE_WORK, metered
from schemas.linear_validator import validator_of

FACTS: Final = ("title", "tags", "priority", "workflow", "node")
"""Names of what a rule may read beside the payload, the run and its input."""

MAX_WORK: Final = MAX_NODE_WORK
"""Of all rules together that are asked about one request."""

_NAMES: Final = OwnNames(
    {"payload": ("item",), "run": ("run",), "input": ("input",), **{name: ("vars", name) for name in FACTS}},
    rest=("item",),
)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED: Final = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"}
    | {"namespace", "null", "package", "return", "true", "var", "void", "while"}
)
_POSITION: Final = re.compile(r"#\d+|\[\d+\]")
_OPEN_FORM: Final = {"$schema", "$id", "$defs", "title", "description", "type", "properties", "additionalProperties"}
"""What a form may say and still be left as it is."""
_MAX_MESSAGE: Final = 1_000


class RuleScope(BaseModel):
    """Which requests a rule is asked about; all that is given must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workflow: str | None = Field(default=None, min_length=1, max_length=200, description="Slug of the workflow.")
    node: str | None = Field(
        default=None, min_length=1, max_length=1_000, description="Id of the node; in a foreach `<foreach>.<node>`."
    )
    tag: str | None = Field(default=None, min_length=1, max_length=200, description="One of the request's tags.")


class Outcome(StrEnum):
    """What came of asking a rule."""

    MATCHED = "matched"
    NO_MATCH = "no_match"
    FAILED = "failed"
    """It could not be evaluated, or cannot give this answer here."""
    NOT_ENTITLED = "not_entitled"
    """Whoever made it for a run may not answer this request."""


@dataclass(frozen=True)
class Rule:
    """A version of a rule."""

    id: UUID
    name: str
    version: int
    expression: str
    decision: str
    reason: str | None
    sample: float
    """Percent of what it would decide that goes to a person."""

    @property
    def title(self) -> str:
        """As decisions name it."""
        return f"{self.name} v{self.version}"


@dataclass(frozen=True)
class Question:
    """A request as rules see it."""

    payload: Any
    facts: Mapping[str, Any]
    """By the names in `FACTS`."""
    form: Mapping[str, Any] | None
    decisions: Sequence[str]
    settings: RequestSettings
    run: Mapping[str, Any] = field(default_factory=dict)
    input: Any = None

    def scope(self) -> dict[str, Any]:
        """Values by root name."""
        return {"item": self.payload, "vars": self.facts, "run": self.run, "input": self.input}


@dataclass(frozen=True)
class Asked:
    """A rule that was asked, and what came of it."""

    rule: Rule
    outcome: Outcome
    message: str | None = None

    def described(self) -> dict[str, Any]:
        """As the history of a request keeps it."""
        said = {"rule_id": str(self.rule.id), "name": self.rule.name, "version": self.rule.version}
        return {**said, "outcome": self.outcome.value, **({} if self.message is None else {"message": self.message})}


def node_of(path: str) -> str:
    """The node at a path, whatever the item and the iteration: `each.ask` for `each#1[7].ask`."""
    return _POSITION.sub("", path)


def facts_of(*, title: str, tags: Iterable[str], priority: int, workflow: str | None, node: str) -> dict[str, Any]:
    """Facts of a request by name."""
    named = Priority(priority).name.lower()
    return {"title": title, "tags": list(tags), "priority": named, "workflow": workflow or "", "node": node}


def compile_rule(source: str) -> CompiledExpression:
    """Compiles the expression of a rule.

    Raises:
        CompileError: EXPRESSION_FAILED.
    """
    return _NAMES.compile(source)


def never_decided(settings: RequestSettings) -> str | None:
    """Why no rule may answer a request at all; nothing if one may.

    Rules stand for one answer of one person. Where several must agree, or certain people must be kept apart, people
    are asked.
    """
    if not settings.policies:
        return "The node does not let rules answer."
    if settings.separation_of_duties:
        return "The request keeps duties apart, so a person answers."
    if len(settings.stages) > 1:
        return "The request has several stages, so people answer."
    if settings.stages[0].needs not in ("any", 1):
        return "The request needs several answers, so people answer."
    return None


def cannot_answer(rule: Rule, question: Question) -> str | None:
    """Why a rule cannot give its answer to a request; nothing if it can."""
    if rule.decision not in question.decisions:
        return f"The request has no answer {rule.decision!r}; it has {', '.join(question.decisions)}."
    demanding = question.settings.reason
    needs_reason = demanding is ReasonRule.REQUIRED or rule.decision in question.settings.reasons_for
    if (needs_reason or (demanding is ReasonRule.ON_REJECT and rule.decision == REJECTED)) and not rule.reason:
        return "The request demands a reason for this answer, and the rule gives none."
    if question.form is not None and rule.decision not in (REJECTED, SKIPPED) and not _left_open(question):
        return "The request has a form that somebody must fill in."
    return None


def data_of(rule: Rule, question: Question) -> Any:
    """The filled-in form that a rule answers with: what it holds before a person fills it in."""
    if question.form is None or rule.decision in (REJECTED, SKIPPED):
        return None
    return {} if question.settings.defaults is None else question.settings.defaults


def _left_open(question: Question) -> bool:
    form, defaults = dict(question.form or {}), question.settings.defaults
    if form.keys() - _OPEN_FORM or form.get("type", "object") != "object":
        return False
    try:
        return defaults is None or validator_of(form).is_valid(defaults)
    except (RecursionError, ValueError, referencing.exceptions.Unresolvable):
        return False


def matches(rule: Rule, question: Question) -> Asked:
    """Ask one rule. A failure is an outcome, never an error."""
    try:
        found = compile_rule(rule.expression).evaluate(question.scope())
    except PerdureError as error:
        return Asked(rule, Outcome.FAILED, _for_people(error.info.message))
    if not isinstance(found, bool):
        return Asked(rule, Outcome.FAILED, "The expression gives neither true nor false.")
    if not found:
        return Asked(rule, Outcome.NO_MATCH)
    if (why := cannot_answer(rule, question)) is not None:
        return Asked(rule, Outcome.FAILED, why)
    return Asked(rule, Outcome.MATCHED)


def ask(rules: Iterable[Rule], question: Question) -> tuple[list[Asked], bool]:
    """Ask rules in their order until one matches.

    Returns:
        Those that were asked, and whether all that should have been were: together they may do only so much work.
    """
    asked: list[Asked] = []
    spent = 0
    for rule in rules:
        if spent > MAX_WORK:
            return asked, False
        with metered() as meter:
            asked.append(matches(rule, question))
        spent += meter.spent
        if asked[-1].outcome is Outcome.MATCHED:
            break
    return asked, True


def is_sample(approval_id: UUID, percent: float) -> bool:
    """Whether a request is among the share that goes to a person; the same for the same request at any time."""
    drawn = int.from_bytes(hashlib.sha256(approval_id.bytes).digest()[:8], "big") / 2**64
    return drawn * 100 < percent


def equality(payload: Any, fields: Sequence[str]) -> str:
    """The expression that holds where these fields of the payload are as they are here.

    Args:
        payload: Of the request.
        fields: Dotted paths.

    Raises:
        KeyError: with the path of a field that is not there.
    """
    return " && ".join(f"{_read(path)} == {literal(_value(payload, path))}" for path in fields) or "true"


def literal(value: Any) -> str:
    """A JSON value as CEL."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(str(key))}: {literal(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(inner) for inner in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) < value < 2**63:
        return repr(float(value))
    return json.dumps(value, ensure_ascii=False)


def _value(payload: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(payload, dict) or step not in payload:
            raise KeyError(path)
        payload = payload[step]
    return payload


def _read(path: str) -> str:
    found = "payload"
    for step in path.split("."):
        plain = _PLAIN_NAME.fullmatch(step) and step not in _RESERVED
        found += f".{step}" if plain else f"[{json.dumps(step, ensure_ascii=False)}]"
    return found


def _for_people(message: str) -> str:
    """An error of evaluation with the names that a rule has for what it reads."""
    said, fails, why = message.rpartition(" fails: ")
    why = re.sub(r"`item\b", "`payload", re.sub(r"`vars\.", "`", why))
    return f"{said}{fails}{why}"[:_MAX_MESSAGE]
