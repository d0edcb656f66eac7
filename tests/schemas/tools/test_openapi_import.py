"""Descriptions of APIs become tools; what cannot be one is named with its reason."""

from typing import Any

import pytest

from schemas.errors import ErrorCode, PerdureError
from schemas.tools.openapi_import import imported
from schemas.tools.spec import Effect
from schemas.tools.types.openapi import SPEC, OpenapiSettings

SHOP: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Shop"},
    "servers": [{"url": "/{stage}/api", "variables": {"stage": {"default": "v2"}}}],
    "paths": {
        "/orders/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": {
                "operationId": "orders.get",
                "summary": "Reads an order.",
                "parameters": [
                    {"name": "fields[]", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string", "nullable": True}},
                    {"name": "session", "in": "cookie", "schema": {"type": "string"}},
                ],
            },
            "delete": {"operationId": "orders.get"},
            "put": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json; charset=utf-8": {"schema": {"$ref": "#/components/schemas/Order"}}},
                }
            },
            "patch": {"requestBody": {"required": True, "content": {"image/png": {}}}},
            "post": {"parameters": [{"$ref": "https://evil.test/x.json"}]},
        },
    },
    "components": {
        "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}},
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["lines", "created"],
                "properties": {
                    "created": {"type": "string", "readOnly": True},
                    "price": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "example": 3},
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                    "parent": {"$ref": "#/components/schemas/Order"},
                },
            },
            "Line": {"type": "object", "properties": {"sku": {"type": "string", "x-internal": 1}}},
        },
    },
}


def test_operations_become_tools() -> None:
    api = imported(SHOP, "https://shop.test/docs/openapi.json")
    assert api.url == "https://shop.test/v2/api"
    by_name = {operation.name: operation for operation in api.operations}
    assert list(by_name) == ["orders_get", "put_orders_id", "orders_get_2"]
    get = by_name["orders_get"]
    assert get.input_schema == {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "fields_": {"type": "array", "items": {"type": "string"}},
            "X-Trace": {"type": ["string", "null"]},
        },
        "additionalProperties": False,
        "required": ["id"],
    }
    assert [(one.name, one.place) for one in get.parameters] == [
        ("id", "path"),
        ("fields[]", "query"),
        ("X-Trace", "header"),
    ]
    body = by_name["put_orders_id"].input_schema["properties"]["body"]
    assert body == {
        "type": "object",
        "required": ["lines"],
        "properties": {
            "price": {"type": "number", "exclusiveMinimum": 0},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
            "parent": {},
        },
    }
    assert {one.operation: one.reason for one in api.left_out} == {
        "POST /orders/{id}": "the reference 'https://evil.test/x.json' leads out of the description",
        "PATCH /orders/{id}": "its body is neither JSON nor a form",
    }
    settings = OpenapiSettings(url=api.url, operations=api.operations)
    effects = {definition.name: SPEC.effect_of(settings, definition.name) for definition in SPEC.definitions(settings)}
    assert effects == {
        "orders_get": Effect.READ,
        "put_orders_id": Effect.WRITE,
        "orders_get_2": Effect.IRREVERSIBLE,
    }


def test_swagger_2_is_read_too() -> None:
    document = {
        "swagger": "2.0",
        "host": "pets.test",
        "basePath": "/v1",
        "schemes": ["http", "https"],
        "paths": {
            "/pets": {
                "post": {
                    "parameters": [
                        {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}},
                        {"name": "name", "in": "formData", "type": "string", "required": True},
                    ]
                }
            }
        },
    }
    api = imported(document)
    assert api.url == "https://pets.test/v1"
    [operation] = api.operations
    assert operation.body == "form"
    assert not operation.parameters[0].explode
    assert operation.input_schema["properties"]["body"]["required"] == ["name"]


def _bomb(levels: int) -> dict[str, Any]:
    """A description of a few lines whose schema would have 10^levels parts."""
    schemas: dict[str, Any] = {f"S{levels}": {"type": "string"}}
    for level in range(levels):
        inner = {f"p{part}": {"$ref": f"#/components/schemas/S{level + 1}"} for part in range(10)}
        schemas[f"S{level}"] = {"type": "object", "properties": inner}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}
    paths = {"/x": {"post": {"requestBody": {"content": content}}}}
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}


def test_hostile_descriptions_are_bounded() -> None:
    [left_out] = imported(_bomb(9)).left_out
    assert left_out.reason == "its schema is too large"
    circle = {"openapi": "3.1.0", "paths": {"/x": {"get": {"parameters": [{"$ref": "#/a"}]}}}, "a": {"$ref": "#/a"}}
    assert imported(circle).left_out[0].reason == "its references lead in a circle"
    odd = {
        "openapi": "3.1.0",
        "paths": {"/x": {"get": {"parameters": [None, 3]}, "put": None, "post": {"parameters": {}}}},
    }
    assert len(imported(odd).left_out) == 1


@pytest.mark.parametrize("document", [None, [], {}, {"paths": {}}, {"openapi": "4.0", "paths": {}}])
def test_what_describes_no_api_is_refused(document: Any) -> None:
    with pytest.raises(PerdureError) as caught:
        imported(document)
    assert caught.value.code is ErrorCode.INVALID_INPUT
