"""Which approvals let a step begin: those on the taken edges before it, also behind nodes that only compute."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.approvals import value_digest
from schemas.messages import ApprovalProof, NodeStatus
from schemas.plan import Mode, PlanGraph
from workflows.graph_run.state import Frame

_FARTHEST: Final = 50
"""Nodes that are looked at on the way back."""

_NO_SIDE_EFFECT: Final = (Mode.INLINE, Mode.CONTROL)


def approvals_before(graph: PlanGraph, frame: Frame, node_id: str) -> tuple[ApprovalProof, ...]:
    """Proofs of the approvals that a step follows, in a fixed order."""
    found: dict[str, ApprovalProof] = {}
    seen, ahead = {node_id}, [node_id]
    while ahead and len(seen) <= _FARTHEST:
        for source in _taken(graph, frame, ahead.pop(0)):
            if source in seen:
                continue
            seen.add(source)
            node = graph.node[source]
            if node.kind == "approval":
                found.update(_proof(frame.nodes[source].output))
            elif node.mode in _NO_SIDE_EFFECT:
                ahead.append(source)
    return tuple(found[key] for key in sorted(found))


def _taken(graph: PlanGraph, frame: Frame, node_id: str) -> Iterator[str]:
    for edge in graph.incoming.get(node_id, ()):
        state = frame.nodes[edge.source]
        if state.status is NodeStatus.COMPLETED and state.port == edge.port:
            yield edge.source


def _proof(output: Any) -> dict[str, ApprovalProof]:
    """Nothing for one that was not asked here: a pinned output, or one that was kept by a fork with edits."""
    if not isinstance(output, dict) or not output.get("approval_id") or not output.get("digest"):
        return {}
    proof = ApprovalProof(
        approval_id=output["approval_id"],
        decision=str(output.get("decision")),
        digest=output["digest"],
        payload_hash=value_digest(output.get("payload")),
    )
    return {proof.approval_id: proof}
