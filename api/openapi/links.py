"""Links: which answer gives the id that another operation asks for. They follow from paths and schemas."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Operations = Mapping[str, Mapping[str, dict[str, Any]]]
"""By path and method."""

_FIELDS: Final = ("id", "slug")


def add_links(paths: Operations, schemas: Mapping[str, Any]) -> None:
    """Link what creates or lists things at `/v1/things` to every operation at `/v1/things/{thing_id}…`."""
    for path, operations in paths.items():
        targets = list(_below(path, paths))
        for method, operation in operations.items():
            for response in _successes(operation) if targets else ():
                _link(response, targets, schemas, page=method == "get")


def _below(path: str, paths: Operations) -> Iterator[tuple[str, dict[str, Any]]]:
    """Operations whose one parameter follows the path, with its name."""
    for other, operations in paths.items():
        rest = other.removeprefix(path + "/{")
        if rest != other and "{" not in rest:
            yield from ((rest.partition("}")[0], operation) for operation in operations.values())


def _successes(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for status, response in operation["responses"].items():
        if status.startswith("2") and "application/json" in response.get("content", {}):
            yield response


def _link(
    response: dict[str, Any], targets: list[tuple[str, dict[str, Any]]], schemas: Mapping[str, Any], *, page: bool
) -> None:
    schema = _resolved(response["content"]["application/json"]["schema"], schemas)
    place = ""
    if page:
        schema = _resolved(schema.get("properties", {}).get("items", {}).get("items", {}), schemas)
        place = "/items/0"
    for parameter, operation in targets:
        field = next((name for name in _fields(parameter) if name in schema.get("properties", {})), None)
        if field is not None:
            name = operation["operationId"]
            response.setdefault("links", {})[name] = {
                "operationId": name,
                "parameters": {parameter: f"$response.body#{place}/{field}"},
            }


def _fields(parameter: str) -> tuple[str, ...]:
    return (parameter, *(_FIELDS if parameter.endswith("_id") else ()))


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
