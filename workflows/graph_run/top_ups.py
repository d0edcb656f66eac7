"""A budget is used up: a person says how much more may be spent, and the same step goes on."""

from schemas.approvals import APPROVED, REJECTED
from schemas.errors import ErrorInfo
from schemas.service_calls import GrantBudget
from schemas.signals import Decision
from workflows.graph_run.calls import tell_service
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.questions import Question, quoted

_FORM = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1_000_000,
            "title": "US dollars that may be spent in addition",
        }
    },
    "additionalProperties": False,
}


def top_up(call: NodeCall, error: ErrorInfo) -> Question:
    """Asks for more money for a step whose error is `budget_exhausted`; for that of a month, the owners alone."""
    return Question(
        purpose="approval",
        title=f"{call.label} needs a larger budget",
        body=f"The step **{call.label}** was not carried out, because a budget is used up:\n\n"
        f"{quoted(error.message)}\n\n"
        "- **Approve**: what you give is added to the budget, and the run goes on with the same step.\n"
        "- **Reject**: the step fails.",
        payload={"error": error.model_dump(mode="json"), "kind": call.node.kind},
        decisions=((APPROVED, "Add to the budget"), (REJECTED, "Do not spend more")),
        form=_FORM,
        owners_only=error.details.get("scope") == "month",
    )


async def grant(call: NodeCall, error: ErrorInfo, decision: Decision) -> None:
    """Adds what a person has granted to the budget."""
    run = call.run.run
    amount = decision.data.get("amount") if isinstance(decision.data, dict) else None
    if not isinstance(amount, int | float):
        return  # then the step finds the budget as it was, and asks again
    message = GrantBudget(
        workspace_id=run.workspace_id,
        run_id=run.run_id,
        run_attempt=run.run_attempt,
        path=call.path,
        iteration=call.iteration,
        approval_id=decision.approval_id,
        amount_usd=float(amount),
        by=decision.by,
        details=error.details,
    )
    await tell_service("grant_budget", message)
