import json
from typing import Any

import httpx

from tests.simulator.conftest import chat

SCHEMA = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}


async def post(http: httpx.AsyncClient, prompt: str, **fields: Any) -> httpx.Response:
    return await http.post("/v1/chat/completions", json=chat(prompt, **fields))


async def events(http: httpx.AsyncClient, prompt: str, **fields: Any) -> list[Any]:
    text = (await post(http, prompt, stream=True, **fields)).text
    assert text.endswith("data: [DONE]\n\n")
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    return [json.loads(line) for line in lines if line != "[DONE]"]


async def test_a_whole_answer(http: httpx.AsyncClient) -> None:
    body = (await post(http, "hi [[sim:reply Hello Ada]]")).json()
    assert body["object"] == "chat.completion"
    [choice] = body["choices"]
    assert choice["message"]["content"] == "Hello Ada"
    assert choice["finish_reason"] == "stop"
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens"] == 3


async def test_a_stream_is_role_then_deltas_then_finish_then_usage(http: httpx.AsyncClient) -> None:
    *chunks, finish, usage = await events(
        http, "hi [[sim:reply One two three]]", stream_options={"include_usage": True}
    )
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert [chunk["choices"][0]["delta"]["content"] for chunk in chunks] == ["", "One", " two", " three"]
    assert all(chunk["choices"][0]["finish_reason"] is None for chunk in chunks)
    assert finish["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 4
    assert all(chunk["usage"] is None for chunk in (*chunks, finish))
    assert len({chunk["id"] for chunk in (*chunks, finish, usage)}) == 1


async def test_usage_is_streamed_only_if_asked_for(http: httpx.AsyncClient) -> None:
    assert all("usage" not in chunk for chunk in await events(http, "hi"))


async def test_tool_calls_whole_and_streamed(http: httpx.AsyncClient) -> None:
    prompt = '[[sim:tool weather {"city": "Oslo"}]] [[sim:tool weather {"city": "Rome"}]]'
    choice = (await post(http, prompt, tools=[TOOL])).json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert [json.loads(call["function"]["arguments"]) for call in choice["message"]["tool_calls"]] == [
        {"city": "Oslo"},
        {"city": "Rome"},
    ]
    arguments = {0: "", 1: ""}
    for chunk in await events(http, prompt, tools=[TOOL]):
        for call in chunk["choices"][0]["delta"].get("tool_calls", ()):
            arguments[call["index"]] += call["function"]["arguments"]
    assert [json.loads(text) for text in arguments.values()] == [{"city": "Oslo"}, {"city": "Rome"}]


async def test_a_forced_tool_is_called_with_data_of_its_shape(http: httpx.AsyncClient) -> None:
    for choice in ("required", {"type": "function", "function": {"name": "weather"}}):
        message = (await post(http, "go", tools=[TOOL], tool_choice=choice)).json()["choices"][0]["message"]
        assert "city" in json.loads(message["tool_calls"][0]["function"]["arguments"])


async def test_structured_output_satisfies_the_schema(http: httpx.AsyncClient) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}
    message = (await post(http, "where?", response_format=form)).json()["choices"][0]["message"]
    assert isinstance(json.loads(message["content"])["city"], str)


async def test_json_mode_gives_some_object(http: httpx.AsyncClient) -> None:
    message = (await post(http, "where?", response_format={"type": "json_object"})).json()["choices"][0]["message"]
    assert isinstance(json.loads(message["content"]), dict)


async def test_max_tokens_cuts_the_answer(http: httpx.AsyncClient) -> None:
    choice = (await post(http, "hi [[sim:reply one two three four]]", max_completion_tokens=2)).json()["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("length", "one two ")


async def test_content_parts_and_system_messages_are_read(http: httpx.AsyncClient) -> None:
    messages = [
        {"role": "system", "content": "[[sim:reply from the system]]"},
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
    ]
    body = (await http.post("/v1/chat/completions", json={"model": "gpt-4o", "messages": messages})).json()
    assert body["choices"][0]["message"]["content"] == "from the system"


async def test_errors_have_the_vendors_body(http: httpx.AsyncClient) -> None:
    answer = await post(http, "hi", model="gpt-does-not-exist")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    for body in (b"not json", b"[]", b"{}", b'{"model": "x", "messages": 5}'):
        assert (await http.post("/v1/chat/completions", content=body)).status_code == 400


async def test_an_invalid_key_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/chat/completions", json=chat("hi"), headers={"authorization": "Bearer invalid-key"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_models_and_health(http: httpx.AsyncClient) -> None:
    models = (await http.get("/v1/models")).json()
    assert models["object"] == "list"
    assert "gpt-4o" in [model["id"] for model in models["data"]]
    assert (await http.get("/healthz")).json() == {"status": "ok"}
