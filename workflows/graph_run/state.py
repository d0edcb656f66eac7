"""What a run remembers: plain data that survives continue-as-new, retry and fork."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus, RunStatus


@dataclass(slots=True)
class NodeState:
    """One node of one graph instance."""

    status: NodeStatus = NodeStatus.PENDING
    iteration: int = 0
    port: str | None = None
    output: Any = None
    error: ErrorInfo | None = None
    size: int = 0
    """JSON bytes of `output`."""
    memo: dict[str, Any] | None = None
    """What a waiting node must know when it goes on in a fresh history."""

    @property
    def stopped(self) -> bool:
        """Whether the node ended without leaving through a port: cancelled, or failed for good."""
        return self.status in (NodeStatus.FAILED, NodeStatus.CANCELLED) and self.port is None


@dataclass(slots=True)
class Frame:
    """One instance of a graph: the root, or the body of a foreach for one item."""

    nodes: dict[str, NodeState] = field(default_factory=dict)
    loops: dict[int, int] = field(default_factory=dict)
    """Iterations done so far, by loop index; absent means none."""
    result: Any = None
    """Set by the last `output` node."""
    has_result: bool = False


@dataclass(slots=True)
class Undo:
    """A finished step that can be compensated; its settings are resolved when the step finishes."""

    path: str
    iteration: int
    graph: str
    """Dotted path of the foreach in whose body the node stands; empty for the root graph."""
    undo_path: str
    undo_node: str
    config: dict[str, Any]


@dataclass(slots=True)
class Ending:
    """How the run will end once compensation is through."""

    status: RunStatus
    error: ErrorInfo | None = None
    output: Any = None


@dataclass(slots=True)
class Snapshot:
    """The whole interpreter state at a node boundary."""

    frame: Frame = field(default_factory=Frame)
    steps: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    """For which steps were under way; what was waited for people does not count. Parts and children add their own."""
    paused: bool = False
    mail: dict[str, Any] = field(default_factory=dict)
    """Answers that came before anybody waited for them, by key."""
    undo: list[Undo] = field(default_factory=list)
    ending: Ending | None = None
    undo_problems: list[ErrorInfo] = field(default_factory=list)
    """Why steps could not be undone."""
    steers: list[dict[str, Any]] = field(default_factory=list)
    """What people have said to agents that have not heard it yet."""
    steered: list[str] = field(default_factory=list)
    """Ids of all that was said, so that nothing is said twice."""
    approved_tools: list[str] = field(default_factory=list)
    """Tools of which people have approved all further calls in this run; see `schemas.tools.use.remembered_key`."""
    accepted_tools: list[str] = field(default_factory=list)
    """Digests of tools that people let be used in this run although their servers describe them otherwise now."""
    progress: dict[str, Any] = field(default_factory=dict)
    """How far a chunk of foreach items has come."""

    def permit(self, approved: Iterable[str], accepted: Iterable[str]) -> None:
        """Takes over what people have allowed of tools in another part of the run."""
        self.approved_tools += [tool for tool in approved if tool not in self.approved_tools]
        self.accepted_tools += [digest for digest in accepted if digest not in self.accepted_tools]


_SNAPSHOT: TypeAdapter[Snapshot] = TypeAdapter(Snapshot)
_FRAME: TypeAdapter[Frame] = TypeAdapter(Frame)


def dump_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON data."""
    data: dict[str, Any] = _SNAPSHOT.dump_python(snapshot, mode="json", exclude_defaults=True)
    return data


def load_snapshot(data: dict[str, Any]) -> Snapshot:
    """The snapshot from its JSON data."""
    return _SNAPSHOT.validate_python(data)


def dump_frame(frame: Frame) -> dict[str, Any]:
    """A frame as JSON data."""
    data: dict[str, Any] = _FRAME.dump_python(frame, mode="json", exclude_defaults=True)
    return data


def load_frame(data: dict[str, Any]) -> Frame:
    """A frame from its JSON data."""
    return _FRAME.validate_python(data)


_UNDO: TypeAdapter[list[Undo]] = TypeAdapter(list[Undo])


def dump_undo(undo: list[Undo]) -> list[dict[str, Any]]:
    """Steps that can be compensated, as JSON data."""
    data: list[dict[str, Any]] = _UNDO.dump_python(undo, mode="json")
    return data


def load_undo(data: list[dict[str, Any]]) -> list[Undo]:
    """The reverse of `dump_undo`."""
    return _UNDO.validate_python(data)
