"""Runs the body of a foreach for a list of items inside this workflow, some at a time."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.plan import PlanGraph
from workflows.graph_run.mailbox import Halt, forgotten
from workflows.graph_run.run_context import RunContext
from workflows.graph_run.state import Frame, dump_frame, load_frame
from workflows.graph_run.walker import GraphFailedError, Place, Walker

ON_ITEM_ERROR = Literal["fail", "continue", "drop"]


@dataclass(frozen=True)
class ItemPlan:
    """What to run for which items."""

    graph: PlanGraph
    plan_path: str
    """Dotted path of the foreach node."""
    path: str
    """Path of its step in the run log, iteration included."""
    items: list[Any]
    first_index: int
    vars: Mapping[str, Any]
    concurrency: int
    on_item_error: ON_ITEM_ERROR


class ItemRunner:
    """Runs items and keeps count in `progress`, which survives continue-as-new.

    Args:
        run: The run they belong to.
        plan: What to run.
        progress: JSON data, changed in place: `done` (outputs by position), `failed` (errors), `frames` (under way).
    """

    def __init__(self, run: RunContext, plan: ItemPlan, progress: dict[str, Any]) -> None:
        self.run = run
        self.plan = plan
        self.done: dict[str, Any] = progress.setdefault("done", {})
        self.failed: dict[str, Any] = progress.setdefault("failed", {})
        if plan.on_item_error == "fail":
            self.failed.clear()  # left by the attempt that is being retried
        self.frames: dict[str, Any] = progress.setdefault("frames", {})
        self._live: dict[str, Frame] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._wake = asyncio.Event()
        self._failure: ErrorInfo | None = None
        self._halted = False

    async def run_all(self) -> None:
        """Runs every item that is not done yet.

        Raises:
            PerdureError: ITEM_FAILED for the first failed item, if the node wants to fail then.
            Halt: if the run stops or moves; `progress` holds what is needed to go on.
        """
        waiting = deque(p for p in range(len(self.plan.items)) if not self._settled(str(p)))
        try:
            await self._feed(waiting)
        finally:
            if not forgotten():
                await self._finish_tasks()
            # Frames under way are kept as plain data only when the run stops here.
            self.frames.update({position: dump_frame(frame) for position, frame in self._live.items()})
        if self._failure is not None:
            raise PerdureError(ErrorCode.ITEM_FAILED, self._failure.message, details=self._failure.details)
        if self._halted or waiting:
            raise Halt

    def results(self) -> list[Any]:
        """Outputs in the order of the items; failed items give null, or nothing if they are dropped."""
        positions = map(str, range(len(self.plan.items)))
        if self.plan.on_item_error == "drop":
            return [self.done[p] for p in positions if p in self.done]
        return [self.done.get(p) for p in positions]

    def _settled(self, position: str) -> bool:
        return position in self.done or position in self.failed

    async def _feed(self, waiting: deque[int]) -> None:
        while waiting or self._tasks:
            self._wake.clear()
            while waiting and len(self._tasks) < self.plan.concurrency and self._may_start():
                self._start(waiting.popleft())
            if not self._tasks and not self._may_start():
                return
            await self._wake.wait()

    def _may_start(self) -> bool:
        return self._failure is None and not self._halted and self.run.stopping is None

    def _start(self, position: int) -> None:
        task = asyncio.create_task(self._run_item(position))
        self._tasks[task] = None
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        self._wake.set()

    async def _finish_tasks(self) -> None:
        if self._failure is not None or not self._halted:
            for task in self._tasks:
                task.cancel()
        while self._tasks:
            self._wake.clear()
            await self._wake.wait()

    async def _run_item(self, position: int) -> None:
        key = str(position)
        frame = load_frame(self.frames.pop(key)) if key in self.frames else Frame()
        self._live[key] = frame
        index = self.plan.first_index + position
        place = Place(
            prefix=f"{self.plan.path}[{index}].",
            plan_path=self.plan.plan_path,
            names={"item": self.plan.items[position], "index": index, "vars": self.plan.vars},
        )
        try:
            self.done[key] = await Walker(self.run, self.plan.graph, frame, place).walk()
        except GraphFailedError as error:
            self._item_failed(key, index, error.info)
            if self.plan.on_item_error == "fail":
                return  # an attempt after this one goes on with what the item has done
        except Halt:
            self._halted = True
            return
        del self._live[key]
        self.run.account(-sum(state.size for state in frame.nodes.values()))

    def _item_failed(self, key: str, index: int, error: ErrorInfo) -> None:
        self.failed[key] = error.model_dump(mode="json")
        if self.plan.on_item_error == "fail" and self._failure is None:
            self._failure = ErrorInfo(
                code=ErrorCode.ITEM_FAILED,
                message=f"Item {index} failed: {error.message}"[:8000],
                details={"index": index, "error": error.model_dump(mode="json")},
            )
