"""`tool_call`: what the model is told, what fails the step, and what must not be repeated."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from activities.knowledge.services import Knowledge
from activities.step import Services
from schemas.errors import ErrorCode
from schemas.knowledge import Found, KnowledgeQuery, Passage
from schemas.messages import StepInput
from schemas.tools.openapi_import import imported
from schemas.tools.result import ToolResult
from tests.support.http_server import Received, answer, echo, http_server
from tests.support.steps import run_step, services, step_failure, step_input

ITEM: dict[str, Any] = {
    "description": "Changes an item.",
    "url": "/items/{id}?by={who}",
    "method": "POST",
    "parameters": {
        "properties": {"id": {"type": "string"}, "who": {"type": "string"}, "tags": {"type": "array"}},
        "required": ["id"],
    },
    "headers": {"X-Who": "agent {who}"},
    "query": {"verbose": "{missing}"},
    "json": {"tags": "{tags}", "note": "for {who}: {braces}"},
}


def call(type_name: str, settings: dict[str, Any], arguments: dict[str, Any], name: str | None = None) -> StepInput:
    config = {"type": type_name, "settings": settings, "name": name or type_name, "arguments": arguments}
    return step_input("tool_call", config)


def item(url: str, arguments: dict[str, Any], **changes: Any) -> StepInput:
    return call("http", {**ITEM, "url": url + ITEM["url"], **changes}, arguments, "http_request")


async def told(given: Services, step: StepInput) -> ToolResult:
    return ToolResult.model_validate((await run_step(given, step)).output)


async def test_arguments_go_into_their_places_and_nowhere_else() -> None:
    async with http_server(echo) as server, services(server.allowed) as given:
        result = await told(given, item(server.url, {"id": "../a b", "who": "you&me", "tags": ["x", 1]}))
        assert not result.is_error
        [sent] = server.received
        assert sent.target == "/items/..%2Fa%20b?by=you%26me&verbose=%7Bmissing%7D"
        assert sent.headers["x-who"] == "agent you&me"
        assert sent.headers["idempotency-key"].endswith("/n/0")
        assert json.loads(sent.body) == {"tags": ["x", 1], "note": "for you&me: {braces}"}
        assert result.value["status"] == 200
        climbing = await told(given, item(server.url, {"id": ".."}))
        assert climbing.is_error
        assert len(server.received) == 1


async def test_what_a_model_can_mend_is_told_to_it() -> None:
    async def refuse(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b'{"error": "no such item"}', status=404, content_type="application/json"))

    async with http_server(refuse) as server, services(server.allowed) as given:
        wrong = await told(given, item(server.url, {"who": 7}))
        assert wrong.is_error
        assert "'id' is a required property" in wrong.text
        assert "who: 7 is not of type 'string'" in wrong.text
        refused = await told(given, item(server.url, {"id": "1"}))
        assert refused.is_error
        assert "no such item" in refused.text
        assert (await told(given, call("calculator", {}, {}, "eval"))).text == "There is no tool 'eval'."
        inside = await told(given, call("web_fetch", {}, {"url": "http://169.254.169.254/latest/meta-data"}))
        assert inside.is_error
        assert "not a public address" in inside.text
        assert len(server.received) == 1


async def test_what_only_people_or_another_attempt_can_mend_fails_the_step() -> None:
    async def cut(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with http_server(cut) as server, services(server.allowed) as given:
        settings = await step_failure(given, call("http", {"description": "x", "url": "nowhere", "oops": 1}, {}))
        assert settings.code is ErrorCode.INVALID_CONFIG
        assert "`oops`" in settings.message
        unknown = await step_failure(given, call("telepathy", {}, {}))
        assert unknown.code is ErrorCode.INVALID_CONFIG
        keyed = await step_failure(given, item(server.url, {"id": "1"}))
        assert keyed.code is ErrorCode.NETWORK
        keyless = await step_failure(given, item(server.url, {"id": "1"}, idempotency_header=None))
        assert keyless.code is ErrorCode.OUTCOME_UNKNOWN
        reading = await step_failure(given, item(server.url, {"id": "1"}, method="GET", idempotency_header=None))
        assert reading.code is ErrorCode.NETWORK


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1 + 0.2", "0.3"),
        ("(1200 * 1.19) / 12", "119"),
        ("2 ** 100", "1267650600228229401496703205376"),
        ("2 ^ 3", "8"),
        ("-7 // 2", "-4"),
        ("round(2.345, 2)", "2.35"),
        ("mean([1, 2, 4.5])", "2.5"),
        ("log(100)", "2"),
        ("1 / 3 > 0.33", "true"),
    ],
)
async def test_the_calculator_is_exact(expression: str, value: str) -> None:
    async with services() as given:
        assert (await told(given, call("calculator", {}, {"expression": expression}))).text == value


@pytest.mark.parametrize(
    "expression",
    [
        "1 / 0",
        "__import__('os')",
        "(1).__class__",
        "9 ** 9 ** 9",
        "x + 1",
        "'a' * 9",
        "+".join(["1"] * 999),
        "1e999999 * 1e999999",
    ],
)
async def test_the_calculator_computes_nothing_else(expression: str) -> None:
    async with services() as given:
        result = await told(given, call("calculator", {}, {"expression": expression}))
        assert result.is_error
        assert result.text.startswith("The expression cannot be computed")


async def test_passages_of_knowledge_come_with_their_sources() -> None:
    passage = Passage(
        knowledge="handbook",
        document_id="d",
        document="Handbook.pdf",
        text="Tea at four.",
        page=3,
        heading=None,
        position=0,
        score=1.0,
        similarity=0.9,
        metadata={},
        citation="Handbook.pdf, p. 3",
    )

    class Library(Knowledge):
        async def search(self, query: KnowledgeQuery, *_: Any) -> Found:
            assert (query.workspace_id, query.knowledge, query.query) == ("w", ("handbook",), "tea?")
            assert (query.filter, query.min_similarity) == ({"language": "en"}, 0.5)
            return Found(workspace_id="w", passages=(passage,), tokens_in=3)

    async with services() as given:
        only = {"knowledge": ["handbook"], "filter": {"language": "en"}, "min_similarity": 0.5}
        step = call("knowledge", only, {"query": "tea?"}, "search_knowledge")
        result = await run_step(replace(given, knowledge=Library()), step)
    source = {"number": 1, "source": "Handbook.pdf, p. 3", "text": "Tea at four."}
    assert (result.output["value"], result.tokens_in) == ({"passages": [source]}, 3)


SHOP: dict[str, Any] = {
    "openapi": "3.0.3",
    "paths": {
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "get_order",
                "parameters": [
                    {"name": "fields[]", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                ],
            },
            "delete": {"operationId": "delete_order"},
            "post": {
                "operationId": "refund_order",
                "requestBody": {
                    "required": True,
                    "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
                },
            },
        },
    },
}


def shop(url: str) -> dict[str, Any]:
    """Settings of the tools of an imported API."""
    return {"url": url, "operations": [one.model_dump(mode="json") for one in imported(SHOP).operations]}


async def test_imported_operations_send_every_argument_where_it_belongs() -> None:
    async with http_server(echo) as server, services(server.allowed) as given:

        async def use(name: str, **arguments: Any) -> Any:
            operations = {one.method: one for one in imported(SHOP).operations}
            [trace] = [one.argument for one in operations["GET"].parameters if one.place == "header"]
            [fields] = [one.argument for one in operations["GET"].parameters if one.place == "query"]
            named = {{"trace": trace, "fields": fields}.get(key, key): value for key, value in arguments.items()}
            return (await told(given, call("openapi", shop(server.url + "/v2"), named, name))).value["body"]

        read = await use("get_order", id="7/../8", fields=["a&b", "c"], trace="t1")
        assert (read["method"], read["target"]) == ("GET", "/v2/orders/7%2F..%2F8?fields%5B%5D=a%26b&fields%5B%5D=c")
        assert read["headers"]["x-trace"] == "t1"
        paid = await use("refund_order", id="7", body={"note": "so & so", "lines": [1, 2]})
        assert (paid["method"], paid["body"]) == ("POST", "note=so+%26+so&lines=1&lines=2")
        assert paid["headers"]["content-type"].startswith("application/x-www-form-urlencoded")
        assert (await use("delete_order", id="7"))["method"] == "DELETE"
        climbing = await told(given, call("openapi", shop(server.url), {"id": ".."}, "get_order"))
        assert climbing.is_error
        assert len(server.received) == 3
