"""Headers of requests and answers that middleware adds, so no route names them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

JSON: Final = "application/json"


def _text(description: str, example: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}, "example": example}


HEADERS: Final[dict[str, dict[str, Any]]] = {
    "ETag": _text("Tag of this state of the resource, for `If-None-Match`.", '"6a1f…"'),
    "Idempotent-Replayed": _text("`true`: the answer to an earlier request under the same key.", "true"),
    "Location": _text("Where to read what was made.", "/v1/runs/0197f2c4-8a31-7c6e-9d50-3f1b2a4c5d6e"),
    "RateLimit": _text("What is left of a limit: `r` requests, all again after `t` seconds.", '"user";r=0;t=30'),
    "RateLimit-Policy": _text("The limit: `q` requests in `w` seconds.", '"user";q=600;w=60'),
    "Retry-After": {
        "description": "Seconds after which another attempt may succeed.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 2,
    },
    "WWW-Authenticate": _text("How to authenticate.", "Bearer"),
}
"""`components.headers`."""

PROBLEM_HEADERS: Final[Mapping[HTTPStatus, tuple[str, ...]]] = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", "RateLimit", "RateLimit-Policy"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}
"""Headers of error answers."""

_IF_NONE_MATCH: Final[dict[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "`ETag` of the answer that the caller has: if it is current still, the answer is 304.",
    "schema": {"type": "string"},
}


def reference(header: str) -> dict[str, str]:
    """Where a header is described."""
    return {"$ref": f"#/components/headers/{header}"}


def add_headers(method: str, operation: dict[str, Any]) -> None:
    """Describe the headers of an operation's answers."""
    responses = operation["responses"]
    if method == "get" and JSON in responses.get("200", {}).get("content", {}):
        _add(responses["200"], "ETag")
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
        responses["304"] = {"description": "The caller has this state already.", "headers": {"ETag": reference("ETag")}}
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    if "Idempotency-Key" in names:
        for status, response in responses.items():
            if status.startswith("2"):
                _add(response, "Idempotent-Replayed")


def _add(response: dict[str, Any], header: str) -> None:
    response.setdefault("headers", {}).setdefault(header, reference(header))
