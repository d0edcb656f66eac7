"""What a request may send: so many bytes and no more, however they are announced, and not compressed."""

from collections.abc import MutableMapping
from typing import Any, Final

from starlette.types import Receive

from api.errors import RequestError
from schemas.errors import ErrorCode
from schemas.limits import MAX_DOCUMENT_BYTES

MAX_BODY_BYTES: Final = MAX_DOCUMENT_BYTES + 64 * 1024
"""Largest request body: a document and the little that may stand around it."""


def bounded(receive: Receive, headers: dict[bytes, bytes]) -> Receive:
    """The body of a request, refused while it is read if it has more bytes than are allowed.

    Raises:
        RequestError: at once, `body_too_large` for an announced length, `unsupported_media_type` for a compressed body.
    """
    length = headers.get(b"content-length")
    if length is not None and (not length.isdigit() or int(length[:20]) > MAX_BODY_BYTES):
        raise _too_large()
    # A few compressed bytes can stand for gigabytes, so nothing is ever unpacked.
    if headers.get(b"content-encoding", b"").strip().lower() not in (b"", b"identity"):
        raise RequestError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body without a Content-Encoding.")
    if length == b"0" or (length is None and b"transfer-encoding" not in headers):
        return receive
    return _counted(receive)


def _counted(receive: Receive) -> Receive:
    seen = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return counted


def _too_large() -> RequestError:
    return RequestError(ErrorCode.BODY_TOO_LARGE, f"The body may have at most {MAX_BODY_BYTES} bytes.")
