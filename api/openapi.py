"""The OpenAPI document: what FastAPI derives, plus the document model, the token and the problem of every error."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import MEDIA_TYPE, Problem
from api.gate import OPEN_PATHS
from schemas.document import Document

_REFERENCE: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {
    "description": "A problem.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}},
}
_COMMON: Final = ("400", "401", "404", "405", "409", "413", "415", "422", "500", "503")


def install(app: FastAPI) -> None:
    """Replace FastAPI's document by ours."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _build(app: FastAPI) -> dict[str, Any]:
    built = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = built.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in (Problem, Document):
        _add_model(schemas, model.model_json_schema(by_alias=True, ref_template=_REFERENCE), model.__name__)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in built["paths"].items():
        for operation in operations.values():
            _add_problems(operation)
            if path not in OPEN_PATHS:
                operation["security"] = [{"token": []}]
    return built


def _add_model(schemas: dict[str, Any], schema: dict[str, Any], name: str) -> None:
    for inner, definition in schema.pop("$defs", {}).items():
        schemas.setdefault(inner, definition)
    schemas[name] = schema


def _add_problems(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    for status in _COMMON:
        responses.setdefault(status, _PROBLEM)
