"""What all parts of one run share: identity, limits, the log buffer, and how it is told to stop."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic_core import to_json
from temporalio import workflow

from schemas import limits
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.expressions import metered
from schemas.limits import MAX_IN_FLIGHT, MAX_STATE_BYTES, MAX_VALUE_BYTES
from schemas.messages import RunInput, RunStatus, StepEntry
from schemas.plan import Plan
from workflows.graph_run.mailbox import Mailbox
from workflows.graph_run.state import Ending, Snapshot, Undo

if TYPE_CHECKING:
    from workflows.graph_run.walker import Walker

ResultT = TypeVar("ResultT")

ACTIVATION_BUDGET = 200_000_000
"""Work done in one go, in the units of `schemas.expressions.work`; Temporal gives workflow code two seconds.

Histories record where a run gave way: another value breaks running workflows that got that far.
"""
NODE_WORK = 500_000
"""Our own work for a node."""


def checked_size(value: Any, what: str, limit: int = MAX_VALUE_BYTES) -> int:
    """JSON bytes of a value.

    Raises:
        PerdureError: RESULT_TOO_LARGE above the limit for one value, INVALID_TEXT if it is no clean JSON.
    """
    try:
        size = len(to_json(value))
    except (ValueError, TypeError, RecursionError) as error:
        raise PerdureError(ErrorCode.INVALID_TEXT, f"The {what} is not valid JSON text.") from error
    if size > limit:
        raise PerdureError(
            ErrorCode.RESULT_TOO_LARGE,
            f"The {what} has {size:,} bytes as JSON; the limit is {limit:,}. Keep only what later steps need.",
        )
    return size


class LogBuffer:
    """Step entries that ride along with the next activity."""

    def __init__(self) -> None:
        self.entries: list[StepEntry] = []

    def add(self, entry: StepEntry) -> None:
        """Keeps an entry for the next ride."""
        self.entries.append(entry)

    def take(self) -> tuple[StepEntry, ...]:
        """All entries kept so far; whoever takes them must store them or put them back."""
        taken, self.entries = tuple(self.entries), []
        return taken

    def put_back(self, entries: tuple[StepEntry, ...]) -> None:
        """Returns entries whose ride did not start; storing twice is harmless."""
        self.entries[:0] = entries


class RunContext:
    """Shared state of one workflow execution.

    Args:
        plan: What is executed.
        run: Identity and input.
        snapshot: State to go on from.
    """

    def __init__(self, plan: Plan, run: RunInput, snapshot: Snapshot) -> None:
        self.plan = plan
        self.run = run
        self.snapshot = snapshot
        self.started_at = run.started_at or workflow.now().isoformat()
        self.mailbox = Mailbox(snapshot.mail)
        self.log = LogBuffer()
        self.undo: list[Undo] = snapshot.undo
        self.paused = snapshot.paused
        self.stopping: Literal["move", "end"] | None = None
        self.ending: Ending | None = None
        self.active = 0
        self.children: dict[str, str] = {}
        self._steps_here = 0
        self._state_bytes = sum(state.size for state in snapshot.frame.nodes.values())
        self._walkers: dict[Walker, None] = {}
        self._budget = ACTIVATION_BUDGET
        self._breath: asyncio.Task[None] | None = None

    # Identity

    def scope(self) -> Mapping[str, Any]:
        """Names that every expression of the run may use, beside those of its graph."""
        return {
            "input": self.run.input,
            "vars": self.plan.vars if self.run.chunk is None else self.run.chunk.vars,
            "run": {"id": self.run.run_id, "started_at": self.started_at, "attempt": self.run.run_attempt},
            "workspace": {"id": self.run.workspace_id},
        }

    @property
    def deadline(self) -> datetime:
        """When the run exceeds its time limit."""
        return datetime.fromisoformat(self.started_at) + timedelta(seconds=self.plan.limits.timeout)

    # Stopping and waking

    def register(self, walker: "Walker") -> None:
        """Adds a walker that must hear of changes."""
        self._walkers[walker] = None

    def unregister(self, walker: "Walker") -> None:
        """Removes a walker."""
        self._walkers.pop(walker, None)

    def wake(self) -> None:
        """Lets every walker look at the state again."""
        for walker in self._walkers:
            walker.wake()

    def end(self, status: RunStatus, error: ErrorInfo | None = None) -> None:
        """Stops the whole run at once; the first reason counts."""
        if self.ending is None:
            self.ending = Ending(status=status, error=error)
        self.stopping = "end"
        self.wake()

    def move(self) -> None:
        """Stops at the next node boundary, to go on in a fresh history."""
        if self.stopping is None:
            self.stopping = "move"
            self.mailbox.halt()
            self.wake()

    # Limits

    def count_step(self) -> None:
        """A step starts here; ends the run at its step limit and moves it when its history has grown."""
        self.snapshot.steps += 1
        self._steps_here += 1
        limit = self.plan.limits.max_steps
        if self.snapshot.steps > limit:
            self.end(
                RunStatus.FAILED,
                ErrorInfo(code=ErrorCode.STEP_LIMIT, message=f"The run reached its limit of {limit} steps."),
            )
        elif self.history_is_full():
            self.move()

    def count_undo(self) -> None:
        """A compensation starts here; the step limit does not stop it."""
        self._steps_here += 1

    def history_is_full(self) -> bool:
        """Whether the run should go on in a fresh history. Each history brings it forward by a step at least."""
        info = workflow.info()
        return self._steps_here > 1 and (
            self._steps_here >= limits.CONTINUE_AS_NEW_STEPS
            or info.is_continue_as_new_suggested()
            or info.get_current_history_length() >= limits.CONTINUE_AS_NEW_EVENTS
        )

    def add_cost(self, cost_usd: float, steps: int = 0) -> None:
        """Counts money spent and ends the run at its cost limit."""
        self.snapshot.steps += steps
        self.snapshot.cost_usd += cost_usd
        limit = self.plan.limits.max_cost_usd
        if limit is not None and self.snapshot.cost_usd > limit:
            self.end(
                RunStatus.FAILED,
                ErrorInfo(
                    code=ErrorCode.COST_LIMIT,
                    message=f"The run spent {self.snapshot.cost_usd:.4f} USD, more than its limit of {limit} USD.",
                ),
            )

    def account(self, change: int) -> None:
        """Outputs grew by `change` bytes; ends the run when it holds too much."""
        self._state_bytes += change
        if self._state_bytes > MAX_STATE_BYTES:
            self.end(
                RunStatus.FAILED,
                ErrorInfo(
                    code=ErrorCode.STATE_TOO_LARGE,
                    message=f"The outputs of the run together exceed {MAX_STATE_BYTES:,} bytes of JSON.",
                ),
            )

    @property
    def has_slot(self) -> bool:
        """Whether another step may start now."""
        return self.active < min(self.plan.limits.max_parallel, MAX_IN_FLIGHT)

    # Bounded work

    def rested(self) -> None:
        """The workflow was activated anew, so work may go on."""
        self._budget = ACTIVATION_BUDGET

    def measured(self, compute: Callable[[], ResultT]) -> ResultT:
        """Evaluates expressions of a node; their work counts against what may be done in one go."""
        with metered() as meter:
            try:
                return compute()
            finally:
                self._budget -= NODE_WORK + meter.spent

    async def breathe(self) -> None:
        """Gives the task back to Temporal before two seconds of work have piled up."""
        while self._budget <= 0:
            if self._breath is None:
                self._breath = asyncio.create_task(self._rest())
            await asyncio.shield(self._breath)

    async def _rest(self) -> None:
        await asyncio.sleep(0.001)
        self._budget = ACTIVATION_BUDGET
        self._breath = None
