"""`POST /hooks/<address>`: what the world outside sends. It is refused as a whole, or certain to have its effect."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import undefer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.access.authentication import client_address
from api.errors import describe, extra_headers, not_found, problem_response, request_id
from api.hooks.answers import answer_in_time
from api.hooks.bodies import parse_body, read_bytes
from api.hooks.secrets import read_secrets
from api.hooks.service import delivery_id_of
from api.limits.buckets import Buckets
from api.limits.limiter import network_of
from api.services import Services
from db import rates
from db.hook_keys import HookKey
from db.tables import Hook
from engine.hook_runs import Accepted, Incoming, accept, known_of, note_refusal
from engine.hook_signatures import HIDDEN, Signed, check_signature
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.hooks import HookKind, HookSettings, Signature

PATH: Final = "/hooks/{key}"
STRANGERS: Final = 120
"""Requests a minute from one network to addresses that are none."""

_HEADER_CHARS: Final = 2_000
_MAX_HEADERS: Final = 100


class HookIngress:
    """The route of all webhooks and mails.

    Args:
        services: Connections.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._strangers = Buckets(STRANGERS)
        self._buckets: dict[int, Buckets] = {}
        self.routes = (Route(PATH, self._receive, methods=["POST"]),)

    async def find(self, text: str, request: Request, *kinds: HookKind) -> Hook:
        """The hook of an address.

        Raises:
            PerdureError: `not_found`, `rate_limited`.
        """
        key = HookKey.parse(text)
        hook = None if key is None else await self._load(key)
        if key is None or hook is None or not key.fits(hook.key_hash) or not hook.enabled or hook.kind not in kinds:
            take(self._strangers, network_of(client_address(request.scope)))
            raise not_found("hook", "of this address")
        size = HookSettings.model_validate(hook.settings).per_minute
        # A flood at one process costs the others no query.
        take(self._buckets.setdefault(size, Buckets(size)), hook.id)
        await self._take_of_all(hook, size)
        return hook

    async def _take_of_all(self, hook: Hook, size: int) -> None:
        """Count a request in what all processes take together.

        Raises:
            PerdureError: `rate_limited`.
        """
        async with self._services.database.tenant(hook.workspace_id) as session:
            wait = await rates.take(session, hook.workspace_id, f"hook/{hook.id}/{size}", size)
        if wait > 0:
            raise _too_many(size, wait)

    async def _load(self, key: HookKey) -> Hook | None:
        async with self._services.database.tenant(key.workspace_id) as session:
            query = select(Hook).where(Hook.id == key.hook_id).options(undefer(Hook.sealed))
            found: Hook | None = await session.scalar(query)
            return found

    async def _receive(self, request: Request) -> Response:
        hook = await self.find(request.path_params["key"], request, HookKind.WEBHOOK, HookKind.EMAIL)
        settings = HookSettings.model_validate(hook.settings)
        headers = _headers(request)
        seen = Incoming(
            None, headers.get("content-type", "")[:200], headers, {}, None, 0, client_address(request.scope)
        )
        try:
            incoming = await self._read(request, hook, settings, seen)
        except PerdureError as error:
            await note_refusal(self._services.database, hook, seen, error)
            raise
        if settings.signature is Signature.SLACK and _is_challenge(incoming.body):
            return JSONResponse({"challenge": str(incoming.body["challenge"])[:200]})
        return await self.take_in(request, hook, incoming)

    async def take_in(self, request: Request, hook: Hook, incoming: Incoming) -> Response:
        """Let a delivery have its effect, and answer it.

        Raises:
            PerdureError: `quota_exceeded`; nothing was written.
        """
        accepted = await self.accept(hook, incoming)
        row, settings = accepted.row, HookSettings.model_validate(hook.settings)
        if row.status == "failed":
            info = ErrorInfo.model_validate(row.error)
            error = PerdureError(info.code, info.message, details=info.details)
            problem = describe(error, request_id(request))
            problem.details["delivery"] = str(row.id)
            return problem_response(problem, extra_headers(error))
        if row.run_id is not None and settings.answer.mode == "wait":
            answered = await answer_in_time(self._services, hook.workspace_id, row.run_id, settings.answer.seconds)
            if answered is not None:
                return answered
        body = {"delivery": str(row.id), "run_id": None if row.run_id is None else str(row.run_id)}
        body["status"] = "repeated" if accepted.repeated else row.status
        return JSONResponse(body, status_code=202)

    async def accept(self, hook: Hook, incoming: Incoming) -> Accepted:
        """Let a delivery have its effect.

        Raises:
            PerdureError: `quota_exceeded`; nothing was written.
        """
        async with self._services.database.tenant(hook.workspace_id) as session:
            accepted = await accept(session, hook, incoming)
        if accepted.row.run_id is not None and not accepted.repeated:
            self._services.dispatcher.start_soon(hook.workspace_id, accepted.row.run_id)
        return accepted

    async def _read(self, request: Request, hook: Hook, settings: HookSettings, seen: Incoming) -> Incoming:
        """Read and check a request: its size, then its signature, then its content.

        Raises:
            PerdureError: `body_too_large`, `unauthenticated`, `unsupported_media_type`, `invalid_request`,
                `invalid_text`, `expression_failed` if its id cannot be told.
        """
        raw = await read_bytes(request, settings.max_bytes)
        whole = {name.lower(): value for name, value in request.headers.items()}
        signed = Signed(whole, raw, datetime.now(UTC).timestamp(), settings.tolerance)
        check_signature(settings.signature, read_secrets(self._services.encryption, hook).accepted(), signed)
        body = parse_body(seen.content_type, raw)
        query = {name: value for name, value in request.query_params.items() if "\0" not in name + value}
        known = known_of(hook, body=body, headers=seen.headers, query=query)
        identity = delivery_id_of(settings, known)
        if identity is not None and "\0" in identity:
            raise PerdureError(ErrorCode.INVALID_TEXT, "The delivery's id holds a NUL character.")
        return Incoming(identity, seen.content_type, seen.headers, query, body, len(raw), seen.address)


def _headers(request: Request) -> dict[str, str]:
    """Headers that may be kept and read."""
    kept: dict[str, str] = {}
    for name, value in request.headers.items():
        if name.lower() not in HIDDEN and len(kept) < _MAX_HEADERS:
            kept[name.lower()[:200]] = value.replace("\0", "")[:_HEADER_CHARS]
    return kept


def _is_challenge(body: Any) -> bool:
    """Whether Slack only asks if the address is meant for it."""
    return isinstance(body, dict) and body.get("type") == "url_verification" and "challenge" in body


def take(buckets: Buckets, key: object) -> None:
    """Count a request.

    Raises:
        PerdureError: `rate_limited`.
    """
    taken = buckets.take(key)
    if not taken.allowed:
        raise _too_many(buckets.size, taken.next_in)


def _too_many(size: int, wait: float) -> PerdureError:
    message = f"More than {size:,} requests per minute; send this again later."
    return PerdureError(ErrorCode.RATE_LIMITED, message, retry_after=wait)
