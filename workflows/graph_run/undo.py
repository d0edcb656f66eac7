"""Compensation: undoes finished steps in reverse order of completion, each durably."""

import asyncio
from typing import TYPE_CHECKING, Any

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from schemas.errors import ErrorInfo, PerdureError
from schemas.messages import NodeStatus, StepEntry, StepInput
from schemas.plan import Mode, PlanNode
from workflows.graph_run.calls import Rest, call_step, error_info
from workflows.graph_run.edits import root_node
from workflows.graph_run.mailbox import Halt
from workflows.graph_run.run_context import RunContext
from workflows.graph_run.state import Undo
from workflows.nodes import behaviour

if TYPE_CHECKING:
    from workflows.graph_run.node_call import NodeCall


def undo_of(call: "NodeCall") -> Undo | None:
    """How a step can be undone, if it can; the settings are resolved with what is known now.

    Raises:
        PerdureError: EXPRESSION_FAILED if a template of the node that undoes it fails.
    """
    if call.node.compensate_with is None:
        return None
    walker = call.walker
    node = walker.graph.node[call.node.compensate_with]
    path, graph = walker.place.path(node.id), walker.place.plan_path
    return Undo(call.path, call.iteration, graph, path, node.id, call.fill(node.config))


async def undo_now(call: "NodeCall", output: Any) -> ErrorInfo | None:
    """Undoes a step that may have been done, as if it had given `output`; returns why it could not be undone.

    Raises:
        FailureError: if the run stops meanwhile and the step was cancelled.
    """
    before, call.state.output = call.state.output, output
    try:
        undo = undo_of(call)
    except PerdureError as error:
        return error.info
    finally:
        call.state.output = before
    try:
        if undo is not None:
            await _undo_step(call.run, undo, asyncio.sleep)
    except Exception as error:
        if undo is None or is_cancelled_exception(error):
            raise
        return _problem(call.run, undo, error)
    return None


async def undo_all(run: RunContext) -> list[ErrorInfo]:
    """Undoes what can be undone and returns what could not be.

    Raises:
        Halt: if the history is full, or the run moves; the rest of the list is undone in a fresh one.
    """
    problems = run.snapshot.undo_problems
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
    try:
        await _undo_step(run, undo, run.rest)
    except Halt:
        raise
    except Exception as error:
        return _problem(run, undo, error)
    _mark(run, undo)
    return None


async def _undo_step(run: RunContext, undo: Undo, rest: Rest) -> None:
    """Runs what undoes a step."""
    graph = run.plan.graph_at(undo.graph)
    node = graph.node[undo.undo_node]
    run.count_undo()
    if node.mode is not Mode.INLINE:
        step = _step(run, undo, node)
        try:
            await call_step(node, step, rest)
        except BaseException:
            run.log.put_back(step.log)
            raise
        return
    output = behaviour(node.kind)(undo.config, run.scope()).output
    _log(run, undo.undo_path, undo.iteration, node, NodeStatus.COMPLETED, output=output)
    undone = graph.node[undo.path.rpartition(".")[2]]
    _log(run, undo.path, undo.iteration, undone, NodeStatus.COMPENSATED)


def _problem(run: RunContext, undo: Undo, error: Exception) -> ErrorInfo:
    node = run.plan.graph_at(undo.graph).node[undo.undo_node]
    info = error_info(error).at(undo.undo_path)
    _log(run, undo.undo_path, undo.iteration, node, NodeStatus.FAILED, error=info)
    return info


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
        credentials=run.credentials_of(node),
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
