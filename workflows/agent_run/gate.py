"""The gate before a tool call: a person sees tool and arguments, may change them, and says whether it is made."""

from dataclasses import dataclass
from typing import Any, Final

from temporalio import workflow

from schemas.approvals import APPROVED, REJECTED, FieldsView, RequestSettings, value_digest
from schemas.messages import ApprovalProof, NodeStatus
from schemas.service_calls import ApprovalState, OpenApproval
from schemas.signals import Decision
from schemas.tools.policy import decides
from schemas.tools.use import Offer, remembered_key
from workflows.agent_run.sub_step import SubStep
from workflows.graph_run.calls import call_service

APPROVED_FOR_RUN: Final = "approved_for_run"
"""Decision that also approves all further calls of the tool in this run."""

_EFFECTS: Final = {
    "pure": "changes nothing",
    "read": "changes nothing, but looks at the world",
    "write": "changes something",
    "irreversible": "does something that nobody can take back",
}


@dataclass(frozen=True)
class Passage:
    """What came of a gate."""

    arguments: dict[str, Any]
    approved: tuple[ApprovalProof, ...] = ()
    changed: bool = False
    """Whether a person has put other arguments in place of the model's."""
    refused: str | None = None
    """What the model is told if the call is not made."""


async def pass_gate(step: SubStep, offer: Offer, arguments: dict[str, Any], remembered: list[str]) -> Passage:
    """Asks a person about a tool call where its policy says so.

    Args:
        step: The call as a step of the run.
        offer: The tool.
        arguments: As the model gives them.
        remembered: Tools whose further calls were approved in this run; grows.

    Raises:
        Halt: if the run moves meanwhile.
    """
    name, policy, key = offer.definition.name, offer.use.policy, remembered_key(offer)
    if decides(policy, offer.effect, name, arguments, {name} if key in remembered else ()) == "pass":
        return Passage(arguments)
    payload = {"tool": name, "arguments": arguments}
    # A call that is sent again, because nobody knew what became of it, is the one that was approved.
    step.memo.setdefault("gate", step.iteration)
    step.waiting(NodeStatus.WAITING, input={"name": name, "arguments": arguments})
    state = await call_service("open_approval", _request(step, offer, payload), ApprovalState)
    decision = state.decision or Decision.model_validate(await step.answer(state.approval_id))
    if decision.decision == APPROVED_FOR_RUN and key not in remembered:
        remembered.append(key)
    return _passage(decision, payload)


def _passage(decision: Decision, asked: dict[str, Any]) -> Passage:
    payload = decision.payload if decision.changed else asked
    arguments = payload.get("arguments") if isinstance(payload, dict) else None
    if decision.decision not in (APPROVED, APPROVED_FOR_RUN) or not isinstance(arguments, dict):
        return Passage(asked["arguments"], refused=_refusal(decision))
    proof = ApprovalProof(
        approval_id=decision.approval_id,
        decision=decision.decision,
        digest=decision.digest or "",
        payload_hash=value_digest(payload),
    )
    changed = decision.changed and arguments != asked["arguments"]
    return Passage(arguments, (proof,) if decision.digest else (), changed=changed)


def _refusal(decision: Decision) -> str:
    if decision.decision != REJECTED:
        return "The call was not made: nobody approved it."
    because = f" They say: {decision.reason}" if decision.reason else ""
    return f"The call was not made: a person rejected it.{because}"


def _request(step: SubStep, offer: Offer, payload: dict[str, Any]) -> OpenApproval:
    run, name = step.run.run, offer.definition.name
    decisions = [(APPROVED, "Approve"), (REJECTED, "Reject")]
    if offer.use.policy.remember:
        decisions.insert(1, (APPROVED_FOR_RUN, "Approve, and do not ask again in this run"))
    return OpenApproval(
        workspace_id=run.workspace_id,
        run_id=run.run_id,
        run_attempt=run.run_attempt,
        path=step.path,
        iteration=step.memo["gate"],
        workflow_id=workflow.info().workflow_id,
        node_name=step.label,
        title=f"May {step.agent_name} use {name}?"[:500],
        body=f"The agent **{step.agent_name}** wants to use the tool `{name}`, which {_EFFECTS[offer.effect.value]}. "
        "You may change the arguments; the agent is told what was really done.",
        payload=payload,
        decisions=tuple(decisions),
        settings=RequestSettings(
            show=[FieldsView(view="fields", title=name, value=payload["arguments"])], editable=["arguments"]
        ),
        log=step.run.log.take(),
    )
