"""Which nodes of a plan would change anything outside."""

from collections.abc import Collection, Iterator

from pydantic import BaseModel

from api.errors import FieldProblem, RequestError
from schemas.errors import ErrorCode
from schemas.nodes import specs
from schemas.plan import PlanGraph


class SideEffect(BaseModel):
    """A node that changes something outside."""

    node: str
    kind: str


def side_effects(graph: PlanGraph, pinned: Collection[str] = (), prefix: str = "") -> Iterator[SideEffect]:
    """Nodes of a graph, at every depth, whose steps change anything outside, those that are pinned apart."""
    for node in graph.nodes:
        if node.id in pinned and not prefix:
            continue
        if specs()[node.kind].has_side_effects(node.config):
            yield SideEffect(node=prefix + node.id, kind=node.kind)
        if node.body is not None:
            yield from side_effects(node.body, prefix=f"{prefix}{node.id}.")


def require_confirmation(graph: PlanGraph, pinned: Collection[str] = (), *, confirmed: bool) -> None:
    """Refuse a test that would change anything outside unless the caller knows.

    Raises:
        RequestError: `invalid_request` with all such nodes.
    """
    found = [] if confirmed else list(side_effects(graph, pinned))
    if found:
        names = ", ".join(f"{effect.node} ({effect.kind})" for effect in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        message = f"This would change things outside, by {names}{more}; send `confirm: true`, or pin what they give."
        raise RequestError(
            ErrorCode.INVALID_REQUEST,
            message,
            errors=[FieldProblem(field="body.confirm", message="Must be true for a test with side effects.")],
            details={"side_effects": [effect.model_dump() for effect in found]},
        )
