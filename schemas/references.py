"""Which other workflows the settings of a node name: a sub-workflow, a published agent, a tool that runs one. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas.faults import Pointer

_FIELDS: Final[Mapping[str, str]] = {"sub_workflow": "workflow", "agent": "agent"}
"""Setting that names one, by kind."""

_TOOLS: Final[Mapping[str, str]] = {"call_workflow": "workflow", "call_agent": "agent"}
"""Likewise, by type of the tool."""


def references_of(kind: str, config: Any) -> Iterator[tuple[Pointer, str]]:
    """Every reference (`slug`, `slug@3`) in the settings of a node with its place, whatever else is wrong with them."""
    if not isinstance(config, Mapping):
        return
    field = _FIELDS.get(kind)
    if field is not None and isinstance(reference := config.get(field), str):
        yield (field,), reference
    if kind == "agent":
        yield from _of_tools(config, ())
    for name in ("manager", "judge") if kind == "crew" else ():
        if isinstance(agent := config.get(name), Mapping):
            yield from ((((name, *place)), reference) for place, reference in _of_tools(agent, ()))
    for position, member in _each(config, "agents") if kind == "crew" else ():
        if isinstance(reference := member.get("agent"), str):
            yield ("agents", position, "agent"), reference
        yield from _of_tools(member, ("agents", position))


def _of_tools(config: Mapping[str, Any], at: Pointer) -> Iterator[tuple[Pointer, str]]:
    for position, use in _each(config, "tools"):
        field, settings = _TOOLS.get(str(use.get("type"))), use.get("settings")
        if field is not None and isinstance(settings, Mapping) and isinstance(reference := settings.get(field), str):
            yield (*at, "tools", position, "settings", field), reference


def _each(config: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    values = config.get(name)
    for position, value in enumerate(values) if isinstance(values, list) else ():
        if isinstance(value, Mapping):
            yield position, value
