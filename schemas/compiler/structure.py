"""Reads nodes and edges out of the raw document: shapes, kinds, settings, ids, ports."""

from collections import Counter
from typing import Any

from schemas.compiler.credentials import with_stand_ins
from schemas.compiler.draft import DraftEdge, DraftGraph, DraftNode
from schemas.compiler.kinds import shape_of
from schemas.compiler.report import Place, Report
from schemas.compiler.validation import validate
from schemas.document import Document, Edge, Graph, Node, OnError
from schemas.faults import FaultCode, listed, suggestion
from schemas.limits import MAX_BODY_DEPTH, MAX_EDGES, MAX_NODES
from schemas.node_spec import ERROR_PORT, NodeSpec
from schemas.nodes import document_specs

_STUB = {"id": "stub", "kind": "stub"}


class StructureReader:
    """Reads one document; counts nodes and edges over all its levels."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._nodes = 0
        self._edges = 0

    def document(self, raw: dict[str, Any]) -> DraftGraph:
        """The root graph of a document."""
        return self._graph(Document, raw, Place(), 0)

    def _graph(self, model: type[Graph], raw: dict[str, Any], place: Place, depth: int) -> DraftGraph:
        nodes, edges = raw.get("nodes"), raw.get("edges")
        shell = dict(raw)
        if isinstance(nodes, list) and nodes:
            shell["nodes"] = [_STUB]
        if isinstance(edges, list):
            shell["edges"] = []
        validate(model, shell, place, self.report)
        graph = DraftGraph(place, output=raw.get("output"), inside_foreach=depth > 0)
        nodes = nodes if isinstance(nodes, list) else []
        edges = edges if isinstance(edges, list) else []
        if self._within_limits(nodes, edges, place):
            for index, item in enumerate(nodes):
                self._node(graph, item, index, depth)
            self._compensations(graph)
            EdgeReader(graph, self.report).read(edges)
        return graph

    def _within_limits(self, nodes: list[Any], edges: list[Any], place: Place) -> bool:
        self._nodes += len(nodes)
        self._edges += len(edges)
        found = (("nodes", self._nodes, MAX_NODES), ("edges", self._edges, MAX_EDGES))
        for name, count, limit in found:
            if count > limit:
                message = f"A document has at most {limit:,} {name}, bodies included; move parts into sub-workflows."
                self.report.add(FaultCode.LIMIT_EXCEEDED, place, message, (name,))
        return all(count <= limit for _, count, limit in found)

    def _node(self, graph: DraftGraph, raw: Any, index: int, depth: int) -> None:
        pointer = ("nodes", index)
        known = raw.get("id") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or not isinstance(known, str):
            validate(Node, raw, graph.place.deeper(pointer), self.report)
            return
        place = graph.place.child(known, pointer)
        draft = self._draft(raw, place)
        if known in graph.nodes:
            message = f"Another node has the id `{known}` already; give each node its own."
            self.report.add(FaultCode.DUPLICATE_ID, place, message, ("id",))
        else:
            graph.nodes[known] = draft
        self._body(draft, depth)

    def _draft(self, raw: dict[str, Any], place: Place) -> DraftNode:
        checked = validate(Node, raw, place, self.report)
        node = checked.model or _sound_part(raw, checked.bad)
        key = "config" if "config" in raw and "with" not in raw else "with"
        draft = DraftNode(raw["id"], place, node, self._spec(raw.get("kind"), place), (key,))
        if draft.spec is not None and key not in checked.bad:
            self._config(draft, draft.spec)
            draft.ports = _ports(draft.spec, node)
            self._port_names(draft)
        return draft

    def _spec(self, kind: Any, place: Place) -> NodeSpec | None:
        spec = document_specs().get(kind) if isinstance(kind, str) else None
        if spec is None and isinstance(kind, str) and kind:
            message = f"There is no kind `{kind}`" + suggestion(kind, document_specs())
            self.report.add(FaultCode.UNKNOWN_KIND, place, message, ("kind",))
        return spec

    def _config(self, draft: DraftNode, spec: NodeSpec) -> None:
        config = with_stand_ins(draft.node.config, spec)
        bodies = {name for name in shape_of(spec.config).graphs if isinstance(config.get(name), dict)}
        trial = config | {name: {"nodes": [_STUB]} for name in bodies}
        # The settings of a kind with a body are read as they stand: only its `vars` are filled in.
        templates = not shape_of(spec.config).graphs
        validate(spec.config, trial, draft.place, self.report, at=draft.config_pointer, templates=templates)

    def _port_names(self, draft: DraftNode) -> None:
        for name in [name for name, times in Counter(draft.ports or ()).items() if times > 1]:
            taken = "on_error: route" if name == ERROR_PORT else f"every `{draft.node.kind}`"
            message = f"The name `{name}` is taken by {taken}; rename the other port of that name."
            self.report.add(FaultCode.INVALID_VALUE, draft.place, message, draft.config_pointer)

    def _body(self, draft: DraftNode, depth: int) -> None:
        if draft.spec is None:
            return
        for name in shape_of(draft.spec.config).graphs:
            raw = draft.node.config.get(name)
            if not isinstance(raw, dict):
                continue
            pointer = (*draft.config_pointer, name)
            if depth >= MAX_BODY_DEPTH:
                message = f"Bodies are nested deeper than {MAX_BODY_DEPTH} levels; use a sub-workflow."
                self.report.add(FaultCode.LIMIT_EXCEEDED, draft.place, message, pointer)
            else:
                draft.body = self._graph(Graph, raw, draft.place.deeper(pointer), depth + 1)

    def _compensations(self, graph: DraftGraph) -> None:
        for draft in graph.nodes.values():
            target = graph.nodes.get(draft.node.compensate_with or "")
            if target is not None:
                target.compensates = True


def _sound_part(raw: dict[str, Any], bad: frozenset[str]) -> Node:
    return Node.model_validate({**_STUB, **{key: value for key, value in raw.items() if key not in bad}})


def _ports(spec: NodeSpec, node: Node) -> tuple[str, ...]:
    ports = spec.ports(node.config)
    return (*ports, ERROR_PORT) if node.on_error is OnError.ROUTE else ports


class EdgeReader:
    """Reads the edges of one graph; only sound ones get into the draft."""

    def __init__(self, graph: DraftGraph, report: Report) -> None:
        self.graph = graph
        self.report = report
        self._seen: set[tuple[str, str, str]] = set()

    def read(self, edges: list[Any]) -> None:
        """Adds the edges to the graph."""
        for index, raw in enumerate(edges):
            pointer = ("edges", index)
            edge = validate(Edge, raw, self.graph.place, self.report, at=pointer).model
            if edge is not None:
                self._edge(edge, raw, pointer)

    def _edge(self, edge: Edge, raw: dict[str, Any], pointer: tuple[str, int]) -> None:
        source_at = (*pointer, "from" if "from" in raw else "source")
        target_at = (*pointer, "to" if "to" in raw else "target")
        source = self._end(edge.source_node, source_at)
        target = self._end(edge.target, target_at)
        if source is None or target is None:
            return
        for end, at in ((source, source_at), (target, target_at)):
            if end.compensates:
                message = f"`{end.id}` only undoes another node, so no edge may lead to it or from it."
                self.report.add(FaultCode.INVALID_COMPENSATION, self.graph.place, message, at)
                return
        if not self._has_port(source, edge.source_port, source_at):
            return
        key = (source.id, edge.source_port, target.id)
        if key in self._seen:
            message = f"There is another edge from `{edge.source}` to `{target.id}` already; remove one."
            self.report.add(FaultCode.DUPLICATE_EDGE, self.graph.place, message, pointer)
            return
        self._seen.add(key)
        self.graph.edges.append(DraftEdge(*key, pointer))

    def _end(self, node: str, at: tuple[str | int, ...]) -> DraftNode | None:
        found = self.graph.nodes.get(node)
        if found is None:
            message = f"An edge names the node `{node}`, which is not in this graph" + suggestion(
                node, self.graph.nodes
            )
            self.report.add(FaultCode.DANGLING_EDGE, self.graph.place, message, at)
        return found

    def _has_port(self, source: DraftNode, port: str, at: tuple[str | int, ...]) -> bool:
        if source.ports is None or port in source.ports:
            return True
        if port == ERROR_PORT:
            message = f"`{source.id}` has the port `{ERROR_PORT}` only with on_error: route."
        else:
            message = f"`{source.id}` has no port `{port}`; it has {listed(source.ports)}."
        self.report.add(FaultCode.UNKNOWN_PORT, self.graph.place, message, at)
        return False
