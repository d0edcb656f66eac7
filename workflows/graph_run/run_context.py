"""What all parts of one run share: identity, limits, the log buffer, and how it is told to stop."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic_core import to_json
from temporalio import workflow

from schemas import limits
from schemas.budgets import ModelBudget
from schemas.credentials.references import written_origin
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.expressions import metered
from schemas.limits import MAX_IN_FLIGHT, MAX_STATE_BYTES, MAX_VALUE_BYTES
from schemas.messages import (
    GIVE_WAY,
    RUNS_QUEUE,
    CrewBudget,
    RunInput,
    RunStatus,
    StepBudget,
    StepCredentials,
    StepEntry,
)
from schemas.plan import Plan, PlanNode
from schemas.signals import Steer
from workflows.graph_run.mailbox import Halt, Mailbox, forgotten
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
GIVE_WAY_TIMEOUT = timedelta(seconds=10)


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


def _least(*limits: float | None) -> float | None:
    """The strictest of the limits that there are."""
    return min((limit for limit in limits if limit is not None), default=None)


def _concerns(path: str | None, place: str) -> bool:
    """Whether what was said to the agent at a path is for the member of a crew at a place, or for its own members."""
    return path is None or path == place or path.startswith(f"{place}.")


def _above(place: str) -> set[str]:
    """Paths of the steps above a place: of the crew, and of whoever has delegated."""
    parts = place.split(".")
    return {".".join(parts[:end]) for end in range(1, len(parts))}


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
        self.waited = run.snapshot is not None
        """Whether its time tells nothing of ours: it has waited for somebody, or was too long for one history."""
        self.children: dict[str, str] = {}
        self.starting: set[str] = set()
        """Children that the server may not know yet."""
        self.members: dict[str, str] = {}
        self.agent_runs: dict[str, str] = {}
        """Workflows of published agents that run as runs of their own, by the path of the step that waits for them."""
        self.agents = 0
        """Agents whose loop runs in this workflow."""
        self.root_run_id = run.root_run_id or run.run_id
        self.tree_usd = run.tree_usd
        self._steps_here = 0
        self._state_bytes = sum(state.size for state in snapshot.frame.nodes.values())
        self._walkers: dict[Walker, None] = {}
        self._budget = ACTIVATION_BUDGET
        self._breath: asyncio.Task[None] | None = None
        self._working = 0
        self._working_since = workflow.now()

    # Identity

    def scope(self) -> Mapping[str, Any]:
        """Names that every expression of the run may use, beside those of its graph."""
        return {
            **(self.run.pins.names if self.run.pins is not None else {}),
            "input": self.run.input,
            "vars": self.plan.vars if self.run.chunk is None else self.run.chunk.vars,
            "run": {"id": self.run.run_id, "started_at": self.started_at, "attempt": self.run.run_attempt},
            "workspace": {"id": self.run.workspace_id},
        }

    def credentials_of(self, node: PlanNode) -> StepCredentials | None:
        """What the document, as it was published, says about the credentials of a step."""
        known = self.plan.credentials
        if not known:
            return None
        origin = written_origin(node.config.get("url")) if node.credentials else None
        return StepCredentials(uses=node.credentials, origin=origin, known=known)

    def share_tree(self, usd: float | None) -> None:
        """From now on models may not cost more in this run and those that it starts, together with their siblings."""
        if usd is not None:
            self.tree_usd = _least(usd, self.tree_usd)

    def budget(self, own: ModelBudget | None = None) -> StepBudget:
        """What a step may spend on models.

        Args:
            own: What its settings say; what bounds the run and those around it counts anyhow.
        """
        own = own or ModelBudget()
        return StepBudget(
            root_run_id=self.root_run_id,
            crews=self.run.crews,
            step_usd=own.call_usd,
            run_usd=_least(own.run_usd, self.plan.limits.max_cost_usd),
            tree_usd=_least(own.tree_usd, self.tree_usd),
        )

    @property
    def budgets_of_children(self) -> tuple[CrewBudget, ...]:
        """Budgets that runs spend from which this one starts."""
        limit = self.plan.limits.max_cost_usd
        own = () if limit is None else (CrewBudget(key=self.run.run_id, usd=limit, scope="run"),)
        return (*self.run.crews, *own)

    @property
    def age(self) -> timedelta:
        """For how long the run has been going on."""
        return workflow.now() - datetime.fromisoformat(self.started_at)

    @property
    def deadline(self) -> datetime:
        """When the run exceeds its time limit."""
        return datetime.fromisoformat(self.started_at) + timedelta(seconds=self.plan.limits.timeout)

    # What people say

    def steer(self, message: Steer) -> None:
        """A person says something to an agent; the same id twice is said once."""
        if message.id not in self.snapshot.steered:
            self.snapshot.steered.append(message.id)
            self.snapshot.steers.append({"path": message.path, "message": message.message})

    def members_at(self, path: str | None) -> list[str]:
        """Running members of crews to whom something is said: all, who is nearest to a path, or a whole crew."""
        if path is None:
            return list(self.members.values())
        near = [place for place in self.members if _concerns(path, place)]
        if near:
            return [self.members[max(near, key=len)]]
        return [workflow for place, workflow in self.members.items() if _concerns(place, path)]

    def agent_runs_at(self, path: str | None) -> list[str]:
        """Running published agents to whom something is said: all, or who is nearest to a path."""
        near = [place for place in self.agent_runs if _concerns(path, place)]
        chosen = near if path is None else sorted(near, key=len)[-1:]
        return [self.agent_runs[place] for place in chosen]

    def steers_for(self, place: str) -> list[dict[str, Any]]:
        """What was said to a member of a crew before it began, and to whichever agent runs."""
        said = [one for one in self.snapshot.steers if _concerns(one["path"], place) or one["path"] in _above(place)]
        self.snapshot.steers = [one for one in self.snapshot.steers if one not in said]
        return said

    def take_steers(self, path: str) -> list[str]:
        """What was said to the agent at a path, or to whichever agent runs."""
        taken = [one for one in self.snapshot.steers if one["path"] in (None, path)]
        self.snapshot.steers = [one for one in self.snapshot.steers if one not in taken]
        return [one["message"] for one in taken]

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

    async def rest(self, seconds: float) -> None:
        """Lets time pass before a step is scheduled again; meanwhile the run may move.

        Raises:
            Halt: if it does.
        """
        self._steps_here += 1
        if self.history_is_full():
            if self.snapshot.ending is None:
                self.move()
            else:
                self.stopping = "move"  # compensation goes on there
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.stopping == "move", timeout=seconds)
        if self.stopping == "move":
            raise Halt

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
            or info.is_target_worker_deployment_version_changed()
            or info.get_current_history_length() >= limits.CONTINUE_AS_NEW_EVENTS
        )

    def add_cost(self, cost_usd: float, steps: int = 0) -> None:
        """Counts money spent. What a run may spend is reserved before each call, so nothing ends here."""
        self.snapshot.steps += steps
        self.snapshot.cost_usd += cost_usd

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

    @contextmanager
    def working(self) -> Iterator[None]:
        """A step is under way; the time counts once, however many there are."""
        if self._working == 0:
            self._working_since = workflow.now()
        self._working += 1
        try:
            yield
        finally:
            if not forgotten():
                self._working -= 1
                if self._working == 0:
                    self.snapshot.seconds += (workflow.now() - self._working_since).total_seconds()

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
        # An activity, because a server fires even the shortest timer up to a second late.
        await workflow.execute_activity(GIVE_WAY, task_queue=RUNS_QUEUE, start_to_close_timeout=GIVE_WAY_TIMEOUT)
        self._budget = ACTIVATION_BUDGET
        self._breath = None
