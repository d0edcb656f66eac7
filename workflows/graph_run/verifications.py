"""A call that was sent and never answered: a person looks at the other side and says what became of it."""

from schemas.document import OnError
from schemas.errors import MAX_MESSAGE_CHARS, ErrorInfo
from schemas.unknown_outcomes import UnansweredCall, evidence_of
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.questions import Question, quoted

_AFTER_FAILURE = {
    OnError.FAIL: ("Fail the run", "the run fails"),
    OnError.PAUSE: ("Fail the run", "the run fails"),
    OnError.CONTINUE: ("Go on without its output", "the run goes on without its output"),
    OnError.ROUTE: ("Take the error path", "the run takes its error path"),
}
"""What a failure of the step means for the run: on a button, and within a sentence."""


def verification(call: NodeCall, error: ErrorInfo) -> Question:
    """Asks what became of the call of a step whose error is `outcome_unknown`."""
    evidence = evidence_of(error)
    if evidence is None:
        raise ValueError("the error of a verification is about an unanswered call")
    settings, resolved = call.shown_settings()
    undo = call.node.compensate_with
    return Question(
        purpose="verification",
        title=f"Was {call.label} carried out?",
        body=_body(call, error, evidence),
        payload={
            "error": error.model_dump(mode="json"),
            "evidence": {**evidence.model_dump(mode="json"), "how": evidence.how},
            "kind": call.node.kind,
            "settings": settings,
            "resolved": resolved,
            "on_error": call.node.on_error.value,
            "compensate_with": undo,
        },
        decisions=_decisions(call),
    )


def undone(error: ErrorInfo) -> ErrorInfo:
    """The error of a step that was undone because nobody knew whether it was done."""
    message = "Nobody knew whether the step was carried out, so it was undone."
    return error.model_copy(update={"message": message, "details": {**error.details, "undone": True}})


def undo_failed(error: ErrorInfo, problem: ErrorInfo) -> ErrorInfo:
    """The same error after an attempt to undo the step that failed."""
    details = {**error.details, "undo_failed": problem.model_dump(mode="json")}
    return error.model_copy(update={"details": details})


def _decisions(call: NodeCall) -> tuple[tuple[str, str], ...]:
    undo = (("compensate", "Undo it"),) if call.node.compensate_with is not None else ()
    return (
        ("done", "It was carried out: go on with its result"),
        ("retry", "It was not carried out: send it again"),
        *undo,
        ("fail", _AFTER_FAILURE[call.node.on_error][0]),
    )


def _body(call: NodeCall, error: ErrorInfo, evidence: UnansweredCall) -> str:
    after = _AFTER_FAILURE[call.node.on_error][1]
    parts = [
        f"The step **{call.label}** sent a request that must not be sent twice, but {evidence.how}. Perdure cannot "
        "know whether it was carried out, so it waits for you.",
        _facts(evidence),
        *([quoted(evidence.cause[:MAX_MESSAGE_CHARS])] if evidence.cause else []),
        *_failed_undo(error),
        "**Look at the other system first**: does it show what this step was to do, at that time and with the input "
        "below? Then decide:",
        "\n".join(_meanings(call, after)),
    ]
    return "\n\n".join(parts)


def _facts(evidence: UnansweredCall) -> str:
    sent = evidence.call
    facts = [f"- Sent: `{sent.to}`, at {sent.at}, by attempt {sent.attempt} of the step"]
    facts.append(f"- Idempotency key: `{sent.idempotency_key}`" if sent.idempotency_key else "- No idempotency key")
    if evidence.status is not None:
        facts.append(f"- Answer: status {evidence.status}, but {evidence.how}")
    return "\n".join(facts)


def _failed_undo(error: ErrorInfo) -> list[str]:
    problem = error.details.get("undo_failed")
    if not isinstance(problem, dict):
        return []
    return [f"It could not be undone:\n\n{quoted(str(problem.get('message', '')))}"]


def _meanings(call: NodeCall, after: str) -> list[str]:
    undo = call.node.compensate_with
    meanings = [
        "- **It was carried out**: the run goes on. What you give is taken for the output of the step, such as the id "
        "that the other system shows; later steps read it.",
        "- **It was not carried out**: the request is sent again, as a new one with a new key.",
    ]
    if undo is not None:
        meanings.append(
            f"- **Undo it**: `{undo}` runs now, and then {after}. What you give is taken for the output of the step, "
            f"in case `{undo}` reads it."
        )
    return [*meanings, f"- **{_AFTER_FAILURE[call.node.on_error][0]}**: nothing is sent or undone, and {after}."]
