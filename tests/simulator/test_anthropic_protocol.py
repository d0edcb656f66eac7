import json
from typing import Any

import httpx

from tests.simulator.conftest import message

SCHEMA = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
TOOL = {"name": "weather", "input_schema": SCHEMA}


async def post(http: httpx.AsyncClient, prompt: str, **fields: Any) -> httpx.Response:
    return await http.post("/v1/messages", json=message(prompt, **fields))


async def events(http: httpx.AsyncClient, prompt: str, **fields: Any) -> list[Any]:
    text = (await post(http, prompt, stream=True, **fields)).text
    found = []
    for block in text.split("\n\n"):
        if block:
            name, data = block.split("\n")
            found.append(json.loads(data.removeprefix("data: ")))
            assert name == f"event: {found[-1]['type']}"
    return found


async def test_a_whole_answer(http: httpx.AsyncClient) -> None:
    body = (await post(http, "hi [[sim:reply Hello Ada]]")).json()
    assert body["content"] == [{"type": "text", "text": "Hello Ada"}]
    assert body["stop_reason"] == "end_turn"
    assert body["usage"]["output_tokens"] == 3


async def test_a_stream_has_all_events_in_order(http: httpx.AsyncClient) -> None:
    found = await events(http, "hi [[sim:reply Hello Ada]]")
    assert [event["type"] for event in found] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert found[0]["message"]["usage"]["input_tokens"] > 0
    assert "".join(event["delta"]["text"] for event in found[3:5]) == "Hello Ada"
    assert found[-2]["delta"]["stop_reason"] == "end_turn"
    assert found[-2]["usage"] == {"output_tokens": 3}


async def test_tool_use_whole_and_streamed(http: httpx.AsyncClient) -> None:
    prompt = '[[sim:tool weather {"city": "Oslo"}]]'
    body = (await post(http, prompt, tools=[TOOL])).json()
    assert body["stop_reason"] == "tool_use"
    assert body["content"][0]["input"] == {"city": "Oslo"}
    parts = [
        event["delta"] for event in await events(http, prompt, tools=[TOOL]) if "index" in event and "delta" in event
    ]
    assert {part["type"] for part in parts} == {"input_json_delta"}
    assert json.loads("".join(part["partial_json"] for part in parts)) == {"city": "Oslo"}


async def test_a_forced_tool_is_called_with_data_of_its_shape(http: httpx.AsyncClient) -> None:
    for choice in ({"type": "any"}, {"type": "tool", "name": "weather"}):
        body = (await post(http, "go", tools=[TOOL], tool_choice=choice)).json()
        assert "city" in body["content"][0]["input"]


async def test_structured_output_satisfies_the_schema(http: httpx.AsyncClient) -> None:
    config = {"format": {"type": "json_schema", "schema": SCHEMA}}
    body = (await post(http, "where?", output_config=config)).json()
    assert "city" in json.loads(body["content"][0]["text"])


async def test_a_refusal_says_why(http: httpx.AsyncClient) -> None:
    body = (await post(http, "x [[sim:fault refusal]]")).json()
    assert body["stop_reason"] == "refusal"
    assert body["stop_details"]["type"] == "refusal"


async def test_cached_tokens_are_not_counted_as_fresh(http: httpx.AsyncClient) -> None:
    usage = (await post(http, "x [[sim:usage in=1000 out=5 cached=400]]")).json()["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (600, 400, 5)


async def test_errors_have_the_vendors_body(http: httpx.AsyncClient) -> None:
    answer = await post(http, "hi [[sim:fault http_529]]")
    assert answer.status_code == 529
    assert answer.json()["error"]["type"] == "overloaded_error"
    assert answer.headers["request-id"]
    without_limit = {"model": "claude-haiku-5-5", "messages": []}
    assert (await http.post("/v1/messages", json=without_limit)).status_code == 400
    refused = await http.post("/v1/messages", json=message("hi"), headers={"x-api-key": "invalid-key"})
    assert refused.json()["error"]["type"] == "authentication_error"
