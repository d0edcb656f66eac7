"""Requests in the words of other products: LangChain's Agent Inbox, and interrupts of AG-UI.

The id of an interrupt holds the digest of what was shown, so their clients carry it back without knowing of it.
"""

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.approvals.describing import describe
from api.approvals.models import BulkRefusal, DecideApproval
from api.errors import RequestError, not_found
from db.tables import Approval
from schemas.approvals import APPROVED, REJECTED, SKIPPED
from schemas.errors import ErrorCode

InterruptId = Annotated[str, Field(min_length=1, max_length=200, description="As it was given out.")]


class ActionRequest(BaseModel):
    """What an agent wants to do."""

    action: str = Field(max_length=500)
    args: dict[str, Any]


class HumanInterruptConfig(BaseModel):
    """What a person may answer."""

    allow_ignore: bool
    allow_respond: bool
    allow_edit: bool
    allow_accept: bool


class HumanInterrupt(BaseModel):
    """A request as the Agent Inbox shows it."""

    action_request: ActionRequest
    config: HumanInterruptConfig
    description: str | None = Field(description="Markdown.")


class AgentInterrupt(BaseModel):
    """A request, and what its answer must name."""

    id: str = Field(description="Names the request and what is shown of it; answer under this id.")
    thread_id: UUID = Field(description="The run.")
    created_at: datetime
    value: list[HumanInterrupt] = Field(description="One, in a list: the shape the Agent Inbox reads.")


class AgentInterrupts(BaseModel):
    """What the caller is asked, the oldest first."""

    items: list[AgentInterrupt]
    next_cursor: str | None


class HumanResponse(BaseModel):
    """An answer from the Agent Inbox."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["accept", "edit", "response", "ignore"]
    args: str | ActionRequest | None = Field(
        default=None, description="The action, with edits for `edit`; what to say for `response`; null for `ignore`."
    )


class Interrupt(BaseModel):
    """A request as AG-UI says it."""

    id: str
    reason: str = Field(description="`confirmation`, or `input_required` if a form is to be filled in.")
    message: str
    responseSchema: dict[str, Any]  # noqa: N815 - the protocol's name
    expiresAt: datetime | None  # noqa: N815
    metadata: dict[str, Any]


class InterruptOutcome(BaseModel):
    """Why the run stands still."""

    type: Literal["interrupt", "success"]
    interrupts: list[Interrupt]


class RunFinished(BaseModel):
    """The event that ends a run of AG-UI while people are asked."""

    type: Literal["RUN_FINISHED"]
    threadId: UUID  # noqa: N815
    runId: UUID  # noqa: N815
    outcome: InterruptOutcome


class ResumeEntry(BaseModel):
    """The answer to one interrupt."""

    interruptId: InterruptId  # noqa: N815
    status: Literal["resolved", "cancelled"]
    payload: Any = Field(
        default=None,
        description="`approved` or `decision`; `reason`, `data` (the form) and `editedArgs` (the payload with edits).",
    )
    metadata: dict[str, Any] | None = None


class ResumeRun(BaseModel):
    """Body that answers interrupts, as AG-UI's `RunAgentInput` holds it; its other fields say nothing here."""

    resume: list[ResumeEntry] = Field(min_length=1, max_length=100)


class Resumed(BaseModel):
    """What became of an answer."""

    interruptId: str  # noqa: N815
    decision: str | None
    error: BulkRefusal | None


class ResumedRun(BaseModel):
    """What became of each answer, in the order of the body."""

    items: list[Resumed]


_REASONS: Final = {True: "input_required", False: "confirmation"}


def interrupt_id(approval: Approval) -> str:
    """Names a request and what is shown of it."""
    return f"{approval.id}.{approval.digest}"


def read_interrupt_id(text: str) -> tuple[UUID, str]:
    """The request and the digest.

    Raises:
        RequestError: `not_found`.
    """
    identity, _, digest = text.partition(".")
    try:
        return UUID(identity), digest or "-"
    except ValueError:
        raise not_found("interrupt", text) from None


def agent_interrupt(approval: Approval) -> AgentInterrupt:
    """A request for the Agent Inbox."""
    shown = describe(approval)
    names = {option.name for option in shown.decisions}
    args = shown.payload if isinstance(shown.payload, dict) else {"payload": shown.payload}
    config = HumanInterruptConfig(
        allow_ignore=SKIPPED in names,
        allow_respond=_only_text(approval.form) is not None or REJECTED in names,
        allow_edit=APPROVED in names and bool(shown.editable) and isinstance(shown.payload, dict),
        allow_accept=APPROVED in names and not (approval.form or {}).get("required"),
    )
    action = HumanInterrupt(
        action_request=ActionRequest(action=shown.title[:500], args=args), config=config, description=shown.body or None
    )
    return AgentInterrupt(
        id=interrupt_id(approval), thread_id=approval.run_id, created_at=approval.created_at, value=[action]
    )


