"""The set-up of a fresh installation: its first owner. Works once, for whoever is at the machine or reads its log."""

import asyncio
import ipaddress
import logging
from typing import Final

from starlette.types import Scope

from api.access import passwords
from api.access.authentication import client_address
from api.access.opaque_tokens import digest
from api.errors import RequestError
from api.identity import repository, sessions
from api.identity.client import Client
from api.identity.models import CreateTicket, SetUp
from api.identity.sessions import OpenSession
from api.identity.tickets import make_ticket
from api.services import Services
from db import audit
from db.audit import Actor
from db.faults import is_outage
from schemas.errors import ErrorCode

logger = logging.getLogger(__name__)

ASK_AGAIN_AFTER: Final = 3.0
"""Seconds until the database is asked again whether there is an owner, if it was away."""

_FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via")


def is_local(scope: Scope, listens_on: str) -> bool:
    """Whether a request comes from the machine itself, as sure as it can be.

    Nothing that the request says makes it local: the API must listen on a loopback address and the peer must have one.
    But what it says can make it foreign: a trace of a proxy, or the name of another host, which a page of that host
    uses that had its name point to this machine.
    """
    headers = [(name, value) for name, value in scope["headers"] if name in (*_FORWARDED, b"host", b"origin")]
    if not (is_loopback(listens_on) and is_loopback(client_address(scope))):
        return False
    return all(name in (b"host", b"origin") and _names_loopback(value) for name, value in headers)


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def is_done(services: Services) -> bool:
    """Whether the installation has an owner."""
    async with services.database.identity() as session:
        return await repository.first_owner(session, services.workspace_id) is not None


async def set_up(services: Services, client: Client, body: SetUp, *, local: bool) -> OpenSession:
    """Make the first owner, and sign them in. Of several who try at once, one succeeds.

    Raises:
        RequestError: `conflict` if there is an owner, `forbidden` without the right ticket, `invalid_request`.
    """
    if await is_done(services):
        raise _already_done()
    if not local and body.ticket is None:
        raise RequestError(ErrorCode.FORBIDDEN, "Send the ticket from the log of the API, or set up at the machine.")
    password = body.password.get_secret_value()
    passwords.check_choice(password, body.email)
    async with services.database.identity() as session:
        workspace = await repository.lock_workspace(session, services.workspace_id)
        if workspace is None or await repository.first_owner(session, workspace.id) is not None:
            raise _already_done()
        if body.ticket is not None and await repository.use_ticket(session, "setup", digest(body.ticket)) is None:
            raise RequestError(ErrorCode.FORBIDDEN, "The ticket was used before or is too old; restart the API.")
        owner = await repository.add_user(session, body.email, body.name, await passwords.hash_password(password))
        if owner is None:
            raise RequestError(ErrorCode.CONFLICT, "There is an account with this e-mail address already.")
        # Whoever sets up could read all mails of the installation anyway.
        owner.email_verified_at = await repository.now(session)
        await repository.make_owner(session, workspace.id, owner.id)
        before, workspace.name = {"workspace": workspace.name}, body.workspace_name
        actor = Actor(workspace.id, "user", owner.id, owner.email, client.address, client.request_id)
        after = {"workspace": workspace.name, "owner": owner.email}
        audit.record(session, actor, "installation.set_up", ("workspace", workspace.id), before=before, after=after)
        return await sessions.start_session(session, owner, client, "set-up", workspace_id=workspace.id)


async def offer_setup(services: Services, url: str) -> None:
    """Say in the log how a fresh installation is set up; waits until the database answers."""
    while True:
        try:
            if not await is_done(services):
                actor = Actor(services.workspace_id, "system", None, "system")
                ticket = await make_ticket(services, actor, CreateTicket(purpose="setup"))
                logger.warning("nobody owns this installation yet; set it up at %s%s", url, ticket.path)
            return
        except Exception as error:
            if not is_outage(error):
                logger.debug("cannot tell whether there is an owner", exc_info=True)
        await asyncio.sleep(ASK_AGAIN_AFTER)


def _already_done() -> RequestError:
    return RequestError(ErrorCode.CONFLICT, "There is an owner already; sign in instead.")


def _names_loopback(value: bytes) -> bool:
    """Whether a Host or Origin header names this machine."""
    text = value.decode("latin-1").rpartition("//")[2]
    host = text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]
    return is_loopback(host)
