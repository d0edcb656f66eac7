"""Checks where a document names credentials: only there where their values stay inside an activity."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.compiler.draft import DraftGraph, DraftNode
from schemas.compiler.kinds import shape_of
from schemas.compiler.report import Place, Report
from schemas.credentials.references import (
    CREDENTIAL_FIELD,
    MARKER,
    CredentialUse,
    KnownCredential,
    credential_uses,
    marker_fault,
    markers,
    replaced,
    written_origin,
)
from schemas.credentials.types import CREDENTIAL_TYPES
from schemas.faults import FaultCode, Pointer, listed, suggestion
from schemas.node_spec import NodeSpec
from schemas.tools.credentials import ToolPlace, tool_place

_STAND_IN: Final = "secret"
_ELSEWHERE: Final = ("vars", "input")
_HOLD_TOOLS: Final = ("tools", "agents")
"""Settings of agents; they say themselves where markers may stand."""


def with_stand_ins(config: dict[str, Any], spec: NodeSpec) -> dict[str, Any]:
    """Settings with texts in place of the markers that may stand there."""
    if not spec.secret_fields:
        return config
    own = {key: config[key] for key in spec.secret_fields if key in config}
    places = {place: _STAND_IN for place, _ in markers(own)}
    filled: dict[str, Any] = replaced(config, places) if places else config
    return filled


def check_outside(document: Mapping[str, Any], report: Report) -> None:
    """Reports markers beside the graphs of a document, where all of its steps could read them."""
    for name in _ELSEWHERE:
        for place, _ in markers(document.get(name)):
            _misplaced(Place(), (name, *place), report)


def check_credentials(graph: DraftGraph, known: Mapping[str, KnownCredential] | None, report: Report) -> None:
    """Reports every wrong use in one graph.

    Args:
        graph: The graph.
        known: The credentials of the workspace by name and id; None if they are not known.
        report: Takes the faults.
    """
    for place, _ in markers(graph.output):
        _misplaced(graph.place, ("output", *place), report)
    for node in graph.nodes.values():
        graphs = shape_of(node.spec.config).graphs if node.spec is not None else ()
        config = {key: value for key, value in node.node.config.items() if key not in graphs}
        _check_markers(node, config, report)
        if known is not None and node.spec is not None:
            for use in credential_uses(config):
                _check_use(node, node.spec, use, known, report)


def _check_markers(node: DraftNode, config: dict[str, Any], report: Report) -> None:
    for place, marker in markers(config):
        at = node.config_pointer + place
        tool = tool_place(config, place)
        if tool is not None and tool.inside[0] not in tool.spec.secret_fields:
            _misplaced_in_tool(node.place, at, report, tool)
        elif node.spec is not None and tool is None and not _may_stand(place, node.spec):
            _misplaced(node.place, at, report, node.spec)
        elif (fault := marker_fault(marker)) is not None:
            report.add(FaultCode.INVALID_VALUE, node.place, fault, at)


def _may_stand(place: tuple[str | int, ...], spec: NodeSpec) -> bool:
    """Whether a marker may stand at a place of a node's own settings; beside the settings of its tools none may."""
    return bool(place) and place[0] in spec.secret_fields and place[0] not in _HOLD_TOOLS


def _check_use(
    node: DraftNode, spec: NodeSpec, use: CredentialUse, known: Mapping[str, KnownCredential], report: Report
) -> None:
    at = node.config_pointer + use.pointer
    credential = known.get(use.reference)
    if credential is None:
        message = f"This workspace has no credential `{use.reference}`" + suggestion(use.reference, known)
        report.add(FaultCode.UNKNOWN_CREDENTIAL, node.place, message, at)
        return
    problem = _problem(node, spec, use, credential)
    if problem is not None:
        report.add(FaultCode.UNSUITABLE_CREDENTIAL, node.place, problem, at)


def _problem(node: DraftNode, spec: NodeSpec, use: CredentialUse, credential: KnownCredential) -> str | None:
    name, kind = credential.name, CREDENTIAL_TYPES.get(credential.type)
    tool = tool_place(node.node.config, use.pointer)
    if _is_named(use, tool):
        who = f"`{spec.kind}` step" if tool is None else f"`{tool.spec.type}` tool"
        types = spec.credential_types if tool is None else tool.spec.credential_types
        if credential.type not in types:
            return f"`{name}` is of type `{credential.type}`; a {who} needs {listed(types)}."
    elif kind is None or not kind.sendable:
        return f"`{name}` is of type `{credential.type}`, which cannot be put into a request."
    elif (use.field or kind.main) not in credential.fields:
        return f"`{name}` has the fields {listed(credential.fields)}; name one of them as `field`."
    if not credential.has_hosts and _is_computed(node.node.config, tool):
        return f"The address is computed, so `{name}` must say to which hosts it may go; set `hosts` of the credential."
    return None


def _is_named(use: CredentialUse, tool: ToolPlace | None) -> bool:
    """Whether a setting `credential` names it, and no marker."""
    inside = use.pointer if tool is None else tool.inside
    return inside == (CREDENTIAL_FIELD,) or (inside[:1] == ("agents",) and inside[2:] == (CREDENTIAL_FIELD,))


def _is_computed(config: Mapping[str, Any], tool: ToolPlace | None) -> bool:
    """Whether it is not known before the step runs where a credential goes."""
    if tool is not None:
        return "url" in tool.settings and tool.spec.origin(tool.settings) is None
    url = config.get("url")
    return url is not None and written_origin(url) is None


def _misplaced_in_tool(place: Place, at: Pointer, report: Report, tool: ToolPlace) -> None:
    allowed = listed(tool.spec.secret_fields) if tool.spec.secret_fields else "no setting"
    message = f"In the settings of a `{tool.spec.type}` tool `{MARKER}` may stand inside {allowed} only."
    report.add(FaultCode.MISPLACED_CREDENTIAL, place, message, at)


def _misplaced(place: Place, at: Pointer, report: Report, spec: NodeSpec | None = None) -> None:
    if spec is not None and spec.secret_fields:
        message = f"In a `{spec.kind}` step `{MARKER}` may stand inside {listed(spec.secret_fields)} only."
    else:
        where = f"a `{spec.kind}` step" if spec is not None else "what all steps can read"
        message = f"`{MARKER}` may not stand in {where}: the value would get into results. Put it into a request."
    report.add(FaultCode.MISPLACED_CREDENTIAL, place, message, at)
