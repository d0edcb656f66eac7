"""What stands before every request: its id, the token, the size of the body; and the last net for exceptions."""

import hmac
import logging
import re
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import RequestError, describe, extra_headers, problem_response
from db.faults import is_outage, translate, unavailable
from schemas.errors import ErrorCode, PerdureError
from schemas.limits import MAX_DOCUMENT_BYTES

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = MAX_DOCUMENT_BYTES + 64 * 1024
"""Largest request body: a document and the little that may stand around it."""

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Paths that answer without a token."""

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Gate:
    """ASGI middleware; plain, because it is on the path of every request."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = b"Bearer " + token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        identity = _identity(headers)
        scope["request_id"] = identity
        answer = _Answer(send, identity)
        try:
            self._check_token(scope["path"], headers)
            receive = await _bounded(receive, headers)
            await self._app(scope, receive, answer)
        except Exception as error:
            if answer.started:
                raise
            known = _known(error)
            if known is None:
                logger.exception("request %s failed: %s %s", identity, scope["method"], scope["path"])
                known = PerdureError(ErrorCode.INTERNAL, "Something went wrong on our side.")
            await problem_response(describe(known, identity), extra_headers(known))(scope, receive, answer)

    def _check_token(self, path: str, headers: dict[bytes, bytes]) -> None:
        given = headers.get(b"authorization", b"")
        # compare_digest: the time of the comparison must not tell how much of a guess was right.
        if path not in OPEN_PATHS and not hmac.compare_digest(given, self._expected):
            raise PerdureError(ErrorCode.UNAUTHENTICATED, "Send the header 'Authorization: Bearer <token>'.")


class _Answer:
    """Passes an answer on and adds the id of the request."""

    def __init__(self, send: Send, identity: str) -> None:
        self._send = send
        self._header = (b"x-request-id", identity.encode())
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = [*message.get("headers", ()), self._header]
        await self._send(message)


def _identity(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _SANE_ID.fullmatch(given) else uuid4().hex


def _known(error: Exception) -> PerdureError | None:
    """Our own error for an exception that is nobody's bug."""
    if isinstance(error, PerdureError):
        return error
    away = is_outage(error) or isinstance(error, PoolTimeoutError)
    return translate(error) or (unavailable() if away else None)


async def _bounded(receive: Receive, headers: dict[bytes, bytes]) -> Receive:
    """Refuse a body that is too large: by its announced length, or by counting if none is announced."""
    if (length := headers.get(b"content-length")) is not None:
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            raise _too_large()
        return receive
    if b"transfer-encoding" not in headers:
        return receive
    return _replay(await _read(receive), receive)


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> MutableMapping[str, Any]:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _too_large() -> RequestError:
    return RequestError(ErrorCode.BODY_TOO_LARGE, f"The body may have at most {MAX_BODY_BYTES} bytes.")
