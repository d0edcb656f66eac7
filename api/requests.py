"""How requests are read: strict JSON bodies, ids in paths, idempotency keys, cursors."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.access.caller import authorize, caller_of
from api.errors import RequestError, not_found
from api.json_text import parse_json
from api.limits.limiter import count_call
from api.privacy.masking import is_masked, masked_answer
from api.privacy.masks import Masks
from schemas.errors import ErrorCode, PerdureError

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Sending the same request again under the same key has no further effect and the same answer.",
    ),
]

Limit = Annotated[int, Query(ge=1, le=200, description="Size of a page.")]

Cursor = Annotated[str | None, Query(max_length=2_000, description="`next_cursor` of the page before.")]

MAX_FIELDS: Final = 1_000
"""Fields of the outermost object of a body."""


class StrictRequest(Request):
    """A request whose JSON body is read strictly."""

    async def json(self) -> Any:
        """The body.

        Raises:
            RequestError: if it is not strict JSON.
        """
        if not hasattr(self, "_strict_json"):
            self._strict_json = _bounded(parse_json(await self.body()))
        return self._strict_json


def _bounded(value: Any) -> Any:
    """Refuse an object with more fields than any body has: each unknown one would be an error of its own."""
    if isinstance(value, dict) and len(value) > MAX_FIELDS:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"The body has {len(value):,} fields; none needs so many.")
    return value


class StrictRoute(APIRoute):
    """A route that asks the permission matrix first, and then reads its body strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See base class."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            count_call(request.scope, str(self.operation_id))
            authorize(request.scope, str(self.operation_id))
            _require_text(request)
            if self.body_field is not None:
                _require_json(request)
            try:
                answer = await handle(StrictRequest(request.scope, request.receive))
            except HTTPException as error:
                # FastAPI hides what reading the body raised behind a text of its own.
                if isinstance(error.__cause__, PerdureError):
                    raise error.__cause__ from None
                raise
            return await _masked(request, str(self.operation_id), answer)

        return strict


async def _masked(request: Request, operation: str, answer: Response) -> Response:
    """The answer without personal data, if the workspace masks it and the caller may not see it."""
    if not is_masked(operation, request.scope.get("caller")):
        return answer
    masks: Masks = request.app.state.masks
    mask = await masks.of(caller_of(request.scope).workspace_id)
    return answer if mask is None else masked_answer(answer, mask)


def router(tag: str) -> APIRouter:
    """A router for one feature."""
    return APIRouter(tags=[tag], route_class=StrictRoute)


def _require_text(request: Request) -> None:
    """Refuse a query that holds a NUL, which no text in the database can.

    Raises:
        RequestError: `invalid_text`.
    """
    if b"%00" in request.scope["query_string"]:
        raise RequestError(ErrorCode.INVALID_TEXT, "The query holds a NUL character (%00); remove it.")


def _require_json(request: Request) -> None:
    """Refuse a body of another type before it is read.

    Raises:
        RequestError: `unsupported_media_type`.
    """
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise RequestError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")


def parse_id(what: str, text: str) -> UUID:
    """An id from a path. A malformed one is answered like one that is not there.

    Raises:
        RequestError: `not_found`.
    """
    try:
        return UUID(text)
    except ValueError:
        raise not_found(what, text) from None


def fingerprint(value: Any) -> str:
    """Hash of a JSON value: equal for equal requests, however they were written."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def encode_cursor(*parts: str) -> str:
    """Where a page ends, as text that means nothing to the caller."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def decode_cursor(cursor: str, count: int) -> list[str]:
    """The parts of a cursor.

    Raises:
        RequestError: if it is not one of ours.
    """
    try:
        parts = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        parts = None
    if isinstance(parts, list) and len(parts) == count and all(isinstance(part, str) for part in parts):
        return parts
    raise bad_cursor()


def decode_moment_cursor(cursor: str) -> tuple[datetime, UUID]:
    """A cursor of a list that is ordered by time and id.

    Raises:
        RequestError: if it is not one of ours.
    """
    at, identity = decode_cursor(cursor, 2)
    try:
        return parse_moment(at), UUID(identity)
    except ValueError:
        raise bad_cursor() from None


def parse_moment(text: str) -> datetime:
    """A time of a cursor.

    Raises:
        RequestError: if it is none.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise bad_cursor() from None
    if at.tzinfo is None:
        raise bad_cursor()
    return at


def bad_cursor() -> RequestError:
    """The answer to a cursor that this API did not give out."""
    return RequestError(ErrorCode.INVALID_REQUEST, "The cursor is not valid; use `next_cursor` of the page before.")
