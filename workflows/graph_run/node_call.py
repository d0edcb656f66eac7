"""What the behaviour of a control kind may do: read its settings, wait, call services, remember."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio import workflow

from schemas.errors import ErrorInfo, PerdureError
from schemas.expressions import resolve
from schemas.messages import NodeStatus, StepEntry
from schemas.node_spec import NodeConfig
from schemas.plan import Mode, PlanNode
from schemas.signals import ChildDone
from workflows.graph_run.run_context import RunContext, checked_size
from workflows.graph_run.state import NodeState

if TYPE_CHECKING:
    from workflows.graph_run.walker import Walker

ConfigT = TypeVar("ConfigT", bound=NodeConfig)


class NodeCall:
    """One execution of one node."""

    cost_usd = 0.0
    """What its child runs have cost since this object was made."""
    seconds = 0.0
    """For how long they have worked."""

    def __init__(self, walker: "Walker", node: PlanNode) -> None:
        self.walker = walker
        self.run: RunContext = walker.run
        self.node = node
        self.state: NodeState = walker.frame.nodes[node.id]
        self.path = walker.place.path(node.id)

    @property
    def iteration(self) -> int:
        """Which execution of the node this is."""
        return self.state.iteration

    @property
    def label(self) -> str:
        """What people are told that it is."""
        return self.node.name

    @property
    def key(self) -> str:
        """Names this execution within the run."""
        return f"{self.path}/{self.iteration}"

    @property
    def memo(self) -> dict[str, Any]:
        """Survives continue-as-new, until the node is done."""
        if self.state.memo is None:
            self.state.memo = {}
        return self.state.memo

    @property
    def edited(self) -> dict[str, Any] | None:
        """Settings that a person put in place of the document's."""
        edited: dict[str, Any] | None = (self.state.memo or {}).get("edited")
        return edited

    @property
    def written(self) -> dict[str, Any]:
        """The settings that count, templates unresolved if they hold any."""
        return self.node.config if self.edited is None else self.edited

    def edit(self, settings: dict[str, Any], *, templates: bool) -> None:
        """Puts other settings in place; what the node has done with the old ones is forgotten.

        Args:
            settings: The new ones.
            templates: Whether they are written as in the document, so that templates inside them are filled in.
        """
        rounds = self.memo.get("rounds", 0)
        self.memo.clear()
        self.memo.update({"rounds": rounds, "edited": settings, "templates": templates})

    def scope(self) -> Mapping[str, Any]:
        """Names its expressions may use."""
        return self.walker.scope()

    def settings(self) -> dict[str, Any]:
        """The node's settings with every template filled in.

        Raises:
            PerdureError: EXPRESSION_FAILED if a template fails, RESULT_TOO_LARGE if it all is too much.
        """
        final = self.edited is not None and not self.memo.get("templates")
        resolved: dict[str, Any] = self.written if final else self.fill(self.written)
        checked_size(resolved, "configuration of the step")
        return resolved

    def shown_settings(self) -> tuple[dict[str, Any], bool]:
        """What a person sees of the settings, and whether their templates are filled in.

        They are not where the node itself evaluates what is written, and where that cannot be done.
        """
        if self.node.mode is Mode.INLINE or self.node.body is not None:
            return self.written, False
        try:
            return self.settings(), True
        except PerdureError:
            return self.written, False

    def fill(self, value: Any) -> Any:
        """A value with every template filled in.

        Raises:
            PerdureError: EXPRESSION_FAILED if a template fails.
        """
        return self.run.measured(lambda: resolve(value, self.scope()))

    def config(self, model: type[ConfigT]) -> ConfigT:
        """The settings as the kind's model.

        Raises:
            ValidationError: if the filled-in values do not fit it.
        """
        return model.model_validate(self.settings())

    def moment(self, name: str, seconds: float | None) -> datetime | None:
        """A point in time `seconds` after the first call under this name; None stays None."""
        if seconds is None:
            return None
        if name not in self.memo:
            now = workflow.now().timestamp()
            self.memo[name] = datetime.fromtimestamp(now + seconds, tz=workflow.now().tzinfo).isoformat()
        return datetime.fromisoformat(self.memo[name])

    async def answer(self, key: str, until: datetime | None = None) -> Any:
        """Waits for an answer from outside.

        Raises:
            TimeoutError: when `until` has passed.
            Halt: if the run moves to a fresh history.
        """
        seconds = None if until is None else (until - workflow.now()).total_seconds()
        return await self.run.mailbox.take(key, seconds)

    def took(self, done: ChildDone) -> None:
        """A child run has ended: notes what it took."""
        self.cost_usd += done.cost_usd
        self.seconds += done.seconds

    def waiting(self, status: NodeStatus = NodeStatus.WAITING, **details: Any) -> None:
        """Shows in the run log that the node is under way."""
        self.state.status = status
        self.run.waited = self.run.waited or status is NodeStatus.WAITING
        self.log(status, **details)

    def log(self, status: NodeStatus, *, error: ErrorInfo | None = None, **details: Any) -> None:
        """Adds an entry to the run log."""
        entry = StepEntry(
            path=self.path,
            iteration=self.iteration,
            kind=self.node.kind,
            name=self.node.name,
            status=status,
            error=error,
            at=workflow.now().isoformat(),
            **details,
        )
        self.run.log.add(entry)
