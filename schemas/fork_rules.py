"""What a fork may change. The API asks before it accepts one, the interpreter before it carries one out. Pure."""

from schemas.agents import check_transcript
from schemas.crew_forks import MemberTurns
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunEdit
from schemas.plan import PlanGraph
from schemas.reach import NOTHING_PINNED, Pinned, asks_person, downstream


def check_fork(graph: PlanGraph, edit: RunEdit, pinned: Pinned = NOTHING_PINNED) -> None:
    """Refuse a fork that names what is not there, or puts an output in place of what a person decides.

    Raises:
        PerdureError: `invalid_request`.
    """
    unknown = sorted(node for node in {edit.node, *edit.outputs} if node is not None and node not in graph.node)
    if unknown:
        message = f"The workflow has no node {unknown[0]!r}; `node` and `outputs` name nodes of its root graph."
        raise PerdureError(ErrorCode.INVALID_REQUEST, message, details={"unknown": unknown})
    if edit.turn is not None:
        _check_turn(graph, edit)
    for asking in (node.id for node in graph.nodes if asks_person(graph, node.id, pinned)):
        behind = [node for node in downstream(graph, [asking]) if node in edit.outputs]
        if behind:
            details = {"node": behind[0], "asks": asking}
            raise PerdureError(ErrorCode.INVALID_REQUEST, _sentence(behind[0], asking), details=details)


def _check_turn(graph: PlanGraph, edit: RunEdit) -> None:
    node = graph.node[edit.node] if edit.node is not None else None
    if node is not None and node.kind == "crew":
        if edit.member is None:
            message = "Of a crew, say in `member` whose turn it is: the name behind that of the crew in paths of steps."
            raise PerdureError(ErrorCode.INVALID_REQUEST, message)
        MemberTurns(node.config, edit.member).check()
    elif node is None or node.kind != "agent" or "agent" in node.config or edit.member is not None:
        message = "`turn` goes with a node of the kind `agent` whose settings stand in the workflow itself."
        if edit.member is not None:
            message = "`member` goes with a node of the kind `crew`."
        raise PerdureError(ErrorCode.INVALID_REQUEST, message)
    if edit.messages is not None:
        check_transcript(edit.messages)


def _sentence(node: str, asking: str) -> str:
    if node == asking:
        return f"The output of {node!r} cannot be given: it asks a person, and a fork asks again."
    after = f"it comes after {asking!r}, which asks a person, and a fork asks again"
    return f"The output of {node!r} cannot be given: {after}."
