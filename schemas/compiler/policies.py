"""Checks policies that types alone cannot: timeouts, compensation, iteration limits, schemas, other workflows."""

from collections.abc import Collection

from schemas.compiler.draft import DraftGraph, DraftNode
from schemas.compiler.graphs import Topology
from schemas.compiler.json_schemas import schema_problems
from schemas.compiler.kinds import shape_of
from schemas.compiler.report import Place, Report
from schemas.expressions import has_template
from schemas.faults import FaultCode, Pointer, suggestion
from schemas.node_spec import LOCAL_TIMEOUT
from schemas.plan import Mode
from schemas.references import references_of


def check_policies(graph: DraftGraph, topology: Topology | None, report: Report) -> None:
    """Reports the faults of every node of a graph."""
    headers = None if topology is None else {topology.order[loop.header] for loop in topology.loops}
    targets = {edge.target for edge in topology.back} if topology else set()
    for node in graph.nodes.values():
        _check_timeout(node, report)
        _check_compensation(node, graph, report)
        _check_schemas(node, report)
        if node.node.max_iterations is not None and headers is not None and node.id not in headers | targets:
            message = f"`max_iterations` goes on the first node of a loop, but no edge goes back to `{node.id}`."
            report.add(FaultCode.NOT_A_LOOP, node.place, message, ("max_iterations",))


def check_schema(schema: object, place: Place, at: Pointer, report: Report) -> None:
    """Reports what is wrong with a JSON Schema; one with templates is only known when the step runs."""
    if not isinstance(schema, dict) or has_template(schema):
        return
    for pointer, problem in schema_problems(schema):
        report.add(FaultCode.INVALID_SCHEMA, place, problem, at + pointer)


def check_references(graph: DraftGraph, pinned: Collection[str], report: Report) -> None:
    """Reports nodes that run a workflow or an agent that has no published version."""
    for node in graph.nodes.values():
        for place, reference in references_of(node.node.kind, node.node.config):
            if reference not in pinned:
                message = f"There is no published workflow `{reference[:110]}`" + suggestion(reference, pinned)
                report.add(FaultCode.UNKNOWN_WORKFLOW, node.place, message, (*node.config_pointer, *place))


def _check_timeout(node: DraftNode, report: Report) -> None:
    timeout = node.node.timeout
    if node.spec and node.spec.mode is Mode.LOCAL and timeout is not None and timeout > LOCAL_TIMEOUT:
        message = f"A `{node.spec.kind}` step may take at most {LOCAL_TIMEOUT:g} s; shorten `timeout`."
        report.add(FaultCode.INVALID_TIMEOUT, node.place, message, ("timeout",))


def _check_compensation(node: DraftNode, graph: DraftGraph, report: Report) -> None:
    undo = node.node.compensate_with
    if undo is None:
        return
    target = graph.nodes.get(undo)
    problem = None
    if target is None:
        problem = f"`compensate_with` names `{undo[:80]}`, which is not in this graph" + suggestion(undo, graph.nodes)
    elif target.node.compensate_with is not None:
        problem = f"`{undo}` cannot undo `{node.id}`, because it names a node to undo it itself."
    elif target.spec is not None and target.spec.mode is Mode.CONTROL:
        problem = f"`{undo}` cannot undo `{node.id}`: a `{target.spec.kind}` step waits for others; name an action."
    if problem:
        report.add(FaultCode.INVALID_COMPENSATION, node.place, problem, ("compensate_with",))


def _check_schemas(node: DraftNode, report: Report) -> None:
    if node.spec is None:
        return
    for name in sorted(shape_of(node.spec.config).schemas):
        check_schema(node.node.config.get(name), node.place, (*node.config_pointer, name), report)
