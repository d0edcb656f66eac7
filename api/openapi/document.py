"""Completes what FastAPI derives: models that no route names, security, errors with their codes, headers, examples."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from api.access.permissions import OPERATIONS, Open, Permission
from api.errors import Problem
from api.live.messages import LiveMessage, LiveRequest
from api.openapi.answer_headers import HEADERS, JSON, add_headers
from api.openapi.examples import DOCUMENT, Examples
from api.openapi.links import add_links
from api.openapi.problems import add_problems
from api.requests import StrictRoute
from schemas.document import Document
from schemas.run_events import RunEvent

DESCRIPTION: Final = """AI agents as durable workflows.

Every error is `application/problem+json` (RFC 9457) with a stable `code`; each operation lists the codes it may
answer with. Every answer carries `X-Request-Id`, which names the request in the logs. Lists are read page by page:
`next_cursor` of a page is the `cursor` of the next. Bodies are not compressed."""

_REFERENCE: Final = "#/components/schemas/{model}"
_UNNAMED: Final[dict[str, Any]] = {
    "Problem": Problem,
    "Document": Document,
    "RunEvent": RunEvent,
    "LiveRequest": LiveRequest,
    "LiveMessage": LiveMessage,
}
"""Models that clients need and no route names: errors, documents as text, data of streams and of `/v1/live`."""

_SECURITY: Final = {
    "access_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The short-lived token of a signed-in person. The operator's token is sent in the same way.",
    },
    "api_key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, sent as a bearer token; it may do what its scopes and its creator's role allow.",
    },
    "refresh_cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Secure-perdure_refresh",
        "description": "The refresh token of a web page that asked for a cookie; without TLS, on a machine of one's "
        "own, its name is `perdure_refresh`.",
    },
}
_CREDENTIAL: Final[list[dict[str, list[str]]]] = [{"access_token": []}, {"api_key": []}]
_BY_COOKIE: Final = frozenset({"refresh_session", "logout"})
"""Operations that take the refresh token from the cookie or from the body."""

_PARAMETERS: Final = {
    "cursor": "`next_cursor` of the page before.",
    "limit": "Size of a page.",
    "version": "Number of the version.",
}
"""What parameters mean that are the same everywhere."""


def install(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Replace FastAPI's document by ours.

    Args:
        app: The application.
        routers: What it is made of; their packages say what each group of operations is about.
    """

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app, routers)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _build(app: FastAPI, routers: Sequence[APIRouter]) -> dict[str, Any]:
    built = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = built.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name, model in _UNNAMED.items():
        _add_model(schemas, TypeAdapter(model).json_schema(by_alias=True, ref_template=_REFERENCE), name)
    schemas["Document"]["examples"] = [DOCUMENT]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["headers"] = HEADERS
    components["securitySchemes"] = _SECURITY
    built["tags"] = list(_tags(routers))
    examples = Examples(schemas)
    for path, method, operation in operations(built):
        _complete(operation)
        add_problems(path, operation)
        add_headers(method, operation)
        _add_examples(operation, examples)
    add_links(built["paths"], schemas)
    return built


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _tags(routers: Sequence[APIRouter]) -> Iterator[dict[str, str]]:
    found: dict[str, str] = {}
    for route in (route for router in routers for route in router.routes if isinstance(route, StrictRoute)):
        package = sys.modules[route.endpoint.__module__.rpartition(".")[0]]
        found.setdefault(str(route.tags[0]), (package.__doc__ or "").strip())
    yield from ({"name": name, "description": text} for name, text in found.items())


def _complete(operation: dict[str, Any]) -> None:
    # The header Accept is no parameter in OpenAPI: the answers' media types say the same.
    name = operation["operationId"]
    operation["summary"] = name.replace("_", " ").capitalize()
    parameters = [parameter for parameter in operation.pop("parameters", ()) if parameter["name"] != "accept"]
    for parameter in parameters:
        if parameter["in"] == "header":
            parameter["name"] = parameter["name"].title()
        parameter.setdefault("description", _meaning(parameter["name"]))
    if parameters:
        operation["parameters"] = parameters
    needed = OPERATIONS[name]
    if needed is not Open.ANYBODY:
        operation["security"] = _CREDENTIAL
    elif name in _BY_COOKIE:
        operation["security"] = [{"refresh_cookie": []}, {}]
    if isinstance(needed, Permission):
        operation["x-permission"] = needed.value


def _meaning(parameter: str) -> str:
    subject = parameter.removesuffix("_id")
    return _PARAMETERS.get(parameter, f"Id of the {subject.replace('_', ' ')}." if subject != parameter else "")


def _add_model(schemas: dict[str, Any], schema: dict[str, Any], name: str) -> None:
    for inner, definition in schema.pop("$defs", {}).items():
        schemas.setdefault(inner, definition)
    schemas[name] = schema


def _add_examples(operation: dict[str, Any], examples: Examples) -> None:
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    answers = [response for status, response in operation["responses"].items() if status.startswith("2")]
    for body in (*bodies, *answers):
        content = body.get("content", {}).get(JSON)
        if content is not None and "examples" not in content:
            content.setdefault("example", examples.of(content["schema"]))
