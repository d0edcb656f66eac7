"""Credentials in the settings of tools: whose settings a place is in, and what one call may use of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.credentials.references import CredentialUse, Place
from schemas.messages import StepCredentials
from schemas.tools import tool_specs
from schemas.tools.spec import ToolSpec


@dataclass(frozen=True)
class ToolPlace:
    """A place inside of the settings of a tool of an agent."""

    spec: ToolSpec
    settings: Mapping[str, Any]
    """As they are written."""
    inside: Place
    """From the root of those settings."""


def tool_place(config: Mapping[str, Any], place: Place) -> ToolPlace | None:
    """Which tool's settings a place in a node's settings is inside of, if any."""
    depth = {"agents": 2, "manager": 1, "judge": 1}.get(str(place[0]), 0) if place else 0
    base, rest = place[:depth], place[depth:]
    if len(rest) < 4 or rest[0] != "tools" or rest[2] != "settings":
        return None
    use: Any = config
    for part in (*base, *rest[:2]):
        use = use[part]
    spec = tool_specs().get(use.get("type")) if isinstance(use.get("type"), str) else None
    return None if spec is None else ToolPlace(spec, use["settings"], rest[3:])


def call_credentials(
    agent: StepCredentials | None, index: int, written: Mapping[str, Any], spec: ToolSpec, base: Place = ()
) -> StepCredentials | None:
    """What a call of the tools of one use may use: what stands in the settings of that use, and nothing else.

    Args:
        agent: What the document says about the credentials of the agent's node.
        index: Of the use among the agent's tools.
        written: Settings of that use as they were published, templates unresolved.
        spec: Type of the tools.
        base: Where the agent's settings are inside of the node's, if that holds several agents.
    """
    if agent is None:
        return None
    prefix = (*base, "tools", index, "settings")
    uses = tuple(
        CredentialUse(pointer=use.pointer[len(prefix) :], reference=use.reference, field=use.field)
        for use in agent.uses
        if use.pointer[: len(prefix)] == prefix
    )
    return StepCredentials(uses=uses, origin=spec.origin(written) if uses else None, known=agent.known)
