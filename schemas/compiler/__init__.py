"""Turns a workflow document into a plan, or reports everything that is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.compiler.assembly import plan_graph
from schemas.compiler.credentials import check_credentials, check_outside
from schemas.compiler.draft import DraftGraph, DraftNode
from schemas.compiler.graphs import GraphAnalysis, Topology
from schemas.compiler.hygiene import sound
from schemas.compiler.policies import check_policies, check_references, check_schema
from schemas.compiler.references import ReferenceCheck
from schemas.compiler.report import Place, Report
from schemas.compiler.structure import StructureReader
from schemas.credentials.references import KnownCredential
from schemas.document import Limits
from schemas.faults import Fault
from schemas.plan import PinnedVersion, Plan, PlanGraph
from schemas.references import references_of

__all__ = ["Compiled", "compile_document"]


@dataclass(frozen=True)
class Compiled:
    """What came of a document: a plan, or faults."""

    plan: Plan | None
    faults: list[Fault]


def compile_document(
    raw: Any,
    *,
    pinned: Mapping[str, PinnedVersion] | None = None,
    resolve_pins: bool = True,
    credentials: Mapping[str, KnownCredential] | None = None,
) -> Compiled:
    """Compiles a document; never raises, whatever the value is.

    Args:
        raw: The JSON value of the document.
        pinned: Versions of other workflows, by reference as written in sub_workflow nodes.
        resolve_pins: Whether a reference that is not in `pinned` is a fault.
        credentials: Those of the workspace, by every reference to them; None if they are not known.
    """
    report = Report()
    document = sound(raw, report)
    if document is None:
        return Compiled(None, report.faults)
    compiler = _Compiler(document, pinned or {}, resolve_pins, credentials, report)
    plan = compiler.compile()
    return Compiled(None if report.faults else plan, report.faults)


class _Compiler:
    """Compiles one sound JSON object."""

    def __init__(
        self,
        document: dict[str, Any],
        pinned: Mapping[str, PinnedVersion],
        resolve_pins: bool,
        credentials: Mapping[str, KnownCredential] | None,
        report: Report,
    ) -> None:
        self._document = document
        self._pinned = pinned
        self._resolve_pins = resolve_pins
        self._credentials = credentials
        self._report = report
        self._used: dict[str, PinnedVersion] = {}

    def compile(self) -> Plan | None:
        root = StructureReader(self._report).document(self._document)
        check_schema(self._document.get("input"), Place(), ("input",), self._report)
        check_outside(self._document, self._report)
        graph = self._graph(root, _names(self._document.get("vars", {})))
        if graph is None or self._report.faults:
            return None
        return Plan(
            name=self._document["name"],
            input_schema=self._document.get("input", {}),
            vars=self._document.get("vars", {}),
            limits=Limits.model_validate(self._document.get("limits", {})),
            graph=graph,
            pinned=self._used,
        )

    def _graph(self, graph: DraftGraph, known_vars: frozenset[str] | None) -> PlanGraph | None:
        """Checks one level and those below it; the plan is made only while there are no faults."""
        analysis = GraphAnalysis(graph, self._report)
        topology = analysis.topology()
        ReferenceCheck(graph, analysis, known_vars, self._report).check()
        check_policies(graph, topology, self._report)
        check_credentials(graph, self._credentials, self._report)
        self._pin(graph)
        bodies = {node.id: self._body(node, known_vars) for node in graph.nodes.values() if node.body is not None}
        return self._assembled(graph, topology, bodies)

    def _body(self, node: DraftNode, known_vars: frozenset[str] | None) -> PlanGraph | None:
        own = _names(node.node.config.get("vars", {}))
        inside = None if own is None or known_vars is None else known_vars | own
        return None if node.body is None else self._graph(node.body, inside)

    def _assembled(
        self, graph: DraftGraph, topology: Topology | None, bodies: dict[str, PlanGraph | None]
    ) -> PlanGraph | None:
        if topology is None or self._report.faults:
            return None
        return plan_graph(graph, topology, {name: body for name, body in bodies.items() if body is not None})

    def _pin(self, graph: DraftGraph) -> None:
        if self._resolve_pins:
            check_references(graph, self._pinned, self._report)
        for node in graph.nodes.values():
            for _, reference in references_of(node.node.kind, node.node.config):
                if reference in self._pinned:
                    self._used[reference] = self._pinned[reference]


def _names(variables: Any) -> frozenset[str] | None:
    return frozenset(variables) if isinstance(variables, dict) else None
