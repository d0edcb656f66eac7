"""The OpenAI chat-completions protocol: requests in, answers, stream events and errors out."""

import json
from collections.abc import Iterator
from typing import Any

from simulator.conversation import Answer, Finish, Question, Tool, Turn, Usage
from simulator.faults import Refusal
from simulator.model import pieces

_MODELS = ("gpt-6.1-sol", "gpt-6-luna", "gpt-5.4-mini", "gpt-4o", "gpt-4o-mini", "text-embedding-3-small")
_CREATED = 1_767_225_600
_DONE = b"data: [DONE]\n\n"
_FINISH = {
    Finish.STOP: "stop",
    Finish.LENGTH: "length",
    Finish.TOOL_CALLS: "tool_calls",
    Finish.REFUSAL: "stop",
    Finish.CONTENT_FILTER: "content_filter",
}


def read(body: dict[str, Any]) -> Question:
    """The question in a request body.

    Raises:
        KeyError, TypeError: if a required field is missing or of the wrong type.
    """
    messages = [_turn(message) for message in body["messages"]]
    _check_pairs(body["messages"])
    form = body.get("response_format") or {}
    choice = body.get("tool_choice")
    tools = tuple(
        Tool(tool["function"]["name"], tool["function"].get("parameters", {})) for tool in body.get("tools") or ()
    )
    return Question(
        model=body["model"],
        system="\n".join(turn.text for turn in messages if turn.role in ("system", "developer")),
        turns=tuple(turn for turn in messages if turn.role not in ("system", "developer")),
        schema=form["json_schema"]["schema"] if form.get("type") == "json_schema" else None,
        json_mode=form.get("type") == "json_object",
        tools=() if choice == "none" else tools,
        forced_tool=_forced(choice, tools),
        stream=bool(body.get("stream")),
        include_usage=bool((body.get("stream_options") or {}).get("include_usage")),
        max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
    )


def whole(answer: Answer, question: Question, call_id: str) -> dict[str, Any]:
    """The answer as one JSON object."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None, "annotations": []}
    if answer.finish is Finish.REFUSAL:
        message.update(content=None, refusal=answer.text)
    if answer.tool_calls:
        message["tool_calls"] = _tool_calls(answer, call_id)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _FINISH[answer.finish]}
    return {**_envelope("chat.completion", question, call_id), "choices": [choice], "usage": _usage(answer.usage)}


def stream(answer: Answer, question: Question, call_id: str) -> Iterator[bytes]:
    """The answer as server-sent events: role, deltas, finish reason, usage if asked for, `[DONE]`."""
    for delta in _deltas(answer, call_id):
        yield _chunk(question, call_id, [_choice(delta, None)])
    yield _chunk(question, call_id, [_choice({}, _FINISH[answer.finish])])
    if question.include_usage:
        yield _chunk(question, call_id, [], _usage(answer.usage))
    yield _DONE


def without_choices(answer: Answer, question: Question, call_id: str) -> Any:
    """An answer that has no choice: as a list of stream events, or as an object."""
    if not question.stream:
        return {**whole(answer, question, call_id), "choices": []}
    return [_chunk(question, call_id, [], _usage(answer.usage)), _DONE]


def stream_error() -> bytes:
    """An error that is reported in the middle of a stream."""
    error = {"message": "The server had an error while processing your request.", "type": "server_error"}
    return _event({"error": {**error, "param": None, "code": None}})


def error(refusal: Refusal, model: str) -> dict[str, Any]:
    """Body of an HTTP error."""
    kind, code, message = _ERRORS.get(refusal.reason, _ERRORS["server_error"])
    return {"error": {"message": message.format(model=model), "type": kind, "param": None, "code": code}}


def models() -> dict[str, Any]:
    """Answer of the list of models."""
    data = [{"id": name, "object": "model", "created": _CREATED, "owned_by": "simulator"} for name in _MODELS]
    return {"object": "list", "data": data}


def request_id_header() -> str:
    """Name of the header that carries the id of a call."""
    return "x-request-id"


def _deltas(answer: Answer, call_id: str) -> Iterator[dict[str, Any]]:
    refused = answer.finish is Finish.REFUSAL
    yield {"role": "assistant", "content": None if answer.tool_calls or refused else "", "refusal": None}
    for piece in pieces(answer.text):
        yield {"refusal" if refused else "content": piece}
    for index, call in enumerate(_tool_calls(answer, call_id)):
        function = call["function"]
        yield {"tool_calls": [{**call, "index": index, "function": {**function, "arguments": ""}}]}
        for piece in pieces(function["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _tool_calls(answer: Answer, call_id: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{call_id}_{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": call.text},
        }
        for index, call in enumerate(answer.tool_calls)
    ]


def _choice(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _chunk(question: Question, call_id: str, choices: list[Any], usage: dict[str, Any] | None = None) -> bytes:
    body = {**_envelope("chat.completion.chunk", question, call_id), "choices": choices}
    if question.include_usage:
        body["usage"] = usage
    return _event(body)


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def _envelope(kind: str, question: Question, call_id: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{call_id}",
        "object": kind,
        "created": _CREATED,
        "model": question.model,
        "service_tier": "default",
        "system_fingerprint": "fp_simulator",
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.tokens_in,
        "completion_tokens": usage.tokens_out,
        "total_tokens": usage.tokens_in + usage.tokens_out,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _turn(message: dict[str, Any]) -> Turn:
    calls = message.get("tool_calls") or ()
    text = text_of(message.get("content")) + "".join(call["function"]["arguments"] for call in calls)
    return Turn(message["role"], text, bool(calls))


def _check_pairs(messages: list[dict[str, Any]]) -> None:
    """Refuse what the vendor refuses: a tool call without an answer right after it, or an answer to no call."""
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            waiting.remove(message["tool_call_id"])
        elif waiting:
            raise ValueError(f"tool calls without an answer: {waiting}")
        waiting |= {call["id"] for call in message.get("tool_calls") or ()}
    if waiting:
        raise ValueError(f"tool calls without an answer: {waiting}")


def text_of(content: Any) -> str:
    """All text of a message; of an image or a file a word that it is there."""
    if isinstance(content, list):
        return "".join(part.get("text", f"[{part.get('type')}]") for part in content)
    return content or ""


def _forced(choice: Any, tools: tuple[Tool, ...]) -> str | None:
    if isinstance(choice, dict):
        return str(choice["function"]["name"])
    return tools[0].name if choice == "required" and tools else None


_ERRORS: dict[str, tuple[str, str | None, str]] = {
    "bad_request": ("invalid_request_error", None, "The request is not valid."),
    "bad_marker": ("invalid_request_error", "bad_marker", "The simulator does not understand a marker: {model}"),
    "context_too_long": (
        "invalid_request_error",
        "context_length_exceeded",
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 412345 tokens. "
        "Please reduce the length of the messages.",
    ),
    "too_large": ("invalid_request_error", "request_too_large", "The request is too large."),
    "unauthorized": ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-****."),
    "billing": ("billing_error", "billing_not_active", "Your account is not active."),
    "forbidden": ("invalid_request_error", "unsupported_country_region_territory", "Not allowed."),
    "unknown_model": (
        "invalid_request_error",
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
    ),
    "rate_limit": ("requests", "rate_limit_exceeded", "Rate limit reached for {model}. Please try again later."),
    "quota": ("insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
    "server_error": ("server_error", None, "The server had an error while processing your request."),
    "bad_gateway": ("server_error", None, "Bad gateway."),
    "unavailable": ("server_error", None, "The engine is currently overloaded, please try again later."),
    "overloaded": ("server_error", "overloaded", "Overloaded."),
}
