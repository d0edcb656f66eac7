"""Entity tags: a JSON answer to a GET gets the hash of its bytes, and a caller who has it already gets a 304."""

import hashlib
from typing import Final

from starlette.types import Message, Send

MAX_TAGGED_BYTES: Final = 1024 * 1024
"""Answers beyond it are not held back to be hashed."""

_NOT_WITH_304: Final = (b"content-length", b"content-type")


class Tagging:
    """Passes an answer on; one whose length is announced and small is held back until it is complete.

    Args:
        send: Where the answer goes.
        known: `If-None-Match` of the request.
    """

    def __init__(self, send: Send, known: bytes | None) -> None:
        self._send = send
        self._known = known
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start" and _can_be_tagged(message):
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            if not message.get("more_body", False):
                start, message = _tagged(start, message, self._known)
            await self._send(start)
        await self._send(message)


def _can_be_tagged(start: Message) -> bool:
    headers = {name.lower(): value for name, value in start.get("headers", ())}
    length = headers.get(b"content-length", b"")
    is_json = headers.get(b"content-type", b"").startswith(b"application/json")
    return start["status"] == 200 and is_json and length.isdigit() and int(length) <= MAX_TAGGED_BYTES


def _tagged(start: Message, body: Message, known: bytes | None) -> tuple[Message, Message]:
    headers = list(start["headers"])
    # A resource with a revision has a tag of its own, which its writers send back in If-Match.
    tag = next((value for name, value in headers if name.lower() == b"etag"), None)
    if tag is None:
        tag = b'"' + hashlib.blake2b(body.get("body", b""), digest_size=16).hexdigest().encode() + b'"'
        headers.append((b"etag", tag))
    if known is None or not _matches(known, tag):
        return {**start, "headers": headers}, body
    kept = [header for header in headers if header[0].lower() not in _NOT_WITH_304]
    return {**start, "status": 304, "headers": kept}, {**body, "body": b""}


def _matches(known: bytes, tag: bytes) -> bool:
    """RFC 9110, 13.1.2: compared weakly."""
    return known.strip() == b"*" or tag in {one.strip().removeprefix(b"W/") for one in known.split(b",")}
