"""What differs between two workflow documents: nodes, edges, settings, canvas. Takes drafts with faults too."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from schemas.compiler.kinds import shape_of
from schemas.faults import Pointer, field_path
from schemas.nodes import specs

MAX_CHANGES = 2_000
"""Values that differ, which are told; a document can be made to differ in half a million."""

_CANVAS = ("layout", "notes", "groups", "pins")
_GRAPH = ("nodes", "edges")
_MISSING: Any = object()


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldChange(_Entry):
    """One value that differs."""

    field: str = Field(description="Path, e.g. `with.cases[0].when`.")
    pointer: list[str | int] = Field(description="The same as keys and positions.")
    kind: Literal["added", "removed", "changed"]
    before: Any = Field(description="Null if it was added.")
    after: Any = Field(description="Null if it was removed.")


class NodeEntry(_Entry):
    """A node that stands in one of the documents only."""

    node: str = Field(description="Dotted path of node ids, e.g. `each.send`.")
    content: Any = Field(description="The node as it is written, with its body if it has one.")


class NodeChange(_Entry):
    """A node that stands in both and differs."""

    node: str = Field(description="Dotted path of node ids.")
    fields: list[FieldChange]


class EdgeEntry(_Entry):
    """An edge that stands in one of the documents only."""

    graph: str = Field(description="Dotted path of the foreach in whose body it stands; empty for the document itself.")
    source: str = Field(description="`node` or `node.port`.")
    target: str


class DocumentDiff(_Entry):
    """All that differs, in the order of the documents."""

    nodes_added: list[NodeEntry]
    nodes_removed: list[NodeEntry]
    nodes_changed: list[NodeChange]
    edges_added: list[EdgeEntry]
    edges_removed: list[EdgeEntry]
    reordered: list[str] = Field(
        description="Graphs whose nodes or edges stand in another order, as `EdgeEntry.graph`."
    )
    settings: list[FieldChange] = Field(description="Name, input, vars, limits, output, and whatever else is no node.")
    canvas: list[FieldChange] = Field(
        description="Layout, notes, groups and pins, which no run of a version ever sees."
    )
    complete: bool = Field(description=f"False if {MAX_CHANGES:,} values differ or more; the rest is left out.")

    @property
    def same_content(self) -> bool:
        """Whether nothing differs but the canvas."""
        return not any(getattr(self, name) for name in type(self).model_fields if name not in ("canvas", "complete"))

    @property
    def empty(self) -> bool:
        """Whether nothing differs at all."""
        return self.same_content and not self.canvas


def diff_documents(before: dict[str, Any], after: dict[str, Any]) -> DocumentDiff:
    """Compares two documents, published or not. Ways to write the same, such as `a.out` for `a`, do not count."""
    comparer = _Comparer()
    settings = comparer.fields(_without(before, *_CANVAS, *_GRAPH), _without(after, *_CANVAS, *_GRAPH))
    comparer.graphs(before, after, "")
    canvas = comparer.fields(_only(before, *_CANVAS), _only(after, *_CANVAS))
    return DocumentDiff(
        nodes_added=comparer.nodes_added,
        nodes_removed=comparer.nodes_removed,
        nodes_changed=comparer.nodes_changed,
        edges_added=comparer.edges_added,
        edges_removed=comparer.edges_removed,
        reordered=comparer.reordered,
        settings=settings,
        canvas=canvas,
        complete=comparer.left > 0,
    )


class _Comparer:
    """Collects what differs, until there are too many changed values to be read by anybody."""

    def __init__(self) -> None:
        self.left = MAX_CHANGES
        self.nodes_added: list[NodeEntry] = []
        self.nodes_removed: list[NodeEntry] = []
        self.nodes_changed: list[NodeChange] = []
        self.edges_added: list[EdgeEntry] = []
        self.edges_removed: list[EdgeEntry] = []
        self.reordered: list[str] = []

    def fields(self, before: Any, after: Any) -> list[FieldChange]:
        """Values that differ, as many as are left to be told."""
        changes = list(islice(_field_changes(before, after), self.left))
        self.left -= len(changes)
        return changes

    def graphs(self, before: dict[str, Any], after: dict[str, Any], path: str) -> None:
        """Compares two graphs that stand in the same place."""
        old, new = _nodes(before), _nodes(after)
        for name in [name for name in old if name not in new]:
            self.nodes_removed.append(NodeEntry(node=_join(path, name), content=old[name]))
        for name, node in new.items():
            if name not in old:
                self.nodes_added.append(NodeEntry(node=_join(path, name), content=node))
            elif not _written_alike(old[name], node):
                self._nodes(old[name], node, _join(path, name))
        old_edges, new_edges = _edges(before), _edges(after)
        self.edges_removed.extend(_entries(old_edges, new_edges, path))
        self.edges_added.extend(_entries(new_edges, old_edges, path))
        if not (_same_order(old, new) and _same_order(old_edges, new_edges)):
            self.reordered.append(path)

    def _nodes(self, before: Any, after: Any, path: str) -> None:
        bodies = _bodies(before, after)
        changes = self.fields(_shell(before, bodies), _shell(after, bodies))
        if changes:
            self.nodes_changed.append(NodeChange(node=path, fields=changes))
        for name in bodies:
            self.graphs(before["with"][name], after["with"][name], path)


def _bodies(before: Any, after: Any) -> list[str]:
    """Settings that hold a graph on both sides; their nodes are compared one by one."""
    if not (isinstance(before, dict) and isinstance(after, dict)) or before.get("kind") != after.get("kind"):
        return []
    kind = before.get("kind")
    spec = specs().get(kind) if isinstance(kind, str) else None
    sides = (before.get("with"), after.get("with"))
    if spec is None or not all(isinstance(side, dict) for side in sides):
        return []
    names = sorted(shape_of(spec.config).graphs)
    return [name for name in names if all(isinstance(side.get(name), dict) for side in sides if side is not None)]


def _shell(node: Any, bodies: list[str]) -> Any:
    """A node without the nodes and edges of its bodies."""
    if not bodies:
        return node
    config = {key: _without(item, *_GRAPH) if key in bodies else item for key, item in node["with"].items()}
    return {**node, "with": config}


def _nodes(graph: dict[str, Any]) -> dict[str, Any]:
    """Nodes by id; one without an id of its own by its place."""
    found: dict[str, Any] = {}
    nodes = graph.get("nodes")
    for place, node in enumerate(nodes if isinstance(nodes, list) else ()):
        name = node.get("id") if isinstance(node, dict) else None
        key = name if isinstance(name, str) and name and name not in found else f"[{place}]"
        found[key] = _with_settings(node)
    return found


def _with_settings(node: Any) -> Any:
    if isinstance(node, dict) and "config" in node and "with" not in node:
        return {("with" if key == "config" else key): item for key, item in node.items()}
    return node


def _edges(graph: dict[str, Any]) -> Counter[tuple[str, str]]:
    edges = graph.get("edges")
    return Counter(_edge(edge) for edge in (edges if isinstance(edges, list) else ()))


def _edge(edge: Any) -> tuple[str, str]:
    if not isinstance(edge, dict):
        return str(edge), ""
    source, target = edge.get("from", edge.get("source")), edge.get("to", edge.get("target"))
    return str(source).removesuffix(".out"), str(target)


def _entries(edges: Counter[tuple[str, str]], others: Counter[tuple[str, str]], path: str) -> list[EdgeEntry]:
    left = edges - others
    return [EdgeEntry(graph=path, source=source, target=target) for source, target in left.elements()]


def _same_order(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    return [key for key in one if key in other] == [key for key in other if key in one]


def _written_alike(one: Any, other: Any) -> bool:
    """Quick answer for what did not change, as nearly everything does not; false only means a closer look."""
    try:
        return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return False


def _field_changes(before: Any, after: Any, at: Pointer = ()) -> Iterator[FieldChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _field_changes(before.get(key, _MISSING), after.get(key, _MISSING), (*at, key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_changes(before, after, at)
    elif not _same(before, after):
        yield _change(before, after, at)


def _list_changes(before: list[Any], after: list[Any], at: Pointer) -> Iterator[FieldChange]:
    """What stands between an equal beginning and an equal end is compared item by item."""
    start = 0
    while start < min(len(before), len(after)) and _same(before[start], after[start]):
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and _same(before[-1 - end], after[-1 - end]):
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    for place in range(max(len(old), len(new))):
        one = old[place] if place < len(old) else _MISSING
        other = new[place] if place < len(new) else _MISSING
        yield from _field_changes(one, other, (*at, start + place))


def _change(before: Any, after: Any, at: Pointer) -> FieldChange:
    added, removed = before is _MISSING, after is _MISSING
    return FieldChange(
        field=field_path(at),
        pointer=list(at),
        kind="added" if added else "removed" if removed else "changed",
        before=None if added else before,
        after=None if removed else after,
    )


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON: unlike in Python, true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(item, other[key]) for key, item in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _join(path: str, node: str) -> str:
    return f"{path}.{node}" if path else node


def _without(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}


def _only(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key in keys}
