"""Compensation: undoes finished steps in reverse order of completion, each durably."""

from typing import Any

from temporalio import workflow

from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus, StepEntry, StepInput
from schemas.plan import Mode, PlanNode
from workflows.graph_run.calls import call_step, error_info
from workflows.graph_run.edits import root_node
from workflows.graph_run.mailbox import Halt
from workflows.graph_run.run_context import RunContext
from workflows.graph_run.state import Undo
from workflows.nodes import behaviour


async def undo_all(run: RunContext) -> list[ErrorInfo]:
    """Undoes what can be undone and returns what could not be.

    Raises:
        Halt: if the history is full; the rest of the list is undone in a fresh one.
    """
    problems = []
    while run.undo:
        if run.history_is_full():
            run.stopping = "move"
            raise Halt
        problem = await _undo(run, run.undo[-1])
        if problem is not None:
            problems.append(problem)
        run.undo.pop()
        run.rested()
    return problems


async def _undo(run: RunContext, undo: Undo) -> ErrorInfo | None:
    graph = run.plan.graph_at(undo.graph)
    node = graph.node[undo.undo_node]
    run.count_undo()
    try:
        if node.mode is Mode.INLINE:
            output = behaviour(node.kind)(undo.config, run.scope()).output
            _log(run, undo.undo_path, undo.iteration, node, NodeStatus.COMPLETED, output=output)
            undone = graph.node[undo.path.rpartition(".")[2]]
            _log(run, undo.path, undo.iteration, undone, NodeStatus.COMPENSATED)
        else:
            await call_step(node, _step(run, undo, node))
    except Exception as error:
        info = error_info(error).at(undo.undo_path)
        _log(run, undo.undo_path, undo.iteration, node, NodeStatus.FAILED, error=info)
        return info
    _mark(run, undo)
    return None


def _step(run: RunContext, undo: Undo, node: PlanNode) -> StepInput:
    return StepInput(
        workspace_id=run.run.workspace_id,
        run_id=run.run.run_id,
        run_attempt=run.run.run_attempt,
        path=undo.undo_path,
        iteration=undo.iteration,
        kind=node.kind,
        name=node.name,
        config=undo.config,
        compensates=undo.path,
        log=run.log.take(),
    )


def _log(run: RunContext, path: str, iteration: int, node: PlanNode, status: NodeStatus, **details: Any) -> None:
    at = workflow.now().isoformat()
    entry = StepEntry(path=path, iteration=iteration, kind=node.kind, name=node.name, status=status, at=at, **details)
    run.log.add(entry)


def _mark(run: RunContext, undo: Undo) -> None:
    """The root node that holds the undone step must run anew if the run is retried."""
    state = run.snapshot.frame.nodes.get(root_node(undo.path))
    if state is not None:
        state.status = NodeStatus.COMPENSATED
