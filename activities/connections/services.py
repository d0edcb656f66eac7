"""The activities of connections: finish a sign-in, renew, try an action."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer
from temporalio import activity

from activities.connections.access import Origin
from activities.connections.oauth import OAuth, OAuthApp, Tokens
from activities.connections.proxy import ConnectionProxy, actions_of
from activities.connections.revocation import parted
from activities.connections.tokens import TokenKeeper
from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from db.faults import is_outage, unavailable
from db.session import Database
from db.tables import Connection, ConnectionAttempt
from engine.secrets import Encryption
from engine.secrets.purposes import CONNECTION_ATTEMPT
from schemas.connections.messages import (
    ActionCall,
    FinishConnection,
    RefreshConnection,
    TaskDone,
    TryAction,
)
from schemas.connections.providers import PROVIDERS
from schemas.errors import ErrorCode, PerdureError


class ConnectionServices:
    """What is done about connections outside of steps.

    Args:
        database: Where they are.
        encryption: Opens codes.
        tokens: Keeps their tokens.
        oauth: Talks to providers.
        proxy: Calls actions.
    """

    def __init__(
        self, database: Database, encryption: Encryption, tokens: TokenKeeper, oauth: OAuth, proxy: ConnectionProxy
    ) -> None:
        self._database = database
        self._encryption = encryption
        self._tokens = tokens
        self._oauth = oauth
        self._proxy = proxy

    @activity.defn(name="finish_connection")
    async def finish_connection(self, order: FinishConnection) -> TaskDone:
        """Exchange a code. It counts once, so this is tried once; whoever waits may begin again."""
        try:
            async with heartbeats():
                return await self._finish(order)
        except Exception as error:
            raise _told(error) from None

    @activity.defn(name="refresh_connection")
    async def refresh_connection(self, order: RefreshConnection) -> TaskDone:
        """Renew the access token of a connection."""
        try:
            async with heartbeats():
                await self._tokens.renew(order.workspace_id, UUID(order.connection_id))
        except Exception as error:
            raise _told(error) from None
        return TaskDone(workspace_id=order.workspace_id)

    @activity.defn(name="try_action")
    async def try_action(self, order: TryAction) -> TaskDone:
        """Call an action for a person."""
        try:
            async with heartbeats():
                answer = await self._try(order)
        except Exception as error:
            raise _told(error) from None
        return TaskDone(workspace_id=order.workspace_id, answer=answer)

    async def _finish(self, order: FinishConnection) -> TaskDone:
        async with self._database.tenant(order.workspace_id) as session:
            row = await self._connection(order)
            query = select(ConnectionAttempt).where(ConnectionAttempt.id == UUID(order.attempt_id))
            query = query.options(undefer(ConnectionAttempt.sealed), undefer(ConnectionAttempt.sealed_code))
            attempt = (await session.scalars(query.with_for_update())).one()
            if attempt.sealed_code is None:
                raise PerdureError(ErrorCode.CONFLICT, "This sign-in was finished already.")
            verifier, code = self._open(attempt, attempt.sealed), self._open(attempt, attempt.sealed_code)
            # From here on the code is ours to spend, once.
            attempt.sealed_code = None
            app = await self._tokens.app(session, row)
        tokens = await self._oauth.exchange(app, code, verifier, attempt.redirect_uri)
        account = await self._account(row, app, tokens)
        await self._tokens.replace(row, lambda now: self._signed_in(row, now, tokens, account))
        await self._connection(order)
        return TaskDone(workspace_id=order.workspace_id)

    def _signed_in(
        self, row: Connection, now: Connection | None, tokens: Tokens, account: str | None
    ) -> Connection | None:
        """Give a connection what a person has fetched, whatever was renewed meanwhile; gives what has no use any more.

        Args:
            row: The connection when the person came back.
            now: The same as it is now; nothing if it was deleted.
            tokens: What the provider has given.
            account: Whose.
        """
        if now is None:
            return parted(self._tokens, row, tokens)
        # Of the same account most providers would end the new access with the one before.
        another = None not in (account, now.account) and account != now.account
        replaced = parted(self._tokens, now) if another else None
        columns = self._tokens.columns(now, tokens) | {"account": account or now.account}
        if tokens.scopes:
            columns["scopes"] = list(tokens.scopes)
        for name, value in columns.items():
            setattr(now, name, value)
        return replaced

    async def _account(self, row: Connection, app: OAuthApp, tokens: Tokens) -> str | None:
        provider = PROVIDERS[row.provider]
        if provider.account_path is None:
            return None
        url = app.endpoints.api_url + provider.account_path
        return await self._oauth.account(url, provider.account_fields, tokens)

    async def _try(self, order: TryAction) -> dict[str, Any]:
        row = await self._connection(order)
        action = actions_of(row, PROVIDERS[row.provider]).get(order.action)
        call = ActionCall(
            connection=row.name,
            action=order.action,
            arguments=order.arguments,
            effect="irreversible" if action is None else action.effect,
            repeatable=False,
        )
        key = f"try/{activity.info().workflow_run_id}"
        return await self._proxy.call(call, Origin(order.workspace_id, actor=order.actor, key=key, timeout=20.0))

    async def _connection(self, order: FinishConnection | TryAction) -> Connection:
        query = select(Connection).options(undefer(Connection.sealed)).where(Connection.id == UUID(order.connection_id))
        async with self._database.tenant(order.workspace_id) as session:
            row = (await session.scalars(query.where(Connection.deleted_at.is_(None)))).one_or_none()
        if row is None:
            raise PerdureError(ErrorCode.NOT_FOUND, "The connection was deleted meanwhile.")
        return row

    def _open(self, attempt: ConnectionAttempt, sealed: bytes) -> str:
        return self._encryption.decrypt(CONNECTION_ATTEMPT, attempt.workspace_id, attempt.id, sealed).decode()


def _told(error: Exception) -> BaseException:
    return to_application_error(unavailable() if is_outage(error) else error)
