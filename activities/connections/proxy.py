"""The one place through which steps act with connections. Who calls never sees the credential.

Every call passes here: may this workflow use the connection and this action; is the address the connection's own; is
the rate kept; the credential is added; the answer is cleaned; the call is written down.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

import httpx
import structlog
from pydantic import ValidationError
from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from activities.connections.access import Origin
from activities.connections.requests import address, checked, headers_and_body, parsed
from activities.connections.sanitising import sanitised, sanitised_error, sanitised_headers
from activities.connections.tokens import Access, TokenKeeper
from activities.credentials.authentication import Authentication, authentication
from activities.credentials.vault import Vault
from activities.egress import Egress, EgressRequest, EgressResponse
from activities.nodes.http_request import described_answer, with_query
from db.faults import is_outage, unavailable
from db.session import Database
from db.tables import Connection, ConnectionApp, ConnectionCall, ConnectionWindow, Credential, Run, Workflow
from schemas.connections.actions import ConnectionAction, exceeds
from schemas.connections.messages import ActionCall
from schemas.connections.providers import PROVIDERS, Endpoints, Provider
from schemas.errors import ErrorCode, PerdureError
from schemas.faults import listed
from schemas.tools.types.openapi import climbs

SECONDS: Final = 30.0
_UNAUTHORIZED: Final = 401
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Prepared:
    """A call that may be made."""

    row: Connection
    provider: Provider
    action: ConnectionAction
    api_url: str
    origin: Origin
    request: EgressRequest = field(repr=False)


class ConnectionProxy:
    """Carries calls of actions out.

    Args:
        database: Where connections are.
        tokens: Access tokens of connections.
        vault: Opens credentials of those that have one instead.
        egress: The only way out.
    """

    def __init__(self, database: Database, tokens: TokenKeeper, vault: Vault, egress: Egress) -> None:
        self._database = database
        self._tokens = tokens
        self._vault = vault
        self._egress = egress

    async def call(self, call: ActionCall, origin: Origin) -> dict[str, Any]:
        """Status, headers and body of the answer, without secrets.

        Raises:
            PerdureError: `missing_credential`, `auth_failed`, `forbidden`, `tools_changed`, `invalid_input`,
                `throttled`, and what `Egress.send` raises.
        """
        redactions = self._vault.redactions
        try:
            prepared = await self._prepared(call, origin)
        except Exception as problem:
            raise (unavailable() if is_outage(problem) else problem) from None
        started, status = time.monotonic(), None
        error: PerdureError | None = None
        try:
            response = await self._answered(prepared)
            status = response.status
            answer = await asyncio.to_thread(_answer, prepared, response)
            redactor = redactions.of(origin.workspace_id)
            body = await asyncio.to_thread(sanitised, answer, redactor)
            return {"status": status, "headers": sanitised_headers(response.headers, redactor), **body}
        except PerdureError as failure:
            error = sanitised_error(failure, redactions.of(origin.workspace_id))
            raise error from None
        finally:
            await self._write_down(prepared, status, error, time.monotonic() - started)

    async def _prepared(self, call: ActionCall, origin: Origin) -> _Prepared:
        async with self._database.tenant(origin.workspace_id) as session:
            row = await _connection(session, call.connection)
            provider = PROVIDERS[row.provider]
            await _check_workflow(session, row, origin)
            action = _action(row, provider, call)
            api_url = await self._api_url(session, row, provider, action)
        arguments = await checked(action, call.arguments)
        url = address(action, api_url, arguments)
        check_address(row, url, api_url)
        headers, body = headers_and_body(action, arguments)
        if action.idempotency_header and origin.key:
            headers[action.idempotency_header] = origin.key
            if origin.delivery is not None:
                origin.delivery.key = origin.key
        request = EgressRequest(
            action.method,
            url,
            headers=headers,
            body=body,
            timeout=min(origin.timeout or SECONDS, SECONDS),
            # A token goes where the connection leads, and a redirect may lead anywhere.
            follow_redirects=False,
            secret_body=True,
            watch=origin.delivery,
        )
        await self._count(row)
        return _Prepared(row, provider, action, api_url, origin, request)

    async def _api_url(
        self, session: AsyncSession, row: Connection, provider: Provider, action: ConnectionAction
    ) -> str:
        if row.api_url is not None:
            return row.api_url
        if row.app_id is not None:
            query = select(ConnectionApp.endpoints).where(ConnectionApp.id == row.app_id)
            endpoints = Endpoints.model_validate((await session.scalars(query)).one())
        else:
            endpoints = (await self._tokens.app(session, row)).endpoints
        usual = provider.endpoints
        # An action with an API of its own goes there, unless the client leads to another installation altogether.
        own = action.api_url if usual is not None and usual.api_url == endpoints.api_url else None
        return own or endpoints.api_url

    async def _answered(self, prepared: _Prepared) -> EgressResponse:
        """The answer; if the token is refused, with a new one: what was refused was not carried out."""
        if prepared.row.credential_id is not None:
            return await self._egress.send(await self._with_credential(prepared))
        workspace_id, row = prepared.origin.workspace_id, prepared.row
        access = await self._tokens.access(workspace_id, row.id)
        try:
            return await self._egress.send(_with_token(prepared.request, access))
        except PerdureError as error:
            if error.info.details.get("status") != _UNAUTHORIZED:
                raise
        fresh = await self._tokens.access(workspace_id, row.id, refused=access.revision)
        try:
            return await self._egress.send(_with_token(prepared.request, fresh))
        except PerdureError as error:
            if error.info.details.get("status") == _UNAUTHORIZED:
                raise _refused_access(row, error) from None
            raise

    async def _with_credential(self, prepared: _Prepared) -> EgressRequest:
        row, request = prepared.row, prepared.request
        opened = await self._vault.read(prepared.origin.workspace_id, str(row.credential_id), request.url)
        proof: Authentication = authentication(opened)
        return replace(
            request,
            url=with_query(proof.in_address(request.url), dict(proof.query)),
            headers={**_without(request.headers, proof.headers), **proof.headers},
            secret_headers=frozenset(name.lower() for name in proof.headers),
        )

    async def _count(self, row: Connection) -> None:
        """Take one of the calls of this minute.

        Raises:
            PerdureError: `throttled` if there are none left; the step waits then.
        """
        minute = func.date_trunc("minute", func.clock_timestamp())
        first = insert(ConnectionWindow).values(
            connection_id=row.id, workspace_id=row.workspace_id, minute=minute, calls=1
        )
        same = ConnectionWindow.minute == first.excluded.minute
        counted = first.on_conflict_do_update(
            index_elements=[ConnectionWindow.connection_id],
            set_={"minute": first.excluded.minute, "calls": case((same, ConnectionWindow.calls + 1), else_=1)},
            where=~same | (ConnectionWindow.calls < row.calls_per_minute),
        )
        async with self._database.tenant(row.workspace_id) as session:
            taken = (await session.scalars(counted.returning(ConnectionWindow.calls))).one_or_none()
            if taken is not None:
                used = update(Connection).where(Connection.id == row.id)
                if taken == 1:
                    await session.execute(used.values(last_used_at=func.clock_timestamp()))
                return
            left = await session.scalar(select(60 - func.extract("second", func.clock_timestamp())))
        message = f"The connection {row.name!r} makes at most {row.calls_per_minute} calls a minute."
        wait = float(left or 1.0)
        raise PerdureError(ErrorCode.THROTTLED, message, retry_after=wait, details={"retry_after": wait})

    async def _write_down(
        self, prepared: _Prepared, status: int | None, error: PerdureError | None, seconds: float
    ) -> None:
        """Note the call. It was made, whether or not that can be noted."""
        origin, row = prepared.origin, prepared.row
        told = error.info.details.get("status") if error is not None else None
        entry = ConnectionCall(
            workspace_id=row.workspace_id,
            connection_id=row.id,
            action=prepared.action.name,
            effect=prepared.action.effect,
            run_id=UUID(origin.run_id) if origin.run_id is not None else None,
            path=origin.path,
            actor=origin.actor,
            status=told if isinstance(told, int) else status,
            error_code=error.code.value if error is not None else None,
            milliseconds=round(seconds * 1_000),
        )
        try:
            async with self._database.tenant(row.workspace_id) as session:
                session.add(entry)
        except Exception as problem:
            _log.warning("a call was not noted", connection=str(row.id), error_type=type(problem).__name__)


def _answer(prepared: _Prepared, response: EgressResponse) -> dict[str, Any]:
    """What was answered, as data.

    Raises:
        PerdureError: `upstream_refused`, `auth_failed` or `rate_limited` if the answer says in its body that it failed.
    """
    answer = described_answer(response)
    answer["body"] = parsed(answer.get("body"))
    body, provider = answer["body"], prepared.provider
    if provider.ok_field is None or not isinstance(body, dict) or body.get(provider.ok_field) is not False:
        return {key: answer[key] for key in ("body", "base64") if key in answer}
    said = str(body.get("error", "no reason given"))[:200]
    if said == "ratelimited":
        raise PerdureError(ErrorCode.RATE_LIMITED, f"{provider.title} asks to wait.")
    code = ErrorCode.AUTH_FAILED if said in provider.auth_errors else ErrorCode.UPSTREAM_REFUSED
    message = f"{provider.title} did not do it: {said}."
    raise PerdureError(code, message, details={"error": said, "status": response.status})


async def _connection(session: AsyncSession, name: str) -> Connection:
    query = select(Connection).where(Connection.name == name, Connection.deleted_at.is_(None))
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        message = f"There is no connection {name!r} in this workspace; make one, or change the workflow."
        raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message)
    return row


async def _check_workflow(session: AsyncSession, row: Connection, origin: Origin) -> None:
    """Whether the workflow of the run may use the connection, and the credential behind it."""
    if origin.run_id is None:
        return
    limits: list[tuple[str, list[str]]] = [] if row.workflows is None else [("connection " + row.name, row.workflows)]
    if row.credential_id is not None:
        query = select(Credential.name, Credential.workflows).where(Credential.id == row.credential_id)
        name, workflows = (await session.execute(query)).one()
        limits += [] if workflows is None else [("credential " + name, workflows)]
    if not limits:
        return
    mine = select(Workflow.slug).join(Run, Run.workflow_id == Workflow.id).where(Run.id == UUID(origin.run_id))
    slug = await session.scalar(mine)
    for what, allowed in limits:
        if slug not in allowed:
            raise PerdureError(ErrorCode.FORBIDDEN, f"The {what} may not be used by the workflow {slug!r}.")


def actions_of(row: Connection, provider: Provider) -> dict[str, ConnectionAction]:
    """Every action of a connection by name; imported ones go before those of the provider."""
    try:
        own = [ConnectionAction.model_validate(one) for one in row.actions]
    except ValidationError:
        raise PerdureError(ErrorCode.INVALID_CONFIG, "The actions of the connection must be imported again.") from None
    return {one.name: one for one in (*provider.actions, *own)}


def _action(row: Connection, provider: Provider, call: ActionCall) -> ConnectionAction:
    known = actions_of(row, provider)
    action = known.get(call.action)
    if action is None:
        message = f"The connection {row.name!r} has no action {call.action[:100]!r}; it has {listed(sorted(known))}."
        raise PerdureError(ErrorCode.INVALID_CONFIG, message)
    if row.allowed is not None and action.name not in row.allowed:
        raise PerdureError(ErrorCode.FORBIDDEN, f"The action {action.name!r} of {row.name!r} is switched off.")
    if exceeds(action.effect, call.effect) or (call.repeatable and not action.repeatable):
        message = (
            f"The action {action.name!r} of {row.name!r} can do more than the workflow was told when it was made "
            f"({action.effect}, not {call.effect}); choose it again and publish."
        )
        raise PerdureError(ErrorCode.TOOLS_CHANGED, message, details={"action": action.name})
    return action


def check_address(row: Connection, url: str, api_url: str) -> None:
    """Whatever the arguments are, a call stays on the host, and below the path, of the connection.

    Raises:
        PerdureError: `forbidden`.
    """
    # As the request will have it: without `..`, which the client follows by itself.
    target, own = httpx.URL(url), httpx.URL(api_url)
    same = (target.scheme, target.netloc) == (own.scheme, own.netloc)
    below = f"{target.path}/".startswith(f"{own.path.rstrip('/')}/")
    if not same or not below or climbs(target.path):
        message = f"The connection {row.name!r} may only be used with {api_url}."
        raise PerdureError(ErrorCode.FORBIDDEN, message)


def _with_token(request: EgressRequest, access: Access) -> EgressRequest:
    headers = {**_without(request.headers, {"authorization": ""}), "authorization": f"Bearer {access.token}"}
    return replace(request, headers=headers, secret_headers=frozenset({"authorization"}))


def _without(headers: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    taken = {name.lower() for name in names}
    return {name: value for name, value in headers.items() if name.lower() not in taken}


def _refused_access(row: Connection, error: PerdureError) -> PerdureError:
    text = f"The provider does not accept the access of {row.name!r}, which was just renewed; connect it again."
    return PerdureError(ErrorCode.AUTH_FAILED, text, details=error.info.details)
