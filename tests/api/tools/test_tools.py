"""Types of tools as forms need them, and what APIs and MCP servers are found to offer."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from schemas.tools import tool_specs
from schemas.tools.types.mcp import McpSettings
from schemas.tools.types.openapi import OpenapiSettings
from tests.api.test_gate import check_problem
from tests.support.mcp_server import TOKEN
from tests.support.perdure import Perdure, model_server, perdure, plumbing, worker
from tests.support.serving import served

__all__ = ["model_server", "perdure", "plumbing", "worker"]

ROOT = Path(__file__).parents[3]
DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orders"},
    "servers": [{"url": "/api"}],
    "paths": {
        "/orders/{id}": {
            "get": {"operationId": "getOrder", "summary": "An order", "parameters": [{"name": "id", "in": "path"}]},
            "delete": {"operationId": "deleteOrder", "parameters": [{"name": "id", "in": "path"}]},
        },
        "/pictures": {"post": {"requestBody": {"required": True, "content": {"image/png": {}}}}},
    },
}


def problem(answer: httpx.Response) -> dict[str, Any]:
    """What was wrong with the request, and where."""
    check_problem(answer, 422, "invalid_request")
    found: dict[str, Any] = answer.json()
    return found


async def test_every_type_is_served_with_a_schema_and_hints_of_its_own_settings(api: httpx.AsyncClient) -> None:
    found = (await api.get("/v1/tools")).json()
    types = {item["type"]: item for item in found["items"]}
    assert types.keys() == tool_specs().keys()
    for item in types.values():
        Draft202012Validator.check_schema(item["settings_schema"])
        assert item["hints"].keys() <= item["settings_schema"].get("properties", {}).keys(), item["type"]
    assert types["calculator"]["effect"] == "pure"
    assert [one["name"] for one in types["calculator"]["definitions"]] == ["calculator"]
    assert (types["http"]["effect"], types["http"]["definitions"]) == ("by_settings", [])
    assert types["sql"]["hints"]["credential"] == {"widget": "credential", "types": types["sql"]["credential_types"]}
    assert "approve" in found["policy_schema"]["properties"]


@asynccontextmanager
async def described() -> AsyncIterator[str]:
    """Address of a description, which is given to whoever has the token."""

    async def show(request: Request) -> JSONResponse:
        known = request.headers.get("authorization") == f"Bearer {TOKEN}"
        return JSONResponse(DESCRIPTION if known else {}, status_code=200 if known else 401)

    async with served(Starlette(routes=[Route("/openapi.json", show)])) as url:
        yield f"{url}/openapi.json"


async def proof(inside: Perdure) -> str:
    """A credential with the token, for this machine only."""
    body = {"name": "own", "type": "bearer", "secret": {"token": TOKEN}, "hosts": ["127.0.0.1"]}
    (await inside.api.post("/v1/credentials", json=body)).raise_for_status()
    return "own"


async def test_operations_of_an_api_become_settings_of_a_tool(perdure: Perdure) -> None:
    async with described() as url:
        refused = await perdure.api.post("/v1/tools/openapi", json={"url": url})
        assert problem(refused)["errors"][0]["field"] == "body.url"
        body = {"url": url, "credential": await proof(perdure)}
        found = (await perdure.api.post("/v1/tools/openapi", json=body)).raise_for_status().json()
    assert (found["title"], found["url"]) == ("Orders", url.replace("/openapi.json", "/api"))
    assert [(one["name"], one["effect"]) for one in found["items"]] == [
        ("getOrder", "read"),
        ("deleteOrder", "irreversible"),
    ]
    [left] = found["left_out"]
    assert left == {"name": "POST /pictures", "reason": "its body is neither JSON nor a form"}
    OpenapiSettings.model_validate({"url": found["url"], "operations": [one["operation"] for one in found["items"]]})


async def test_a_description_in_the_request_is_searched_and_its_faults_are_named(perdure: Perdure) -> None:
    text = "openapi: 3.0.0\npaths:\n  /a: {get: {operationId: listA}, post: {operationId: makeA}}\n"
    found = (await perdure.api.post("/v1/tools/openapi", json={"text": text, "q": "post"})).raise_for_status().json()
    assert [one["name"] for one in found["items"]] == ["makeA"]
    for wrong, said in (("{]", "not valid"), ("a: 1", "no OpenAPI description")):
        answer = problem(await perdure.api.post("/v1/tools/openapi", json={"text": wrong}))
        assert answer["errors"][0]["field"] == "body.text"
        assert said in answer["errors"][0]["message"]


@asynccontextmanager
async def mcp_server() -> AsyncIterator[str]:
    """Address of an MCP server."""
    command = (sys.executable, "-m", "tests.support.mcp_server", "http")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}/mcp"
    finally:
        process.kill()
        await process.wait()


async def test_tools_of_an_mcp_server_come_with_the_hash_to_pin(perdure: Perdure) -> None:
    credential = await proof(perdure)
    async with mcp_server() as url:
        body = {"url": url, "credential": credential}
        everything = (await perdure.api.post("/v1/tools/mcp", json=body)).raise_for_status().json()
        assert [one["name"] for one in everything["items"]] == ["add", "drop.table", "change", "cut", "picture"]
        chosen = (await perdure.api.post("/v1/tools/mcp", json={**body, "only": ["add", "gone"]})).json()
        refused = await perdure.api.post("/v1/tools/mcp", json={"url": url})
    assert chosen["left_out"] == [{"name": "gone", "reason": "The server has no such tool."}]
    assert chosen["items"][0] == everything["items"][0]
    for found in (everything, chosen):
        tools = [one["tool"] for one in found["items"]]
        McpSettings.model_validate({"url": url, "tools": tools, "pin": found["pin"]})
    assert problem(refused)["errors"][0]["field"] == "body.url"
    unknown = await perdure.api.post("/v1/tools/mcp", json={"server": "nobody"})
    assert "PERDURE_MCP_STDIO" in problem(unknown)["detail"]


@pytest.mark.parametrize("body", [{}, {"url": "https://a.b", "text": "{}"}, {"url": "ftp://a"}])
async def test_a_request_names_one_source(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    check_problem(await api.post("/v1/tools/openapi", json=body), 422, "invalid_request")
