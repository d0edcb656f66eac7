"""Masks personal data in answers to callers without the right to see it: JSON, text, and server-sent events.

Only what a run, a person or a conversation holds is masked, not who decided or who a member is: values below the fields
of `DATA`. Pieces of a text that is just being written are left out, because what they form together is not known yet.
"""

import re
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response, StreamingResponse

from api.access.caller import Caller
from api.access.permissions import OPERATIONS, Permission
from schemas.masking import Mask

_OF_DATA: Final = frozenset(
    {
        Permission.RUNS_READ,
        Permission.RUNS_START,
        Permission.RUNS_STEER,
        Permission.APPROVALS_READ,
        Permission.APPROVALS_DECIDE,
    }
)
MASKED_OPERATIONS: Final = frozenset(
    {operation for operation, needed in OPERATIONS.items() if needed in _OF_DATA}
    | {"test_node", "run_draft", "test_agent", "list_hook_deliveries", "get_hook_delivery", "list_callbacks"}
    | {"preview_hook", "redeliver_hook_delivery", "try_connection_action"}
)
"""Operations whose answers hold data of runs."""

DATA: Final = frozenset(
    {
        *("input", "output", "error", "data", "payload", "final_payload", "body", "title", "show", "defaults"),
        *("message", "messages", "text", "content", "details", "context", "arguments", "value", "facts", "headers"),
        *("query", "reason", "items_preview", "left", "right", "changes", "snippet", "waiting", "subject", "question"),
        *(
            "summary",
            "handed_note",
            "outputs",
            "filter",
            "metadata",
            "fault",
            "citation",
            "heading",
            "delivery_id",
            "problem",
        ),
    }
)
"""Fields of answers that hold what people or systems wrote."""

_DELTA: Final = "step.delta"


def is_masked(operation: str, caller: object) -> bool:
    """Whether an answer may have to be masked for a caller."""
    return operation in MASKED_OPERATIONS and isinstance(caller, Caller) and not caller.may(Permission.PERSONAL_READ)


def masked_answer(answer: Response, mask: Mask) -> Response:
    """The answer with personal data masked."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip()
    if isinstance(answer, StreamingResponse | EventSourceResponse):
        answer.body_iterator = _masked_stream(answer.body_iterator, mask)
    elif kind.endswith("json") and answer.body:
        answer.body = orjson.dumps(masked_view(orjson.loads(answer.body), mask))
        answer.headers["content-length"] = str(len(answer.body))
    elif kind.startswith("text/") and answer.body:
        answer.body = mask.text(bytes(answer.body).decode("utf-8", "replace")).encode()
        answer.headers["content-length"] = str(len(answer.body))
    return answer


def masked_view(value: Any, mask: Mask) -> Any:
    """A JSON answer, masked where it holds data."""
    if isinstance(value, list):
        return [masked_view(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == _DELTA and isinstance(value.get("data"), dict):
        return {**value, "data": {**value["data"], "text": ""}}
    return {
        key: mask.value({key: item})[key] if key in DATA else masked_view(item, mask) for key, item in value.items()
    }


async def _masked_stream(parts: Any, mask: Mask) -> AsyncIterator[Any]:
    async for part in parts:
        if isinstance(part, ServerSentEvent):
            part.data = _masked_text(part.data, mask)
            yield part
        elif isinstance(part, dict):
            yield {**part, "data": _masked_text(part.get("data"), mask)}
        else:
            yield _masked_lines(part, mask)


def _masked_text(data: Any, mask: Mask) -> Any:
    if not isinstance(data, str):
        return data
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return mask.text(data)
    return orjson.dumps(masked_view(value, mask)).decode()


def _masked_lines(part: Any, mask: Mask) -> Any:
    """Lines of JSON, or of text, each by itself."""
    text = bytes(part).decode("utf-8", "replace") if isinstance(part, bytes | bytearray | memoryview) else str(part)
    return "".join(_masked_text(line, mask) if line.strip() else line for line in _LINES.split(text)).encode()


_LINES: Final = re.compile(r"(\r?\n)")
