"""JSON-RPC as the Model Context Protocol uses it."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from schemas.errors import ErrorCode, PerdureError

PROTOCOL: Final = "2025-06-18"
KNOWN: Final = frozenset({"2025-03-26", "2025-06-18", "2025-11-25"})
"""Versions that mean the same in all that we use."""

MAX_MESSAGE_BYTES: Final = 2_000_000


def request(number: int, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """A question."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}


def notification(method: str) -> dict[str, Any]:
    """Something that needs no answer."""
    return {"jsonrpc": "2.0", "method": method}


def result_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The result in an answer.

    Raises:
        PerdureError: `upstream_refused` with the error of the server, `upstream_failed` for what is no answer.
    """
    error = answer.get("error")
    if isinstance(error, dict):
        message = str(error.get("message") or "an error without a message")[:1_000]
        code = error.get("code")
        raise PerdureError(
            ErrorCode.UPSTREAM_REFUSED, f"The MCP server refuses it: {message}", details={"rpc_code": code}
        )
    result = answer.get("result")
    if not isinstance(result, dict):
        raise no_answer()
    return result


def no_answer() -> PerdureError:
    """The error of a server that says something else than the protocol has."""
    return PerdureError(ErrorCode.UPSTREAM_FAILED, "The MCP server answered something that is no message of MCP.")


def parsed(data: bytes | str) -> Any:
    """JSON, or nothing if it is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def answer_in(message: Any, number: int) -> dict[str, Any] | None:
    """The answer to a question, in a message or in a list of them."""
    for one in message if isinstance(message, list) else [message]:
        if isinstance(one, dict) and one.get("id") == number and ("result" in one or "error" in one):
            return one
    return None


def events(body: bytes) -> Iterator[bytes]:
    """Data of every complete event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    text = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for block in text.split(b"\n\n")[:-1]:
        lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")]
        if lines:
            yield b"\n".join(lines)


def streamed_answer(body: bytes, number: int) -> dict[str, Any] | None:
    """The answer to a question in a stream, if it has come."""
    for data in events(body):
        if (found := answer_in(parsed(data), number)) is not None:
            return found
    return None
