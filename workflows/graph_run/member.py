"""The workflow of one member of a crew: a graph of one agent, whose steps stand in the run of the crew."""

from collections.abc import Mapping
from typing import Any

from schemas.document import OnError
from schemas.messages import MemberScope
from schemas.plan import PlanGraph, PlanNode
from workflows.graph_run.run_context import RunContext
from workflows.graph_run.state import NodeState
from workflows.graph_run.walker import Place, Walker


async def walk_member(run: RunContext, member: MemberScope) -> Any:
    """Runs the agent to its end and gives its output.

    Raises:
        GraphFailedError: if it failed.
        Halt: if the run stops or moves.
    """
    frame = run.snapshot.frame
    if member.name not in frame.nodes:
        kept = {} if member.memo is None else member.memo
        memo = {**kept, "edited": member.settings, "templates": False}
        frame.nodes[member.name] = NodeState(memo=memo)
        run.snapshot.steers.extend(member.steers)
    graph = PlanGraph(nodes=(_node(run, member),), edges=())
    await Walker(run, graph, frame, Place(prefix=f"{member.path}.", plan_path=member.graph)).walk()
    return frame.nodes[member.name].output


def member_memo(run: RunContext) -> dict[str, Any] | None:
    """How far the member of a crew has come that this workflow runs."""
    member = run.run.member
    state = None if member is None else run.snapshot.frame.nodes.get(member.name)
    memo = {} if state is None or state.memo is None else state.memo
    return {"agent": memo["agent"]} if "agent" in memo else None


def _node(run: RunContext, member: MemberScope) -> PlanNode:
    """The member as a node; its settings as they are written say which credentials it may use."""
    crew = run.plan.graph_at(member.graph).node[member.node]
    written: Any = crew.config
    for part in member.place:
        written = written.get(part) if isinstance(written, Mapping) else written[part]
    return PlanNode(
        id=member.name,
        kind="agent",
        name=member.title,
        mode=crew.mode,
        config=dict(written) if isinstance(written, Mapping) else {},
        ports=("out",),
        retry=crew.retry,
        timeout=crew.timeout,
        on_error=OnError.PAUSE if member.ask else OnError.FAIL,
    )
