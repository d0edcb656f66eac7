"""Behaviour of `foreach`: few items run inside this workflow, many in a sliding window of child workflows."""

import asyncio
from typing import Any

from temporalio import workflow

from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.expressions import compile_expression
from schemas.limits import MAX_ITEMS
from schemas.messages import ChunkScope, NodeStatus, ParentLink, RunInput, RunStatus
from schemas.plan import PlanGraph
from schemas.signals import ChildDone
from workflows.graph_run.children import Tries, run_child, window
from workflows.graph_run.items import ItemPlan, ItemRunner
from workflows.graph_run.mailbox import Halt, forgotten
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.run_context import checked_size
from workflows.graph_run.state import Snapshot, dump_snapshot
from workflows.outcome import NodeOutcome

INLINE_ITEMS = 50
"""Up to so many items run inside the workflow of the run itself."""
CHUNK_ITEMS = 100
"""So many items share a child workflow."""
MAX_CHILDREN = 4
"""Child workflows of one foreach at a time."""


async def run(call: NodeCall) -> NodeOutcome:
    """Runs the body for each item.

    Raises:
        PerdureError: EXPRESSION_FAILED or INVALID_CONFIG for bad items, ITEM_FAILED if one fails and must not.
    """
    plan = _plan(call)
    call.waiting(NodeStatus.RUNNING, input={"items": len(plan.items)})
    if len(plan.items) <= INLINE_ITEMS:
        runner = ItemRunner(call.run, plan, call.memo)
        await runner.run_all()
        return NodeOutcome(runner.results())
    return NodeOutcome(await ChunkWindow(call, plan).run_all())


def _plan(call: NodeCall) -> ItemPlan:
    config, scope = call.written, call.scope()
    items = call.run.measured(lambda: compile_expression(config["items"]).evaluate(scope))
    if not isinstance(items, list):
        raise PerdureError(ErrorCode.INVALID_CONFIG, f"`items` gives {type(items).__name__}, not a list.")
    if len(items) > MAX_ITEMS:
        raise PerdureError(
            ErrorCode.INVALID_CONFIG, f"`items` gives {len(items):,} items; at most {MAX_ITEMS:,} are allowed."
        )
    own_vars = call.fill(config.get("vars", {}))
    checked_size(own_vars, "vars of the foreach")
    path = call.path if call.iteration == 0 else f"{call.path}#{call.iteration}"
    parent = call.walker.place.plan_path
    return ItemPlan(
        graph=_body(call),
        plan_path=f"{parent}.{call.node.id}" if parent else call.node.id,
        path=path,
        items=items,
        first_index=0,
        vars={**scope["vars"], **own_vars},
        concurrency=config.get("concurrency", 10),
        on_item_error=config.get("on_item_error", "fail"),
    )


def _body(call: NodeCall) -> PlanGraph:
    if call.node.body is None:
        raise PerdureError(ErrorCode.INTERNAL, f"The plan of {call.node.id!r} has no body.")
    return call.node.body


class ChunkWindow:
    """Runs items in child workflows, at most `MAX_CHILDREN` at a time; finished chunks are kept in the node's memo."""

    def __init__(self, call: NodeCall, plan: ItemPlan) -> None:
        self.call = call
        self.plan = plan
        self.chunks = window(len(plan.items), CHUNK_ITEMS)
        self.done: dict[str, Any] = call.memo.setdefault("chunks", {})
        self.children = min(MAX_CHILDREN, plan.concurrency)
        self._failure: ErrorInfo | None = None
        self._halted = False

    async def run_all(self) -> list[Any]:
        """Outputs of all items in their order.

        Raises:
            PerdureError: ITEM_FAILED.
            Halt: if the run moves.
        """
        waiting = iter([n for n in range(len(self.chunks)) if str(n) not in self.done])
        lanes = [asyncio.create_task(self._lane(waiting)) for _ in range(self.children)]
        try:
            await asyncio.gather(*lanes)
        except BaseException:
            if forgotten():
                raise
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            raise
        if self._halted:
            raise Halt
        return [output for n in range(len(self.chunks)) for output in self.done[str(n)]]

    async def _lane(self, waiting: Any) -> None:
        """One place in the window: takes the next chunk when the last one is done."""
        for number in waiting:
            if self._halted or self.call.run.stopping is not None:
                self._halted = True
                return
            try:
                await self._run_chunk(number)
            except Halt:
                self._halted = True
                return

    async def _run_chunk(self, number: int) -> None:
        run, chunk = self.call.run, self.chunks[number]
        tries = Tries(self.call.memo, f"chunk{number}")
        key = f"{self.call.key}/chunk{number}" + (f"/{tries.number}" if tries.number else "")
        child_id = f"{workflow.info().workflow_id}/{key}"
        done = await run_child(run, tries, key, child_id, run.run.plan_ref, lambda: self._child(key, chunk, tries.memo))
        self._collect(number, done)

    def _collect(self, number: int, done: ChildDone) -> None:
        if done.status is not RunStatus.COMPLETED:
            error = done.error or ErrorInfo(code=ErrorCode.CHILD_FAILED, message="A part of the items did not finish.")
            raise PerdureError(error.code, error.message, details=error.details)
        self.done[str(number)] = done.output

    def _child(self, key: str, chunk: range, progress: dict[str, Any] | None) -> RunInput:
        run, plan = self.call.run, self.plan
        scope = ChunkScope(
            node=plan.plan_path,
            path=plan.path,
            iteration=self.call.iteration,
            items=plan.items[chunk.start : chunk.stop],
            first_index=chunk.start,
            vars=dict(plan.vars),
            concurrency=max(1, plan.concurrency // self.children),
            on_item_error=plan.on_item_error,
        )
        link = ParentLink(
            workflow_id=workflow.info().workflow_id, child_key=key, run_id=run.run.run_id, path=self.call.path
        )
        return RunInput(
            workspace_id=run.run.workspace_id,
            run_id=run.run.run_id,
            run_attempt=run.run.run_attempt,
            plan_ref=run.run.plan_ref,
            input=run.run.input,
            started_at=run.started_at,
            parent=link,
            chunk=scope,
            snapshot=None if progress is None else dump_snapshot(Snapshot(progress=progress)),
            depth=run.run.depth,
            root_run_id=run.root_run_id,
            tree_usd=run.tree_usd,
            crews=run.run.crews,
            workflow=run.run.workflow,
            approved_tools=tuple(run.snapshot.approved_tools),
            accepted_tools=tuple(run.snapshot.accepted_tools),
        )
