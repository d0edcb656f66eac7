"""A server describes a tool otherwise than when it was given: a person looks at both and says if it may be used."""

from schemas.approvals import APPROVED, REJECTED, DiffView
from schemas.errors import ErrorCode, ErrorInfo
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.questions import Question


def may_be_accepted(error: ErrorInfo) -> bool:
    """Whether a person can let the tool be used as it is now; one that is gone cannot be."""
    return error.code is ErrorCode.TOOLS_CHANGED and isinstance(error.details.get("digest"), str)


def acceptance(call: NodeCall, error: ErrorInfo) -> Question:
    """Asks about the tool of a step whose error is `tools_changed`."""
    pinned, now = error.details["pinned"], error.details["now"]
    return Question(
        purpose="approval",
        title=f"{call.label}: the tool has changed",
        body=f"The step **{call.label}** was not carried out, because the server describes the tool otherwise now than "
        "when it was given to the agent. What a server says of a tool may be meant to mislead: read it like a "
        "stranger's words.\n\n"
        "- **Approve**: the call is made, and further ones in this run, as long as the tool stays as it is now.\n"
        "- **Reject**: the agent stops.",
        payload={"tool": error.details["tool"], "pinned": pinned, "now": now},
        decisions=((APPROVED, "Use it as it is now"), (REJECTED, "Do not use it")),
        show=(DiffView(view="diff", title=str(error.details["tool"])[:200], before=pinned, after=now),),
    )
