"""Actions that come with a provider, one module each; written as data."""

from typing import Any

from schemas.connections.actions import ConnectionAction
from schemas.tools.spec import object_schema

TEXT: dict[str, Any] = {"type": "string"}


def text(description: str, **more: Any) -> dict[str, Any]:
    """Schema of a text."""
    return {"type": "string", "description": description, **more}


def number(description: str, **more: Any) -> dict[str, Any]:
    """Schema of a whole number."""
    return {"type": "integer", "description": description, **more}


def texts(description: str) -> dict[str, Any]:
    """Schema of a list of texts."""
    return {"type": "array", "items": TEXT, "description": description}


def action(
    name: str,
    title: str,
    call: str,
    *required: str,
    path: tuple[str, ...] = (),
    query: tuple[str, ...] = (),
    **more: Any,
) -> ConnectionAction:
    """An action in short: `call` is method and path, `required` its arguments that must be given.

    Args:
        name: Its name.
        title: What it does, for people.
        call: Such as `GET /issues/{number}`.
        required: Names of arguments.
        path: Arguments that go into the path.
        query: Arguments that go into the query, by their own names; a dollar sign is no part of an argument's name.
        more: `arguments` (JSON Schema by name) and further fields of `ConnectionAction`.
    """
    method, _, target = call.partition(" ")
    places = [(one, "path") for one in path] + [(one, "query") for one in query]
    effect = more.pop("effect", "read" if method == "GET" else "write")
    return ConnectionAction.model_validate(
        {
            "name": name,
            "title": title,
            "description": more.pop("description", title),
            "method": method,
            "path": target,
            "effect": effect,
            "parameters": [{"argument": one.lstrip("$"), "name": one, "place": place} for one, place in places],
            "input_schema": object_schema(required, **more.pop("arguments", {})),
            **({"body": "json"} if "template" in more else {}),
            **more,
        }
    )
