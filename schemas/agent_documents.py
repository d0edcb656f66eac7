"""An agent as a workflow document: one node, whose settings are the agent's configuration."""

from enum import StrEnum
from typing import Any, Final

from schemas.one_node import OneNode

AGENT_NODE: Final = "agent"
"""Kind of the node, and its id."""

GIVEN: Final[dict[str, str]] = {
    "message": "{{ input.message }}",
    "history": "{{ has(input.history) ? input.history : [] }}",
}

AGENTS: Final = OneNode(
    kind=AGENT_NODE,
    input_schema={
        "type": "object",
        "required": ["message"],
        "properties": {
            "message": {
                "description": "What the agent is told: text, or a list of parts.",
                "type": ["string", "array"],
            },
            "history": {"description": "What was said before, as messages.", "type": "array"},
            "context": {"description": "Further values, which instructions read as `input.context`."},
        },
    },
    given=GIVEN,
)


class WorkflowType(StrEnum):
    """What a stored workflow is for people."""

    WORKFLOW = "workflow"
    AGENT = "agent"


def agent_config(document: dict[str, Any]) -> dict[str, Any]:
    """The configuration of an agent, from its document.

    Raises:
        ValueError: It is none.
    """
    config = AGENTS.config(document)
    if config is None:
        raise ValueError("the document is not that of an agent")
    return config


def is_agent_document(document: Any) -> bool:
    """Whether a document, which may have faults, is that of an agent."""
    return AGENTS.config(document) is not None
