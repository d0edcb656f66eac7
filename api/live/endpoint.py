"""The WebSocket endpoint `/v1/live`: who may connect at all."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from prometheus_client import Gauge
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.access.caller import Caller
from api.cors import Cors
from api.live.connection import CloseCode, ClosingError, Connection, Timing
from api.live.feed import LiveFeed
from api.services import Services
from db.faults import is_outage

logger = logging.getLogger(__name__)

PATH: Final = "/v1/live"
PROTOCOL: Final = "perdure.v1"
"""Offered by clients beside `bearer.<token>`; the answer names this one, so that the token is never sent back."""

MAX_CONNECTIONS: Final = 2_000
"""Per process."""

_BEARER: Final = "bearer."
_MAX_REASON_BYTES: Final = 120
"""A close frame holds 123."""

CONNECTIONS: Final = Gauge("perdure_live_connections", "Open connections of /v1/live.")

Authenticate = Callable[[Scope], Awaitable[Caller | None]]


class LiveEndpoint:
    """ASGI application of the endpoint.

    Args:
        services: Where changes come from.
        authenticate: Gives the caller of a request.
        cors: Which pages from elsewhere may connect.
    """

    def __init__(self, services: Services, authenticate: Authenticate, cors: Cors) -> None:
        self._services = services
        self._authenticate = authenticate
        self._cors = cors
        self._feed: LiveFeed | None = None
        self._open = 0
        self.timing = Timing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        socket = WebSocket(scope, receive, send)
        scope["request_id"] = uuid4().hex
        if not self._is_welcome(socket):
            await socket.close()  # before it is accepted: the handshake is answered by 403
            return
        offered: list[str] = scope.get("subprotocols") or []
        await socket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
        self._open += 1
        try:
            with CONNECTIONS.track_inprogress():
                await self._serve(socket, next((one for one in offered if one.startswith(_BEARER)), None))
        finally:
            self._open -= 1

    def _is_welcome(self, socket: WebSocket) -> bool:
        """Browsers say where a page is from, and send that page's cookies or not; other clients say nothing."""
        origin = socket.headers.get("origin")
        if origin is None or self._cors.allows(origin.encode("latin-1")):
            return True
        here = f"{'https' if socket.url.scheme == 'wss' else 'http'}://{socket.headers.get('host', '')}"
        return bool(urlsplit(origin).netloc) and origin.lower() == here.lower()

    async def _serve(self, socket: WebSocket, offered_token: str | None) -> None:
        token = None if offered_token is None else offered_token.removeprefix(_BEARER)
        try:
            if self._open > MAX_CONNECTIONS:
                raise ClosingError(CloseCode.TRY_AGAIN_LATER, "this server has too many connections")
            await Connection(socket, self._live_feed(), self._token_check(socket.scope), self.timing).serve(token)
        except WebSocketDisconnect:
            pass
        except ClosingError as closing:
            await _close(socket, closing.code, closing.reason)
        except Exception as error:
            if not is_outage(error):
                logger.exception("live connection %s failed", socket.scope["request_id"])
            await _close(socket, CloseCode.TRY_AGAIN_LATER, "something went wrong on our side")

    def _token_check(self, scope: Scope) -> Callable[[str], Awaitable[Caller | None]]:
        async def check(token: str) -> Caller | None:
            header = (b"authorization", b"Bearer " + token.encode("utf-8", "replace"))
            return await self._authenticate({**scope, "headers": [header]})

        return check

    def _live_feed(self) -> LiveFeed:
        if self._feed is None:
            self._feed = LiveFeed(self._services.database, self._services.events)
        return self._feed


async def _close(socket: WebSocket, code: CloseCode, reason: str) -> None:
    cut = reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
    try:
        await socket.close(code, cut)
    except (RuntimeError, WebSocketDisconnect):
        logger.debug("the other side was faster")
