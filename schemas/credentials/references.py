"""How a document names a credential: by the field `credential` of a node, or by a marker in place of a value.

    with:
      credential: stripe                                # the step authenticates with it
      json: {key: {$credential: other, field: key}}     # its value is put here, inside the activity only
      tools: [{type: http, settings: {credential: …}}]  # a tool of an agent authenticates with it

Both hold the name or the id as it was written, never a template: what runs may use is decided by whoever publishes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

MARKER: Final = "$credential"
CREDENTIAL_FIELD: Final = "credential"
REFERENCE_PATTERN: Final = r"^[a-z0-9][a-z0-9_.-]{0,99}$"
"""Names of credentials; ids fit it too."""

_MARKER_KEY: Final = orjson.dumps(MARKER)
_REFERENCE: Final = re.compile(REFERENCE_PATTERN)
_ORIGIN: Final = re.compile(r"https?://[^/?#\\\s{}@]+(?=[/?#]|$)", re.IGNORECASE)

Place = tuple[str | int, ...]
"""Keys and positions from the root of a node's settings."""


class CredentialUse(BaseModel):
    """One place in the settings of a node that names a credential."""

    model_config = ConfigDict(frozen=True)

    pointer: Place
    reference: str = Field(description="Name or id.")
    field: str | None = Field(default=None, description="Which of its secret fields; null for its only one.")


class KnownCredential(BaseModel):
    """What the compiler must know of a credential."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    fields: tuple[str, ...] = Field(description="Names of its secret fields.")
    has_hosts: bool = Field(description="Whether it says itself where it may be sent.")


def is_reference(value: object) -> bool:
    """Whether a value can be the name or the id of a credential."""
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def is_marker(value: object) -> bool:
    """Whether a value stands for a secret, rightly written or not."""
    return isinstance(value, dict) and MARKER in value


def marker_fault(marker: Mapping[str, Any]) -> str | None:
    """What is wrong with a marker, if anything."""
    if not is_reference(marker[MARKER]):
        return f"`{MARKER}` must be the name or the id of a credential, written out: no template, no expression."
    if further := sorted(set(marker) - {MARKER, "field"}):
        return f"Beside `{MARKER}` only `field` may stand, not `{further[0][:80]}`."
    if "field" in marker and not isinstance(marker["field"], str):
        return "`field` must be the name of a field of the credential."
    return None


def markers(value: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every marker inside a JSON value with its place, rightly written or not."""
    if not isinstance(value, dict | list) or not _may_hold_marker(value):
        return
    stack: list[tuple[Place, Any]] = [((), value)]
    while stack:
        place, top = stack.pop()
        if is_marker(top):
            yield place, top
        elif isinstance(top, dict):
            stack.extend(((*place, key), item) for key, item in top.items())
        elif isinstance(top, list):
            stack.extend(((*place, index), item) for index, item in enumerate(top))


def _may_hold_marker(value: Any) -> bool:
    """Nearly no value holds one, and writing a value takes far less time than walking it here."""
    try:
        return _MARKER_KEY in orjson.dumps(value, default=str)
    except TypeError:  # not yet known to be JSON: a number beyond 64 bits, half a surrogate pair
        return True


def credential_uses(config: Mapping[str, Any]) -> tuple[CredentialUse, ...]:
    """Everything in the settings of a node that names a credential rightly."""
    found = [
        CredentialUse(pointer=place, reference=marker[MARKER], field=marker.get("field"))
        for place, marker in markers(config)
        if marker_fault(marker) is None
    ]
    places = [((), config), *_agents(config)]
    found += [
        CredentialUse(pointer=(*place, CREDENTIAL_FIELD), reference=str(settings[CREDENTIAL_FIELD]))
        for place, settings in places + [tool for place, agent in places for tool in _tools(place, agent)]
        if is_reference(settings.get(CREDENTIAL_FIELD))
    ]
    return tuple(found)


def _agents(config: Mapping[str, Any]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Settings of agents inside the settings of a node that holds several."""
    agents = config.get("agents")
    for index, agent in enumerate(agents if isinstance(agents, list) else ()):
        if isinstance(agent, dict):
            yield ("agents", index), agent
    for name in ("manager", "judge"):
        if isinstance(agent := config.get(name), dict):
            yield (name,), agent


def _tools(place: Place, agent: Mapping[str, Any]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Settings of the tools of an agent."""
    tools = agent.get("tools")
    for index, tool in enumerate(tools if isinstance(tools, list) else ()):
        settings = tool.get("settings") if isinstance(tool, dict) else None
        if isinstance(settings, dict):
            yield (*place, "tools", index, "settings"), settings


def replaced(value: Any, values: Mapping[Place, str], place: Place = ()) -> Any:
    """A copy of a JSON value with texts in some places of it; what needs no change is shared."""
    if place in values:
        return values[place]
    if not any(known[: len(place)] == place for known in values):
        return value
    if isinstance(value, dict):
        return {key: replaced(item, values, (*place, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, values, (*place, index)) for index, item in enumerate(value)]
    return value


def written_origin(url: object) -> str | None:
    """Scheme and host of a URL, if they are written out and not computed when the step runs."""
    found = _ORIGIN.match(url.strip()) if isinstance(url, str) else None
    return found[0] if found is not None else None


def document_uses(document: Any) -> Iterator[tuple[str, str]]:
    """Dotted path of the node and reference of every use in a raw document, bodies included."""
    yield from _graph_uses(document, "")


def _graph_uses(graph: Any, prefix: str) -> Iterator[tuple[str, str]]:
    nodes = graph.get("nodes") if isinstance(graph, dict) else None
    for node in nodes if isinstance(nodes, list) else ():
        config = node.get("with", node.get("config")) if isinstance(node, dict) else None
        if not isinstance(config, dict):
            continue
        path = f"{prefix}{node.get('id')}"
        bodies = {key for key, value in config.items() if isinstance(value, dict) and "nodes" in value}
        own = {key: value for key, value in config.items() if key not in bodies}
        yield from ((path, use.reference) for use in credential_uses(own))
        for body in sorted(bodies):
            yield from _graph_uses(config[body], f"{path}.")
