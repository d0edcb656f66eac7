"""Requests that name something, and what of an operation can name anything."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import httpx

from tests.tenancy.world import Names

PLACE: Final = "a cursor is a place in the caller's own list"
"""Why a foreign cursor is answered like an own one."""

_numbers = count(1)


@dataclass(frozen=True)
class Call:
    """A request."""

    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    async def by(self, client: httpx.AsyncClient) -> httpx.Response:
        """Send it."""
        body = {} if self.json is None else {"json": self.json}
        return await client.request(self.method, self.path, params=self.params or None, headers=self.headers, **body)


def get(path: str, headers: dict[str, str] | None = None, **params: Any) -> Call:
    """A GET."""
    return Call("GET", path, params=params, headers=headers or {})


def post(path: str, json: Any = None, **headers: str) -> Call:
    """A POST; underscores in names of headers stand for hyphens."""
    return Call("POST", path, json=json, headers={name.replace("_", "-"): value for name, value in headers.items()})


def put(path: str, json: Any = None) -> Call:
    """A PUT."""
    return Call("PUT", path, json=json)


def patch(path: str, json: Any) -> Call:
    """A PATCH."""
    return Call("PATCH", path, json=json)


def delete(path: str) -> Call:
    """A DELETE."""
    return Call("DELETE", path)


@dataclass(frozen=True)
class Probe:
    """One way in which an operation can be made to name something.

    Args:
        make: The request, from the names that are tried out and from those of the caller's own workspace.
        places: Which parts of the request name something, such as `path.run_id` or `body.workflow`.
        blind: Why even the workspace itself gets the same answer for what it has and what it has not; empty if the
            answers differ, as they nearly always must.
    """

    make: Callable[[Names, Names], Call]
    places: tuple[str, ...]
    blind: str = ""


def probe(make: Callable[[Names, Names], Call], *places: str, blind: str = "") -> Probe:
    """See `Probe`."""
    return Probe(make, places, blind)


def fresh() -> str:
    """A word that was never used; always as long as the others."""
    return f"fresh-{next(_numbers):06}"


def document(*nodes: dict[str, Any], name: str = "Probe") -> dict[str, Any]:
    """A workflow document."""
    return {"format": "perdure/v1", "name": name, "nodes": list(nodes)}


def calling(workflow: str) -> dict[str, Any]:
    """A document that runs another workflow."""
    return document({"id": "sub", "kind": "sub_workflow", "with": {"workflow": workflow}})


def using(credential: str) -> dict[str, Any]:
    """A document that uses a credential, deep inside."""
    step = {
        "id": "call",
        "kind": "http_request",
        "with": {"url": "https://example.com", "credential": credential},
    }
    each = {"id": "each", "kind": "foreach", "with": {"items": "[1]", "body": {"nodes": [step]}}}
    return document(each)


def chosen(**condition: str) -> Call:
    """Asks what would become of the runs of a filter."""
    return post("/v1/bulk/preview", {"operation": "cancel", "filter": condition})


def resuming(run: str, approval: str) -> Call:
    """Answers a request in the words of AG-UI."""
    entry = {"interruptId": f"{approval}.0", "status": "resolved", "payload": True}
    return post(f"/v1/ag-ui/runs/{run}/interrupts", {"resume": [entry]})


def places(openapi: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Every operation id of an OpenAPI document, and all parts of its requests."""
    models = openapi["components"]["schemas"]
    for operations in openapi["paths"].values():
        for operation in operations.values():
            found = {f"{one['in']}.{one['name']}" for one in operation.get("parameters", ())}
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found |= {f"body.{name}" for name in _names(content["schema"], models, frozenset())}
            yield operation["operationId"], found


def _names(schema: dict[str, Any], models: dict[str, Any], within: frozenset[str]) -> Iterator[str]:
    """Names of the fields of a body, nested ones with a dot. A document counts as one field."""
    if (reference := schema.get("$ref")) is not None:
        model = reference.rsplit("/", 1)[1]
        if model == "Document":
            yield "document"
        elif model not in within:
            yield from _names(models[model], models, within | {model})
        return
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _names(inner, models, within)
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from (f"{name}.{deeper}" for deeper in _names(inner, models, within))
    if isinstance(items := schema.get("items"), dict):
        yield from _names(items, models, within)
