"""One connection of `/v1/live`: who it is, what it asks for, what it is told, and why it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.access.caller import Caller
from api.access.permissions import SUBSCRIPTIONS
from api.live.feed import LiveFeed
from api.live.messages import (
    REQUESTS,
    Authenticate,
    Heartbeat,
    Ready,
    Refused,
    Subscribe,
    SubscribeApprovals,
    Subscribed,
    SubscribeRun,
    SubscribeWorkflow,
    Unsubscribe,
    Unsubscribed,
)
from api.live.news import Change
from api.live.subscriptions import MAX_SUBSCRIPTIONS, Subscriptions
from schemas.errors import ErrorCode

MAX_MESSAGE_CHARS: Final = 8_192

AuthenticateToken = Callable[[str], Awaitable[Caller | None]]


class CloseCode(IntEnum):
    """Why a connection was closed; those above 4000 are ours."""

    TRY_AGAIN_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHENTICATED = 4401
    TOO_SLOW = 4408


class ClosingError(Exception):
    """The connection must be closed."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Timing:
    """Seconds."""

    authenticate: float = 10.0
    """Until the first message with a token."""
    recheck: float = 15.0
    """Between two looks at whether the token is still valid."""
    heartbeat: float = 20.0
    send: float = 10.0
    """Until a message that is not taken ends the connection."""


class Connection:
    """A connection that was accepted.

    Args:
        socket: The other side.
        feed: Where changes come from.
        authenticate: Gives the caller of a token, or nothing.
        timing: How long things may take.
    """

    def __init__(self, socket: WebSocket, feed: LiveFeed, authenticate: AuthenticateToken, timing: Timing) -> None:
        self._socket = socket
        self._feed = feed
        self._authenticate = authenticate
        self._timing = timing
        self._subscriptions = Subscriptions()
        self._sending = asyncio.Lock()

    async def serve(self, token: str | None) -> None:
        """Talk until somebody ends it.

        Args:
            token: Sent with the handshake; else the first message has it.

        Raises:
            ClosingError: It must be closed.
            WebSocketDisconnect: The other side has left.
        """
        if token is None:
            token = await self._first_token()
        self._token, self._caller = token, await self._caller_of(token)
        ready = Ready(workspace_id=self._caller.workspace_id, heartbeat_seconds=self._timing.heartbeat)
        await self._send(ready)
        with self._feed.attached(self._caller.workspace_id, self._subscriptions):
            await _first_to_end(self._listen(), self._tell(), self._beat(), self._watch_permission())

    async def _first_token(self) -> str:
        try:
            async with asyncio.timeout(self._timing.authenticate):
                message = await self._receive()
        except TimeoutError:
            raise ClosingError(CloseCode.UNAUTHENTICATED, "no token came") from None
        if not isinstance(message, Authenticate):
            raise ClosingError(CloseCode.UNAUTHENTICATED, "the first message must have the type authenticate")
        return message.token

    async def _caller_of(self, token: str) -> Caller:
        caller = await self._authenticate(token)
        if caller is None:
            raise ClosingError(CloseCode.UNAUTHENTICATED, "the token is not valid, or not any more")
        return caller

    # What the client says

    async def _listen(self) -> None:
        while True:
            message = await self._receive()
            if isinstance(message, Authenticate):
                await self._renew(message.token)
            elif isinstance(message, Unsubscribe):
                self._subscriptions.remove(message.id)
                await self._send(Unsubscribed(id=message.id))
            else:
                await self._subscribe(message)

    async def _receive(self) -> Authenticate | Subscribe | Unsubscribe:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text = received.get("text")
        if text is None or len(text) > MAX_MESSAGE_CHARS:
            raise ClosingError(CloseCode.BAD_MESSAGE, f"a message is text of at most {MAX_MESSAGE_CHARS} characters")
        try:
            return REQUESTS.validate_json(text)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, fault["loc"]))
            raise ClosingError(CloseCode.BAD_MESSAGE, f"{where}: {fault['msg']}" if where else fault["msg"]) from None

    async def _renew(self, token: str) -> None:
        fresh = await self._caller_of(token)
        if (fresh.workspace_id, fresh.id) != (self._caller.workspace_id, self._caller.id):
            raise ClosingError(CloseCode.UNAUTHENTICATED, "the token is of somebody else")
        self._token, self._caller = token, fresh

    async def _subscribe(self, wanted: Subscribe) -> None:
        refused = self._refusal(wanted.id, wanted.topic)
        if refused is None and len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            message = f"A connection may follow {MAX_SUBSCRIPTIONS} things; end another subscription first."
            refused = Refused(id=wanted.id, code=ErrorCode.QUOTA_EXCEEDED, message=message)
        if refused is None:
            # First the subscription, then the present state: what changes in between is told rather than missed.
            self._subscriptions.add(wanted)
            refused = await self._offer_present(wanted)
        if refused is not None:
            self._subscriptions.remove(wanted.id)
            await self._send(refused)

    async def _offer_present(self, wanted: Subscribe) -> Refused | None:
        workspace_id = self._caller.workspace_id
        present: Change | None = None
        if isinstance(wanted, SubscribeRun):
            if (run := await self._feed.run(workspace_id, wanted.run_id)) is None:
                return _not_there(wanted.id, f"run {str(wanted.run_id)!r}")
            present = Change.of_run(run)
        elif isinstance(wanted, SubscribeWorkflow):
            if not await self._feed.has_workflow(workspace_id, wanted.workflow):
                return _not_there(wanted.id, f"workflow {wanted.workflow!r}")
        elif isinstance(wanted, SubscribeApprovals):
            present = Change.of_count(await self._feed.pending(workspace_id))
        await self._send(Subscribed(id=wanted.id))
        if present is not None:
            self._subscriptions.offer(present)
        return None

    def _refusal(self, name: str, topic: str) -> Refused | None:
        needed = SUBSCRIPTIONS[topic]
        if self._caller.may(needed):
            return None
        return Refused(id=name, code=ErrorCode.FORBIDDEN, message=f"This needs the permission {needed}.")

    # What the client is told

    async def _tell(self) -> None:
        while True:
            await self._subscriptions.something.wait()
            for change in self._subscriptions.take():
                await self._send_text(change.text)
            if self._subscriptions.overflown:
                raise ClosingError(CloseCode.TOO_SLOW, "changes came faster than they were read")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._timing.heartbeat)
            await self._send(Heartbeat())

    async def _watch_permission(self) -> None:
        """A session that was ended, a key that was revoked or a role that was taken away has effect here too."""
        while True:
            await asyncio.sleep(self._timing.recheck)
            await self._renew(self._token)
            for name, topic in self._subscriptions.topics.items():
                if (refused := self._refusal(name, topic)) is not None:
                    self._subscriptions.remove(name)
                    await self._send(refused)

    async def _send(self, message: BaseModel) -> None:
        await self._send_text(message.model_dump_json())

    async def _send_text(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._timing.send), self._sending:
                await self._socket.send_text(text)
        except TimeoutError:
            raise ClosingError(CloseCode.TOO_SLOW, "a message was not taken in time") from None
        except RuntimeError:  # Starlette's, if the other side has left meanwhile
            raise WebSocketDisconnect from None


def _not_there(name: str, what: str) -> Refused:
    return Refused(id=name, code=ErrorCode.NOT_FOUND, message=f"There is no {what}.")


async def _first_to_end(*parts: Awaitable[None]) -> None:
    """Run all parts until the first one ends with an exception, and raise that."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
