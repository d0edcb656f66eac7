"""Checks what the expressions of one graph read: names, nodes, and whether those can have run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.compiler.draft import DraftGraph, DraftNode
from schemas.compiler.graphs import GraphAnalysis
from schemas.compiler.kinds import shape_of
from schemas.compiler.report import Place, Report
from schemas.errors import PerdureError
from schemas.expressions import NODE_FIELDS, CompileError, Usage, compile_expression, expression_spans
from schemas.faults import FaultCode, Pointer, listed, suggestion

_FOREACH_NAMES = ("item", "index")
_RUN_FIELDS = {"run": frozenset({"id", "started_at", "attempt"}), "workspace": frozenset({"id"})}
_CODES = {"unknown_name": FaultCode.UNKNOWN_NAME}


@dataclass(frozen=True)
class Reader:
    """Who evaluates an expression, and where it stands."""

    place: Place
    at: Pointer
    node: DraftNode | None = None
    """None for the output of a graph, which may read everything."""


class ReferenceCheck:
    """Checks one graph.

    Args:
        graph: The graph.
        analysis: Tells which node can run before which.
        known_vars: Names below `vars`; None if they are not known.
        report: Takes the faults.
    """

    def __init__(
        self, graph: DraftGraph, analysis: GraphAnalysis, known_vars: frozenset[str] | None, report: Report
    ) -> None:
        self._graph = graph
        self._analysis = analysis
        self._vars = known_vars
        self._report = report

    def check(self) -> None:
        """Reports every fault of the settings of all nodes and of the output."""
        for node in self._graph.nodes.values():
            self._settings(node)
        for pointer, text in strings(self._graph.output):
            if "{{" in text:
                self._template(text, Reader(self._graph.place, ("output", *pointer)))

    def _settings(self, node: DraftNode) -> None:
        shape = shape_of(node.spec.config) if node.spec else None
        for pointer, text in strings(node.node.config):
            if shape is not None and pointer[0] in shape.graphs:
                continue
            reader = Reader(node.place, node.config_pointer + pointer, node)
            if shape is not None and shape.is_expression(pointer):
                self._expression(text, reader)
            elif "{{" in text:
                self._template(text, reader)

    def _template(self, text: str, reader: Reader) -> None:
        try:
            spans = expression_spans(text)
        except PerdureError as error:
            self._report.add(FaultCode.INVALID_EXPRESSION, reader.place, error.info.message, reader.at)
            return
        for start, end in spans:
            self._expression(text[start:end].strip(), reader)

    def _expression(self, source: str, reader: Reader) -> None:
        try:
            self._usage(compile_expression(source).usage, reader)
        except CompileError as error:
            hint = " Write CEL without braces here." if source.lstrip().startswith("{{") else ""
            for problem in error.info.details["problems"]:
                code = _CODES.get(problem["reason"], FaultCode.INVALID_EXPRESSION)
                self._report.add(code, reader.place, problem["message"] + hint, reader.at)
            if error.usage is not None:
                self._usage(error.usage, reader)

    def _usage(self, usage: Usage, reader: Reader) -> None:
        if not self._graph.inside_foreach:
            for name in sorted(usage.names.intersection(_FOREACH_NAMES)):
                message = f"`{name}` exists only in the body of a foreach."
                self._report.add(FaultCode.UNKNOWN_NAME, reader.place, message, reader.at)
        self._fields(usage, reader)
        for node, fields in sorted(usage.node_fields.items()):
            self._node(node, fields, reader)

    def _fields(self, usage: Usage, reader: Reader) -> None:
        for root, known in (("vars", self._vars), *_RUN_FIELDS.items()):
            for name in sorted(usage.root_fields.get(root, ())):
                if known is not None and name not in known:
                    message = f"There is no `{root}.{name}`" + suggestion(name, known)
                    self._report.add(FaultCode.UNKNOWN_NAME, reader.place, message, reader.at)

    def _node(self, node: str, fields: set[str], reader: Reader) -> None:
        known = self._graph.nodes.get(node)
        if known is None:
            message = f"The expression reads `nodes.{node}`, but this graph has no such node"
            self._report.add(
                FaultCode.UNKNOWN_NODE, reader.place, message + suggestion(node, self._graph.nodes), reader.at
            )
            return
        for field in sorted(fields.difference(NODE_FIELDS)):
            message = f"There is no `nodes.{node}.{field}`; a node has {listed(NODE_FIELDS)}."
            self._report.add(FaultCode.UNKNOWN_NAME, reader.place, message, reader.at)
        if reader.node is None or reader.node.compensates:
            return
        if known.compensates:
            message = f"`{node}` only undoes another node, so it cannot have run when `{reader.node.id}` does."
            self._report.add(FaultCode.NOT_YET_RUN, reader.place, message, reader.at)
        elif not self._analysis.can_precede(node, reader.node.id):
            message = f"`{node}` cannot have run when `{reader.node.id}` does: no path of edges leads from it to there."
            self._report.add(FaultCode.NOT_YET_RUN, reader.place, message, reader.at)


def strings(value: Any) -> Iterator[tuple[Pointer, str]]:
    """Every string inside a JSON value with its place, in document order."""
    stack: list[tuple[Pointer, Any]] = [((), value)]
    while stack:
        pointer, top = stack.pop()
        if isinstance(top, str):
            yield pointer, top
        elif isinstance(top, dict):
            stack.extend(((*pointer, key), item) for key, item in reversed(top.items()))
        elif isinstance(top, list):
            stack.extend(((*pointer, i), item) for i, item in reversed(list(enumerate(top))))
