"""The names that the expressions of one graph instance see; nodes are looked up only when an expression reads them."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.graph_run.state import Frame


class NodesView(Mapping[str, Any]):
    """`nodes` as expressions see it: output, status, iteration and error of each node of the frame."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def __getitem__(self, node: str) -> dict[str, Any]:
        state = self._frame.nodes[node]
        return {
            "output": state.output,
            "status": state.status.value,
            "iteration": state.iteration,
            "error": None if state.error is None else state.error.model_dump(mode="json"),
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._frame.nodes)

    def __len__(self) -> int:
        return len(self._frame.nodes)


class FrameScope:
    """Scope of one graph instance.

    Args:
        run: Names of the whole run.
        own: Names of this instance, such as `item`; they win.
        frame: Its nodes.
    """

    def __init__(self, run: Mapping[str, Any], own: Mapping[str, Any], frame: Frame) -> None:
        self.names: Mapping[str, Any] = {**run, **own, "nodes": NodesView(frame)}
