"""What stands before every request: its id, the caller, the size of the body; and the last net for exceptions."""

import logging
import re
from functools import partial
from typing import Final
from uuid import uuid4

from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.authentication import Authenticator
from api.access.open_streams import Watched
from api.bodies import bounded
from api.cors import Cors
from api.errors import describe, extra_headers, problem_response
from api.etags import Tagging
from api.headers import Header, merged, protective_headers
from api.limits.limiter import Limiter
from db.faults import is_outage, translate, unavailable
from schemas.errors import ErrorCode, PerdureError

logger = logging.getLogger(__name__)

Headers = dict[bytes, bytes]

_SANE_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Gate:
    """ASGI middleware; plain, because it is on the path of every request.

    Args:
        app: What stands behind.
        authenticate: Gives the caller of a request, or nothing.
        cors: Which web pages may call.
        limiter: Counts the requests of each caller.
    """

    def __init__(self, app: ASGIApp, authenticate: Authenticator, cors: Cors, limiter: Limiter) -> None:
        self._app = app
        self._limiter = limiter
        self._authenticate = authenticate
        self._cors = cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: Headers = dict(scope["headers"])
        identity = _identity(headers)
        scope["request_id"] = identity
        answer = _Answer(send, [*protective_headers(scope), (b"x-request-id", identity.encode())])
        answer.forced.extend(self._cors.headers(headers.get(b"origin")))
        try:
            await self._handle(scope, headers, receive, answer)
        except Exception as error:
            if answer.started:
                raise
            known = _known(error)
            if known is None:
                logger.exception("request %s failed: %s %s", identity, scope["method"], scope["path"])
                known = PerdureError(ErrorCode.INTERNAL, "Something went wrong on our side.")
            await problem_response(describe(known, identity), extra_headers(known))(scope, receive, answer)

    async def _handle(self, scope: Scope, headers: Headers, receive: Receive, answer: "_Answer") -> None:
        if (allowed := self._cors.preflight(scope, headers)) is not None:
            answer.forced.extend(allowed)
            await Response(status_code=204)(scope, receive, answer)
            return
        caller = await self._authenticate(scope)
        scope["caller"] = caller
        self._limiter.count_request(scope, answer.forced)
        send: Send = (
            answer if caller is None else Watched(answer, partial(self._authenticate.still_known, scope, caller))
        )
        if scope["method"] == "GET":
            send = Tagging(send, headers.get(b"if-none-match"))
        await self._app(scope, bounded(receive, headers), send)


class _Answer:
    """Passes an answer on with the headers that every answer has."""

    def __init__(self, send: Send, forced: list[Header]) -> None:
        self._send = send
        self.forced = forced
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = merged(message.get("headers", ()), self.forced)
        await self._send(message)


def _identity(headers: Headers) -> str:
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _SANE_ID.fullmatch(given) else uuid4().hex


def _known(error: Exception) -> PerdureError | None:
    """Our own error for an exception that is nobody's bug."""
    if isinstance(error, PerdureError):
        return error
    away = is_outage(error) or isinstance(error, PoolTimeoutError)
    return translate(error) or (unavailable() if away else None)
