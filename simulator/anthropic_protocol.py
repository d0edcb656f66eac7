"""The Anthropic messages protocol: requests in, answers, stream events and errors out."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from simulator.conversation import Answer, Finish, Question, Tool, Turn, Usage
from simulator.faults import Refusal
from simulator.model import pieces

_FINISH = {
    Finish.STOP: "end_turn",
    Finish.LENGTH: "max_tokens",
    Finish.TOOL_CALLS: "tool_use",
    Finish.REFUSAL: "refusal",
    Finish.CONTENT_FILTER: "refusal",
}


def read(body: dict[str, Any]) -> Question:
    """The question in a request body.

    Raises:
        KeyError, TypeError, ValueError: if a required field is missing, of the wrong type, or of no sense.
    """
    _check_pairs(body["messages"])
    _check_tools(body)
    form = (body.get("output_config") or {}).get("format") or {}
    tools = tuple(Tool(tool["name"], tool.get("input_schema", {})) for tool in body.get("tools") or ())
    choice = body.get("tool_choice") or {}
    return Question(
        model=body["model"],
        system=_text(body.get("system")),
        turns=tuple(turn for message in body["messages"] for turn in _turns(message)),
        schema=form.get("schema"),
        tools=() if choice.get("type") == "none" else tools,
        forced_tool=_forced(choice, tools),
        stream=bool(body.get("stream")),
        include_usage=True,
        max_tokens=int(body["max_tokens"]),
        thinking=_checked_thinking(body),
        remembered="cache_control" in _last_block(body["messages"]),
    )


def whole(answer: Answer, question: Question, call_id: str) -> dict[str, Any]:
    """The answer as one JSON object."""
    content: list[dict[str, Any]] = [_thinking(answer.thought)] if answer.thought else []
    content += [{"type": "text", "text": answer.text}] if answer.text else []
    content += [_tool_use(answer, index, call_id, call.arguments) for index, call in enumerate(answer.tool_calls)]
    return {**_message(question, call_id, content, _usage(answer.usage)), **_stop(answer)}


def stream(answer: Answer, question: Question, call_id: str) -> Iterator[bytes]:
    """The answer as server-sent events, from `message_start` to `message_stop`."""
    started = {**_usage(answer.usage), "output_tokens": 1}
    yield _event("message_start", {"message": _message(question, call_id, [], started)})
    for number, block in enumerate(_blocks(answer, call_id)):
        start, kind, field, text = block
        yield _event("content_block_start", {"index": number, "content_block": start})
        if number == 0:
            yield _event("ping", {})
        for piece in pieces(text):
            yield _event("content_block_delta", {"index": number, "delta": {"type": kind, field: piece}})
        if kind == "thinking_delta":
            seal = {"type": "signature_delta", "signature": _seal(text)}
            yield _event("content_block_delta", {"index": number, "delta": seal})
        yield _event("content_block_stop", {"index": number})
    yield _event("message_delta", {"delta": _stop(answer), "usage": {"output_tokens": answer.usage.tokens_out}})
    yield _event("message_stop", {})


def without_choices(answer: Answer, question: Question, call_id: str) -> Any:
    """An answer without content: as a list of stream events, or as an object."""
    empty = Answer("", answer.usage)
    return list(stream(empty, question, call_id)) if question.stream else whole(empty, question, call_id)


def stream_error() -> bytes:
    """An error that is reported in the middle of a stream."""
    return _event("error", {"error": {"type": "overloaded_error", "message": "Overloaded"}})


def error(refusal: Refusal, model: str) -> dict[str, Any]:
    """Body of an HTTP error."""
    kind, message = _ERRORS.get(refusal.reason, _ERRORS["server_error"])
    detail = {"type": kind, "message": message.format(model=model)}
    return {"type": "error", "error": detail, "request_id": "req_simulator"}


def request_id_header() -> str:
    """Name of the header that carries the id of a call."""
    return "request-id"


def _blocks(answer: Answer, call_id: str) -> Iterator[tuple[dict[str, Any], str, str, str]]:
    """First event, delta type, delta field and text of every content block."""
    if answer.thought:
        yield {"type": "thinking", "thinking": "", "signature": ""}, "thinking_delta", "thinking", answer.thought
    if answer.text:
        yield {"type": "text", "text": ""}, "text_delta", "text", answer.text
    for index, call in enumerate(answer.tool_calls):
        start = _tool_use(answer, index, call_id, {})
        yield start, "input_json_delta", "partial_json", call.text


def _tool_use(answer: Answer, index: int, call_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    name = answer.tool_calls[index].name
    return {"type": "tool_use", "id": f"toolu_{call_id}_{index}", "name": name, "input": arguments}


def _stop(answer: Answer) -> dict[str, Any]:
    stop: dict[str, Any] = {"stop_reason": _FINISH[answer.finish], "stop_sequence": None}
    if answer.refused:
        stop["stop_details"] = {"type": "refusal", "category": "general_harms", "explanation": "Not allowed."}
    return stop


def _message(question: Question, call_id: str, content: list[dict[str, Any]], usage: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"msg_{call_id}",
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.tokens_in - usage.cached - usage.written,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.tokens_out,
        "service_tier": "standard",
    }


def _event(kind: str, body: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **body})}\n\n".encode()


def _turns(message: dict[str, Any]) -> Iterator[Turn]:
    """The turns of a message: answers of tools are turns of their own."""
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not blocks:
        raise ValueError("messages must have non-empty content")
    for block in blocks:
        if block["type"] == "text" and not block["text"].strip():
            raise ValueError("text content blocks must contain non-whitespace text")
    results = [block for block in blocks if block["type"] == "tool_result"]
    rest = [block for block in blocks if block["type"] != "tool_result"]
    yield from (Turn("tool", _text(block.get("content"))) for block in results)
    if rest:
        yield Turn(message["role"], _text(rest), any(block["type"] == "tool_use" for block in rest))


def _check_pairs(messages: list[dict[str, Any]]) -> None:
    """Refuse what the vendor refuses: calls that are not all answered at the beginning of the next message."""
    waiting: set[str] = set()
    for message in messages:
        blocks = message["content"] if isinstance(message["content"], list) else []
        answers = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if answers != waiting:
            raise ValueError(f"tool_use ids without tool_result, or the other way round: {answers ^ waiting}")
        waiting = {block["id"] for block in blocks if block["type"] == "tool_use"}
    if waiting:
        raise ValueError(f"tool_use ids without tool_result: {waiting}")


def _check_tools(body: dict[str, Any]) -> None:
    """Refuse, as the vendor does, a conversation with calls of tools in a request without tools."""
    contents = [message["content"] for message in body["messages"] if isinstance(message["content"], list)]
    if not body.get("tools") and any(block["type"] == "tool_use" for content in contents for block in content):
        raise ValueError("Requests which include `tool_use` or `tool_result` blocks must define tools")


def _checked_thinking(body: dict[str, Any]) -> bool:
    """Whether the model is to think; thoughts that were changed, or are missing where they must be, are refused."""
    kind = (body.get("thinking") or {}).get("type", "disabled")
    for message in body["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else ():
            if block["type"] == "thinking" and block["signature"] != _seal(block["thinking"]):
                raise ValueError("Invalid `signature` in `thinking` block")
    if kind == "enabled":
        if body["thinking"]["budget_tokens"] >= body["max_tokens"]:
            raise ValueError("`max_tokens` must be greater than `thinking.budget_tokens`")
        _check_first_thought(body["messages"])
    return bool(kind != "disabled")


def _check_first_thought(messages: list[dict[str, Any]]) -> None:
    """With a budget to think, a turn that called tools must come back with its thoughts."""
    last = next((message for message in reversed(messages) if message["role"] == "assistant"), None)
    blocks = last["content"] if last and isinstance(last["content"], list) else []
    if any(block["type"] == "tool_use" for block in blocks) and not blocks[0]["type"].endswith("thinking"):
        raise ValueError("Expected `thinking` or `redacted_thinking`, but found `tool_use`")


def _last_block(messages: list[dict[str, Any]]) -> dict[str, Any]:
    content = messages[-1]["content"]
    return content[-1] if isinstance(content, list) else {}


def _thinking(thought: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": thought, "signature": _seal(thought)}


def _seal(thought: str) -> str:
    return sha256(f"sealed {thought}".encode("utf-8", "surrogatepass")).hexdigest()


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(_block_text(block) for block in content)
    return content or ""


def _block_text(block: dict[str, Any]) -> str:
    if block.get("type") == "tool_use":
        return json.dumps(block["input"])
    return str(block.get("text", f"[{block.get('type')}]"))


def _forced(choice: dict[str, Any], tools: tuple[Tool, ...]) -> str | None:
    if choice.get("type") == "tool":
        return str(choice["name"])
    return tools[0].name if choice.get("type") == "any" and tools else None


_ERRORS: dict[str, tuple[str, str]] = {
    "bad_request": ("invalid_request_error", "The request is not valid."),
    "bad_marker": ("invalid_request_error", "The simulator does not understand a marker: {model}"),
    "context_too_long": ("invalid_request_error", "prompt is too long: 412345 tokens > 200000 maximum"),
    "too_large": ("request_too_large", "Request exceeds the maximum size"),
    "unauthorized": ("authentication_error", "invalid x-api-key"),
    "billing": ("billing_error", "Your credit balance is too low to access the Anthropic API."),
    "quota": ("billing_error", "Your credit balance is too low to access the Anthropic API."),
    "forbidden": ("permission_error", "Your API key does not have permission to use the specified resource."),
    "unknown_model": ("not_found_error", "model: {model}"),
    "rate_limit": ("rate_limit_error", "This request would exceed your organization's rate limit."),
    "server_error": ("api_error", "Internal server error"),
    "bad_gateway": ("api_error", "Bad gateway"),
    "unavailable": ("api_error", "Service unavailable"),
    "overloaded": ("overloaded_error", "Overloaded"),
}
