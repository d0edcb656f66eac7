"""The routes below `/scim/v2`: who calls, what is asked, and the answer in the words of SCIM.

They stand outside of the API: their callers, errors and media type are those of RFC 7644.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.access.authentication import client_address
from api.hooks.bodies import read_bytes
from api.json_text import parse_json
from api.limits.buckets import Buckets
from api.limits.limiter import network_of
from api.scim import documents, resources
from api.scim.errors import ScimError, answer, error_answer, invalid, missing
from api.scim.patching import patched
from api.scim.resources import Call, Found, Kind
from api.scim.tokens import find_token
from api.services import Services
from db.audit import Actor
from schemas.errors import PerdureError

PATH: Final = "/scim/v2"
MAX_BODY: Final = 4 * 1024 * 1024
PER_MINUTE: Final = 3_000
"""Requests of a token; directories send one for each person."""

_STRANGERS: Final = 60
_JSON: Final = ("application/scim+json", "application/json")


@dataclass(frozen=True)
class _Caller:
    workspace_id: UUID
    actor: Actor


class ScimEndpoint:
    """Routes outside of the API.

    Args:
        services: Connections.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._strangers, self._buckets = Buckets(_STRANGERS), Buckets(PER_MINUTE)
        each = [("Users", resources.USERS), ("Groups", resources.GROUPS)]
        self.routes = (
            *(Route(f"{PATH}/{name}", self._route(kind, many=True), methods=["GET", "POST"]) for name, kind in each),
            *(Route(f"{PATH}/{name}/.search", self._route(kind, many=True), methods=["POST"]) for name, kind in each),
            *(
                Route(
                    f"{PATH}/{name}/{{id}}",
                    self._route(kind, many=False),
                    methods=["GET", "PUT", "PATCH", "DELETE"],
                )
                for name, kind in each
            ),
            Route(f"{PATH}/{{path:path}}", self._route(None, many=True), methods=list(_METHODS)),
        )

    def _route(self, kind: Kind | None, *, many: bool) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                caller = await self._caller(request)
                if kind is None:
                    asked = request.url.path.removeprefix(PATH).strip("/")
                    return _described(asked, request.method, self._services.reach.url(PATH))
                body = await _body(request) if request.method in ("POST", "PUT", "PATCH") else None
                response = await self._handle(request, caller, kind, body, many=many)
            except ScimError as error:
                return error_answer(error)
            except PerdureError as error:
                return error_answer(ScimError(error.info.reaction.http_status, str(error)))
            if request.method != "GET" and not request.url.path.endswith(".search"):
                self._services.directory.forget()
            return response

        return handle

    async def _handle(self, request: Request, caller: _Caller, kind: Kind, body: Any, *, many: bool) -> Response:
        async with self._services.database.identity() as session:
            call = Call(session, caller.actor, self._services.reach.url(PATH), request.query_params, body)
            if not many:
                return await _one(call, kind, request)
            if request.method == "POST" and not request.url.path.endswith(".search"):
                return _created(await resources.created(call, kind))
            return answer(await resources.listing(call, kind, _asked(request, body)))

    async def _caller(self, request: Request) -> _Caller:
        """Whose directory calls.

        Raises:
            ScimError: 401, 429.
        """
        address = client_address(request.scope)
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        token = None
        if scheme.lower() == "bearer":
            async with self._services.database.identity() as session:
                token = await find_token(session, text.strip())
        bucket, key = (self._strangers, network_of(address)) if token is None else (self._buckets, token.id)
        if not bucket.take(key).allowed:
            raise ScimError(429, "Too many requests; try again in a minute.")
        if token is None:
            raise ScimError(401, "Send the header 'Authorization: Bearer <token>' with a token of the settings.")
        actor = Actor(token.workspace_id, "system", token.id, token.name, address, request.scope["request_id"])
        return _Caller(token.workspace_id, actor)


async def _one(call: Call, kind: Kind, request: Request) -> Response:
    """A resource: read, changed or removed."""
    identity = _identity(kind, request.path_params["id"])
    found = await kind.find(call, identity, request.method != "GET")
    if found is None:
        raise missing(kind.name, identity)
    tag = found.shown["meta"]["version"]
    if request.method == "GET":
        if tag in _tags(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers={"etag": tag})
        return _shown(resources.chosen(found.shown, call.query))
    wanted = request.headers.get("if-match")
    if wanted is not None and tag not in _tags(wanted) and wanted.strip() != "*":
        raise ScimError(412, "It was changed by somebody else in the meantime; read it again.", "mutability")
    if request.method == "DELETE":
        await kind.remove(call, found)
        return Response(status_code=204)
    wish = call.body if request.method == "PUT" else await asyncio.to_thread(patched, found.shown, call.body)
    return _shown(resources.chosen((await kind.update(call, found, wish)).shown, call.query))


def _created(found: Found) -> Response:
    meta = found.shown["meta"]
    return answer(found.shown, 201, {"location": meta["location"], "etag": meta["version"]})


def _shown(resource: dict[str, Any]) -> Response:
    meta = resource["meta"]
    return answer(resource, 200, {"location": meta["location"], "etag": meta["version"]})


def _tags(header: str) -> set[str]:
    return {f"W/{one.strip().removeprefix('W/')}" for one in header.split(",") if one.strip()}


def _identity(kind: Kind, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise missing(kind.name, text) from None


def _asked(request: Request, body: Any) -> Mapping[str, Any]:
    """What a list is asked for: in the query, or in the body of a search."""
    if not request.url.path.endswith(".search"):
        return dict(request.query_params)
    if not isinstance(body, dict):
        raise invalid("Send a search as a JSON object.", "invalidSyntax")
    return body


async def _body(request: Request) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON:
        raise ScimError(415, "Send the body as application/scim+json.")
    try:
        return parse_json(await read_bytes(request, MAX_BODY))
    except PerdureError as error:
        status = error.info.reaction.http_status
        raise ScimError(413 if status == 413 else 400, str(error), None if status == 413 else "invalidSyntax") from None


def _described(path: str, method: str, base: str) -> Response:
    """What the server says about itself."""
    kind, _, identity = path.partition("/")
    if kind in ("Bulk", "Me"):
        raise ScimError(501, f"/{kind} is not offered.")
    known = {"ResourceTypes": documents.resource_types, "Schemas": documents.schemas}
    if kind == "ServiceProviderConfig" and not identity:
        found: dict[str, Any] = documents.service_provider_config(base)
    elif kind in known:
        listed = known[kind](base)
        if identity:
            fits = [one for one in listed if one["id"].lower() == identity.lower()]
            if not fits:
                raise missing(kind.removesuffix("s"), identity)
            found = fits[0]
        else:
            found = documents.listed(listed, len(listed), 1)
    else:
        raise ScimError(404, f"There is nothing at /{path[:200]}.")
    if method != "GET":
        raise ScimError(405, f"/{kind} can only be read.")
    return answer(found)


_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