def decision_of_response(approval: Approval, digest: str, response: HumanResponse) -> DecideApproval:
    """The decision that an answer from the Agent Inbox means.

    Raises:
        RequestError: `invalid_request` if the request does not allow it.
    """
    config = agent_interrupt(approval).value[0].config
    if response.type == "accept":
        _require(config.allow_accept or approval.form is None, "accept")
        return DecideApproval(decision=APPROVED, digest=digest, data=_defaults(approval))
    if response.type == "ignore":
        _require(config.allow_ignore, "ignore")
        return DecideApproval(decision=SKIPPED, digest=digest)
    if response.type == "edit":
        _require(config.allow_edit and isinstance(response.args, ActionRequest), "edit")
        edited = response.args.args if isinstance(response.args, ActionRequest) else {}
        current = approval.payload if approval.final_payload is None else approval.final_payload
        payload = _like(current, edited)
        return DecideApproval(decision=APPROVED, digest=digest, data=_defaults(approval), payload=payload)
    _require(config.allow_respond and isinstance(response.args, str), "response")
    if (field := _only_text(approval.form)) is not None:
        return DecideApproval(decision=APPROVED, digest=digest, data={field: response.args})
    return DecideApproval(decision=REJECTED, digest=digest, reason=str(response.args))


def interrupt(approval: Approval) -> Interrupt:
    """A request for AG-UI."""
    shown = describe(approval)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "approved": {"type": "boolean"},
            "decision": {"type": "string", "enum": [option.name for option in shown.decisions]},
            "reason": {"type": "string"},
        },
    }
    if shown.form is not None:
        schema["properties"]["data"] = shown.form
    if shown.editable:
        schema["properties"]["editedArgs"] = {"description": f"The payload; may differ in: {shown.editable}."}
    facts = {"title": shown.title, "node": shown.path, "payload": shown.payload, "digest": shown.digest}
    return Interrupt(
        id=interrupt_id(approval),
        reason=_REASONS[shown.form is not None],
        message=shown.body or shown.title,
        responseSchema=schema,
        expiresAt=shown.due_at,
        metadata=facts,
    )


def decision_of_resume(approval: Approval, digest: str, entry: ResumeEntry) -> DecideApproval:
    """The decision that an answer of AG-UI means: what is cancelled is skipped where that is offered, else rejected.

    Raises:
        RequestError: `invalid_request` if it says nothing.
    """
    if entry.status == "cancelled":
        offered = {option.name for option in describe(approval).decisions}
        decision = SKIPPED if SKIPPED in offered else REJECTED
        return DecideApproval(decision=decision, digest=digest, reason="Cancelled.")
    answer = entry.payload if isinstance(entry.payload, dict) else {"approved": entry.payload}
    said = {True: APPROVED, False: REJECTED}.get(answer["approved"]) if _is_bool(answer.get("approved")) else None
    chosen = answer.get("decision", said)
    reason = answer.get("reason")
    if not isinstance(chosen, str) or not 0 < len(chosen) <= 64 or not isinstance(reason, str | None):
        message = "`payload` of a resolved interrupt says `approved` (true or false) or names a `decision`."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    return DecideApproval(
        decision=chosen,
        digest=digest,
        reason=None if reason is None else reason[:10_000],
        data=answer.get("data", _defaults(approval) if chosen == APPROVED else None),
        payload=answer.get("editedArgs"),
    )


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _require(allowed: bool, what: str) -> None:
    if not allowed:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"This request does not take {what!r}; look at its `config`.")


def _defaults(approval: Approval) -> Any:
    """What the form holds before it is filled in, which is what somebody answers who has seen no form."""
    return None if approval.form is None else (approval.settings.get("defaults") or {})


def _only_text(form: Any) -> str | None:
    """The field of a form that takes text and no other."""
    fields = (form or {}).get("properties") or {}
    names = [name for name, schema in fields.items() if isinstance(schema, dict) and schema.get("type") == "string"]
    return names[0] if len(names) == len(fields) == 1 else None


def _like(known: Any, edited: Any) -> Any:
    """Edits come as text; what was no text before is read as JSON, and what is left out stays."""
    if isinstance(known, dict) and isinstance(edited, dict):
        return known | {key: _like(known.get(key), value) for key, value in edited.items()}
    if isinstance(edited, str) and not isinstance(known, str):
        try:
            return json.loads(edited)
        except ValueError:
            return edited
    return edited
