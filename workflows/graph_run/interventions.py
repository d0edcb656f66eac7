"""A step that cannot go on by itself waits in the inbox until a person says what to do."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from temporalio import workflow

from schemas.approvals import APPROVED, Assignees, Priority, RequestSettings, Stage
from schemas.errors import ErrorCode, ErrorInfo
from schemas.messages import NodeStatus
from schemas.roles import Role
from schemas.service_calls import ApprovalState, OpenApproval
from schemas.signals import Decision
from workflows.graph_run.calls import call_service
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.questions import Question, counted, quoted, settings_form
from workflows.graph_run.tool_changes import acceptance, may_be_accepted
from workflows.graph_run.top_ups import grant, top_up
from workflows.graph_run.verifications import verification

_PEOPLE_DECIDE: Final = frozenset({ErrorCode.OUTCOME_UNKNOWN, ErrorCode.BUDGET_EXHAUSTED})
DECIDED: Final = "decided"
"""In the details of an error: a person was asked already, and wants the step to fail."""
ACCEPTED: Final = "accepted"
"""In the memo of a step: digest of a tool that a person has accepted as it is now."""

DECISIONS = (
    ("retry", "Try again"),
    ("edit", "Edit the input and try again"),
    ("skip", "Go on with a value"),
    ("fail", "Fail the run"),
)
_MEANINGS = """\
- **Try again**: the step runs once more with the same input. Choose this when the cause is gone.
- **Edit the input and try again**: the step runs with the input that you give. It is another request to whoever \
it calls, so it gets another idempotency key.
- **Go on with a value**: the step is not run. What you give is taken for its output.
- **Fail the run**: the run ends; what it has done is undone where the workflow says how."""


@dataclass(frozen=True)
class Verdict:
    """What the person decided."""

    action: Literal["retry", "done", "compensate", "fail"]
    value: Any = None


def people_decide(error: ErrorInfo) -> bool:
    """Whether a person is asked whatever the node says, and the same step goes on with the answer."""
    return DECIDED not in error.details and (error.code in _PEOPLE_DECIDE or may_be_accepted(error))


async def ask(call: NodeCall, error: ErrorInfo) -> Verdict:
    """Parks the node and waits for a decision.

    The form data of `edit` are the node's new settings, those of `skip`, `done` and `compensate` its output.
    """
    rounds = call.memo.setdefault("rounds", 0)
    call.memo["parked"] = error.model_dump(mode="json")
    call.waiting(NodeStatus.WAITING, error=error.at(call.path))
    question = _question(call, error)
    state = await call_service("open_approval", _request(call, question, rounds), ApprovalState)
    decision = state.decision or Decision.model_validate(await call.answer(state.approval_id))
    if error.code is ErrorCode.BUDGET_EXHAUSTED and decision.decision == APPROVED:
        await grant(call, error, decision)
    if may_be_accepted(error) and decision.decision == APPROVED:
        call.memo[ACCEPTED] = error.details["digest"]
    call.memo["rounds"] = rounds + 1
    del call.memo["parked"]
    return _verdict(call, error, decision)


def _question(call: NodeCall, error: ErrorInfo) -> Question:
    match error.code:
        case ErrorCode.OUTCOME_UNKNOWN:
            return verification(call, error)
        case ErrorCode.BUDGET_EXHAUSTED:
            return top_up(call, error)
    if may_be_accepted(error):
        return acceptance(call, error)
    return _intervention(call, error)


def parked_error(call: NodeCall) -> ErrorInfo | None:
    """The error with which the node was parked before the run moved to a fresh history."""
    memo = call.state.memo or {}
    return ErrorInfo.model_validate(memo["parked"]) if "parked" in memo else None


def _verdict(call: NodeCall, error: ErrorInfo, decision: Decision) -> Verdict:
    resolved = call.memo.pop("resolved", True)
    match decision.decision:
        case "skip" | "done":
            return Verdict("done", decision.data)
        case "compensate":
            return Verdict("compensate", decision.data)
        case "approved" if people_decide(error):
            return Verdict("retry")
        case "edit" if isinstance(decision.data, dict):
            call.edit(decision.data, templates=not resolved)
            _next_key(call, error)
            return Verdict("retry")
        case "retry":
            if error.code is ErrorCode.OUTCOME_UNKNOWN:
                _next_key(call, error)
            return Verdict("retry")
    return Verdict("fail")


def _next_key(call: NodeCall, error: ErrorInfo) -> None:
    """What follows is another request to the outside, so it gets a key, and a step in the log, of its own."""
    call.log(NodeStatus.FAILED, error=error.at(call.path))
    call.state.iteration += 1


def _intervention(call: NodeCall, error: ErrorInfo) -> Question:
    settings, resolved = call.shown_settings()
    # What the person has before them counts, even if the run moves to a fresh history before they answer.
    call.memo.setdefault("resolved", resolved)
    attempts: int | None = call.memo.get("attempts")
    times = f" after {counted(attempts)}" if attempts else ""
    return Question(
        purpose="intervention",
        title=f"{call.label} failed",
        body=f"The step **{call.label}** failed{times}, and the run waits for you:\n\n"
        f"{quoted(error.message)}\n\n{_MEANINGS}",
        payload={
            "error": error.model_dump(mode="json"),
            "attempts": attempts,
            "kind": call.node.kind,
            "settings": settings,
            "resolved": resolved,
        },
        decisions=DECISIONS,
        form=settings_form(call.node.kind),
    )


def _request(call: NodeCall, question: Question, rounds: int) -> OpenApproval:
    run = call.run.run
    return OpenApproval(
        workspace_id=run.workspace_id,
        run_id=run.run_id,
        run_attempt=run.run_attempt,
        path=call.path,
        iteration=call.iteration,
        workflow_id=workflow.info().workflow_id,
        node_name=call.label,
        purpose=question.purpose,
        # Where a budget is asked for, another approval of the same step may have been asked for before.
        round=rounds + (question.purpose == "approval"),
        title=question.title[:500],
        body=question.body,
        payload=question.payload,
        form=question.form,
        decisions=question.decisions,
        priority=Priority.HIGH,
        # Rules are about what people approve; nobody has said that they may answer this.
        settings=_settings(question),
        log=call.run.log.take(),
    )


def _settings(question: Question) -> RequestSettings:
    show = list(question.show)
    if not question.owners_only:
        return RequestSettings(policies=False, show=show)
    owners = Stage(assignees=Assignees(roles=[Role.OWNER]))
    return RequestSettings(policies=False, show=show, owners_only=True, stages=[owners])
