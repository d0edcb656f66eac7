"""Where the compiler collects faults, and how it names the place of each."""

from dataclasses import dataclass, field
from typing import Final

from schemas.faults import Fault, FaultCode, Pointer, field_path

MAX_FAULTS: Final = 1_000
MAX_FAULT_CHARS: Final = 2_000
"""Of the message and of the path of a field, whose names may be as long as the document."""


@dataclass(frozen=True)
class Place:
    """A node or a graph of the document.

    Attributes:
        path: Dotted path of node ids; None for the document itself.
        pointer: Where it stands in the raw document.
    """

    path: str | None = None
    pointer: Pointer = ()

    def child(self, node: str, pointer: Pointer) -> "Place":
        """Place of a node of the graph that stands here; `pointer` is relative to the graph."""
        path = f"{self.path}.{node}" if self.path else node
        return Place(path, self.pointer + pointer)

    def deeper(self, pointer: Pointer) -> "Place":
        """The same node or graph, further down in the document."""
        return Place(self.path, self.pointer + pointer)


@dataclass
class Report:
    """All faults found so far."""

    faults: list[Fault] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether nothing more is taken down: there are as many faults as anybody will read."""
        return len(self.faults) > MAX_FAULTS

    def add(self, code: FaultCode, place: Place, message: str, at: Pointer = ()) -> None:
        """Adds a fault.

        Args:
            code: What kind of fault it is.
            place: The node or graph it is about.
            message: One sentence: what is wrong and what to do.
            at: Where in the node or graph, as keys and positions.
        """
        if self.full:
            return
        if len(self.faults) == MAX_FAULTS:
            code, place, at = FaultCode.LIMIT_EXCEEDED, Place(), ()
            message = f"There are more than {MAX_FAULTS:,} faults; correct these, and look again."
        self.faults.append(
            Fault(
                code=code,
                node=place.path,
                field=field_path(at)[:MAX_FAULT_CHARS] or None,
                message=message if len(message) <= MAX_FAULT_CHARS else message[: MAX_FAULT_CHARS - 1] + "…",
                pointer=place.pointer + at,
            )
        )
