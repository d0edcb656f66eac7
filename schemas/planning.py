"""Plans that a model writes: what it is told about documents, and what of its answer is taken. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import orjson

from schemas.credentials.references import credential_uses, markers
from schemas.document import FORMAT
from schemas.faults import Fault, FaultCode, listed
from schemas.nodes import document_specs
from schemas.references import references_of

DEFAULT_KINDS: Final = ("transform", "branch", "foreach", "llm", "code", "wait", "approval", "output")
"""What a plan may consist of unless more is allowed: nothing that reaches outside but models and people."""

MAX_FAULTS_TOLD: Final = 20

_FOR_TESTS: Final = re.compile(r"\s*\[\[sim:.*?\]\](?=[^\]])")
"""What examples say to the stand-in model only."""

_FENCE: Final = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)
_FROM_PERSON: Final = ("format", "name", "limits", "input")

_FORMAT: Final = """\
You plan work as a workflow document and write nothing but that document, as JSON in a fenced code block.

{"nodes": [{"id": "slug", "kind": "…", "name": "for people", "with": {settings}}],
 "edges": [{"from": "node or node.port", "to": "node"}], "output": "{{ nodes.last.output }}"}

- Ids match [a-z][a-z0-9_]*. A node runs when all its incoming edges are resolved and one was taken. Nodes without \
edges between them run in parallel. A port without an edge ends its path.
- `{{ … }}` in settings holds one CEL expression; text that is exactly one `{{ … }}` gives the value itself. In scope: \
`input`, `nodes.<id>.output`, `nodes.<id>.status`; in the body of a foreach `item` and `index`, and only its own nodes.
- An expression may only read nodes that lead to it by edges. Settings that are named `when` or `items` are bare CEL.
- Use as few nodes as the goal needs."""


def planner_instructions(kinds: Iterable[str], instructions: str) -> str:
    """What the model is told."""
    described = "\n\n".join(_described(kind) for kind in sorted(set(kinds)) if kind in document_specs())
    return "\n\n".join(part for part in (_FORMAT, f"# Kinds\n\n{described}", instructions) if part)


@cache
def _described(kind: str) -> str:
    spec = document_specs()[kind]
    schema = spec.config.model_json_schema()
    required = set(schema.get("required", ()))
    settings = "\n".join(
        f"- {name}{' (required)' if name in required else ''}: {field.get('description', '')}"
        for name, field in schema.get("properties", {}).items()
    )
    examples = "\n".join(_FOR_TESTS.sub("", orjson.dumps(example.config).decode()) for example in spec.examples[:2])
    ports = ", ".join(spec.ports(spec.examples[0].config if spec.examples else {}))
    return f"## {kind}\n{spec.description} Ports: {ports}\n{settings}\nExamples of `with`:\n{examples}"


def plan_text(answer: str) -> str:
    """The document in the answer of a model."""
    found = _FENCE.findall(answer)
    return max(found, key=len) if found else answer


def plan_document(value: Mapping[str, Any], name: str, limits: Mapping[str, Any]) -> dict[str, Any]:
    """The document as it is run: its name, limits and input are not the model's to choose."""
    own = {key: part for key, part in value.items() if key not in _FROM_PERSON}
    return {"format": FORMAT, "name": name, "limits": dict(limits), **own}


def plan_faults(document: Any, kinds: Iterable[str], max_nodes: int) -> list[Fault]:
    """What a plan must not hold, whatever the compiler says: other kinds, credentials, other workflows."""
    allowed, found, count = set(kinds), [], 0
    for pointer, node in _nodes(document):
        count += 1
        kind, config = node.get("kind"), node.get("with", node.get("config"))
        place = str(node.get("id"))
        if isinstance(kind, str) and kind in document_specs() and kind not in allowed:
            message = f"A plan may not hold a `{kind}` node; it may hold {listed(sorted(allowed))}."
            found.append(_fault(FaultCode.UNKNOWN_KIND, place, message, (*pointer, "kind")))
        if isinstance(config, Mapping) and (credential_uses(config) or next(markers(config), None) is not None):
            message = "A plan may not name credentials; only people who publish may."
            found.append(_fault(FaultCode.MISPLACED_CREDENTIAL, place, message, pointer))
        if any(references_of(str(kind), config)):
            message = "A plan may not run other workflows or published agents."
            found.append(_fault(FaultCode.UNKNOWN_WORKFLOW, place, message, pointer))
    if count > max_nodes:
        message = f"The plan has {count} nodes; at most {max_nodes} are allowed. Make it simpler."
        found.append(_fault(FaultCode.LIMIT_EXCEEDED, None, message, ("nodes",)))
    return found


def _fault(code: FaultCode, node: str | None, message: str, pointer: tuple[str | int, ...]) -> Fault:
    return Fault(code=code, node=node, field=None, message=message, pointer=pointer)


def _nodes(graph: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Every node of a raw graph, bodies included."""
    nodes = graph.get("nodes") if isinstance(graph, Mapping) else None
    for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
        if not isinstance(node, Mapping):
            continue
        yield (*at, "nodes", index), node
        config = node.get("with", node.get("config"))
        for key, inner in config.items() if isinstance(config, Mapping) else ():
            if isinstance(inner, Mapping) and "nodes" in inner:
                yield from _nodes(inner, (*at, "nodes", index, "with", key))


def told_faults(faults: Iterable[Mapping[str, Any]]) -> str:
    """Faults as a model is told of them, to mend its plan."""
    lines = [
        f"- {fault.get('node') or 'the document'}"
        + (f", `{fault['field']}`" if fault.get("field") else "")
        + f": {fault['message']}"
        for fault in list(faults)[:MAX_FAULTS_TOLD]
    ]
    return "The document cannot be run:\n" + "\n".join(lines) + "\n\nWrite the whole corrected document."
