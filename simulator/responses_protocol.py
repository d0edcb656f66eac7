"""The OpenAI responses protocol: requests in, answers, stream events and errors out."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from simulator import openai_protocol
from simulator.conversation import Answer, Finish, Question, Tool, Turn, Usage
from simulator.faults import Refusal
from simulator.model import pieces

_CREATED = 1_767_225_600
_INCOMPLETE = {Finish.LENGTH: "max_output_tokens", Finish.CONTENT_FILTER: "content_filter"}


def read(body: dict[str, Any]) -> Question:
    """The question in a request body.

    Raises:
        KeyError, TypeError, ValueError: if a required field is missing, of the wrong type, or of no sense.
    """
    items = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
    _check_pairs(items)
    turns = _merged(turn for item in items for turn in _turns(item))
    form = (body.get("text") or {}).get("format") or {}
    tools = tuple(Tool(tool["name"], tool.get("parameters") or {}) for tool in body.get("tools") or ())
    told = (turn.text for turn in turns if turn.role in ("system", "developer"))
    return Question(
        model=body["model"],
        system="\n".join((body.get("instructions") or "", *told)).strip("\n"),
        turns=tuple(turn for turn in turns if turn.role not in ("system", "developer")),
        schema=form.get("schema") if form.get("type") == "json_schema" else None,
        json_mode=form.get("type") == "json_object",
        tools=() if body.get("tool_choice") == "none" else tools,
        forced_tool=_forced(body.get("tool_choice"), tools),
        stream=bool(body.get("stream")),
        include_usage=True,
        max_tokens=body.get("max_output_tokens"),
        thinking="reasoning" in body,
    )


def whole(answer: Answer, question: Question, call_id: str) -> dict[str, Any]:
    """The answer as one JSON object."""
    reason = _INCOMPLETE.get(answer.finish)
    return {
        **_envelope(question, call_id),
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "output": list(_items(answer, call_id)),
        "usage": _usage(answer.usage),
    }


def stream(answer: Answer, question: Question, call_id: str) -> Iterator[bytes]:
    """The answer as server-sent events, from `response.created` to the response as a whole."""
    numbers = count()
    yield _event(numbers, "response.created", {"response": _envelope(question, call_id)})
    for index, item in enumerate(_items(answer, call_id)):
        yield _event(numbers, "response.output_item.added", {"output_index": index, "item": _begun(item)})
        for kind, fields in _deltas(item):
            place = {"item_id": item["id"], "output_index": index}
            yield _event(numbers, kind, {**place, **fields})
        yield _event(numbers, "response.output_item.done", {"output_index": index, "item": item})
    body = whole(answer, question, call_id)
    yield _event(numbers, f"response.{body['status']}", {"response": body})


def without_choices(answer: Answer, question: Question, call_id: str) -> Any:
    """An answer without output: as a list of stream events, or as an object."""
    empty = Answer("", answer.usage)
    return list(stream(empty, question, call_id)) if question.stream else whole(empty, question, call_id)


def stream_error() -> bytes:
    """An error that is reported in the middle of a stream."""
    error = {"code": "server_error", "message": "The server had an error while processing your request.", "param": None}
    return _event(count(), "error", error)


def error(refusal: Refusal, model: str) -> dict[str, Any]:
    """Body of an HTTP error."""
    return openai_protocol.error(refusal, model)


def request_id_header() -> str:
    """Name of the header that carries the id of a call."""
    return "x-request-id"


def _items(answer: Answer, call_id: str) -> Iterator[dict[str, Any]]:
    """What the answer consists of."""
    if answer.thought:
        sealed = b64encode(answer.thought.encode("utf-8", "surrogatepass")).decode()
        summary = [{"type": "summary_text", "text": answer.thought}]
        yield {"type": "reasoning", "id": f"rs_{call_id}", "summary": summary, "encrypted_content": sealed}
    if answer.text:
        part: dict[str, Any] = {"type": "output_text", "text": answer.text, "annotations": []}
        if answer.finish is Finish.REFUSAL:
            part = {"type": "refusal", "refusal": answer.text}
        ended = "incomplete" if answer.finish in _INCOMPLETE else "completed"
        yield {"type": "message", "id": f"msg_{call_id}", "role": "assistant", "status": ended, "content": [part]}
    for index, call in enumerate(answer.tool_calls):
        ids = {"id": f"fc_{call_id}_{index}", "call_id": f"call_{call_id}_{index}"}
        yield {"type": "function_call", **ids, "name": call.name, "arguments": call.text, "status": "completed"}


def _begun(item: dict[str, Any]) -> dict[str, Any]:
    """The item before anything of it was said."""
    empty: dict[str, dict[str, Any]] = {
        "message": {"content": []},
        "function_call": {"arguments": ""},
        "reasoning": {"summary": []},
    }
    begun = {**item, **empty[item["type"]]}
    return begun if item["type"] == "reasoning" else {**begun, "status": "in_progress"}


def _deltas(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if item["type"] == "function_call":
        for piece in pieces(item["arguments"]):
            yield "response.function_call_arguments.delta", {"delta": piece}
    elif item["type"] == "reasoning":
        for piece in pieces(item["summary"][0]["text"]):
            yield "response.reasoning_summary_text.delta", {"summary_index": 0, "delta": piece}
    else:
        [part] = item["content"]
        kind = "response.refusal.delta" if part["type"] == "refusal" else "response.output_text.delta"
        for piece in pieces(part.get("text") or part["refusal"]):
            yield kind, {"content_index": 0, "delta": piece, "logprobs": []}


def _envelope(question: Question, call_id: str) -> dict[str, Any]:
    return {
        "id": f"resp_{call_id}",
        "object": "response",
        "created_at": _CREATED,
        "status": "in_progress",
        "model": question.model,
        "output": [],
        "error": None,
        "incomplete_details": None,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.tokens_in,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.tokens_out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.tokens_in + usage.tokens_out,
    }


def _event(numbers: Iterator[int], kind: str, body: dict[str, Any]) -> bytes:
    told = {"type": kind, "sequence_number": next(numbers), **body}
    return f"event: {kind}\ndata: {json.dumps(told)}\n\n".encode()


def _turns(item: dict[str, Any]) -> Iterator[Turn]:
    kind = item.get("type", "message")
    if kind == "message":
        yield Turn(item["role"], openai_protocol.text_of(item["content"]))
    elif kind == "function_call":
        yield Turn("assistant", item["arguments"], calls=True)
    elif kind == "function_call_output":
        yield Turn("tool", openai_protocol.text_of(item["output"]))
    elif kind == "reasoning":
        # Only what was sealed here can be opened here.
        b64decode(item["encrypted_content"], validate=True).decode("utf-8", "surrogatepass")


def _merged(turns: Iterable[Turn]) -> list[Turn]:
    """Turns; the items of one answer are one of them."""
    found: list[Turn] = []
    for turn in turns:
        if found and found[-1].role == turn.role == "assistant":
            last = found.pop()
            found.append(Turn("assistant", last.text + turn.text, last.calls or turn.calls))
        else:
            found.append(turn)
    return found


def _check_pairs(items: list[dict[str, Any]]) -> None:
    called = {item["call_id"] for item in items if item.get("type") == "function_call"}
    answered = {item["call_id"] for item in items if item.get("type") == "function_call_output"}
    if called != answered:
        raise ValueError(f"function calls without an output, or the other way round: {called ^ answered}")


def _forced(choice: Any, tools: tuple[Tool, ...]) -> str | None:
    if isinstance(choice, dict):
        return str(choice["name"])
    return tools[0].name if choice == "required" and tools else None
