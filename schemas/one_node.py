"""Workflows of one node that people know as something of their own: agents and crews."""

from dataclasses import dataclass
from typing import Any

from schemas.document import FORMAT


@dataclass(frozen=True)
class OneNode:
    """How the settings of such a thing become a workflow document, and back.

    Args:
        kind: Kind of the node, and its id.
        input_schema: JSON Schema of the input of its runs.
        given: Settings of the node that stand in every such document alike: where a run's input goes.
    """

    kind: str
    input_schema: dict[str, Any]
    given: dict[str, str]

    def document(
        self, name: str, config: dict[str, Any], *, description: str | None = None, limits: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The document.

        Args:
            name: For people.
            config: Settings of the node, without those that are given.
            description: For people.
            limits: Bounds of a run, as in any document.
        """
        more = {"description": description, "limits": limits}
        return {
            "format": FORMAT,
            "name": name,
            "input": self.input_schema,
            "nodes": [{"id": self.kind, "kind": self.kind, "with": {**config, **self.given}}],
            "output": f"{{{{ nodes.{self.kind}.output }}}}",
            **{key: value for key, value in more.items() if value is not None},
        }

    def config(self, document: Any) -> dict[str, Any] | None:
        """The settings, from a document, which may have faults; None if it is something else."""
        nodes = document.get("nodes") if isinstance(document, dict) else None
        if not isinstance(nodes, list) or len(nodes) != 1 or not isinstance(nodes[0], dict):
            return None
        node = nodes[0]
        config = node.get("with", node.get("config")) or {}
        if node.get("kind") != self.kind or node.get("id") != self.kind or not isinstance(config, dict):
            return None
        return {name: value for name, value in config.items() if name not in self.given}
