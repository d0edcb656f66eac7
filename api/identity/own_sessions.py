"""What people do with their own sessions: see them, end them, move them to another workspace."""

from uuid import UUID

from sqlalchemy import update

from api.access.caller import Caller, CallerKind
from api.access.opaque_tokens import RefreshToken
from api.access.person import Person, person_of
from api.errors import not_found
from api.identity import repository, sessions
from api.identity.client import Client
from api.identity.models import SessionList, SessionSummary
from api.services import Services
from db import audit
from db.tables import LoginSession, Workspace
from schemas.roles import Role


async def sign_out(services: Services, client: Client, text: str | None, caller: Caller | None) -> None:
    """End the session of a refresh token and that of the caller, as far as there are any."""
    token = RefreshToken.parse(text or "")
    async with services.database.identity() as session:
        if token is not None:
            await sessions.end_family(session, token, client)
        if caller is not None and caller.kind is CallerKind.USER:
            person = person_of(caller)
            if await repository.end_sessions(session, person.user_id, "signed out", only=person.session_id):
                audit.record(session, caller.actor, "session.ended", ("session", person.session_id))
    services.directory.forget()


async def sign_out_everywhere(services: Services, person: Person, *, keep_this: bool) -> None:
    """End all sessions of a person, or all others."""
    but = person.session_id if keep_this else None
    async with services.database.identity() as session:
        ended = await repository.end_sessions(
            session, person.user_id, "signed out everywhere", but=but, confined_to=person.confined_to
        )
        after = {"ended": ended, "kept_this": keep_this}
        audit.record(session, person.caller.actor, "sessions.ended", ("user", person.user_id), after=after)
    services.directory.forget()


async def end_session(services: Services, person: Person, session_id: UUID) -> None:
    """End one session of a person.

    Raises:
        RequestError: `not_found`, also for somebody else's.
    """
    async with services.database.identity() as session:
        because, within = "ended by its owner", person.confined_to
        if not await repository.end_sessions(session, person.user_id, because, only=session_id, confined_to=within):
            raise not_found("session", session_id)
        audit.record(session, person.caller.actor, "session.ended", ("session", session_id))
    services.directory.forget()


async def list_sessions(services: Services, person: Person) -> SessionList:
    """Where a person is signed in."""
    async with services.database.identity() as session:
        live = await repository.live_sessions(session, person.user_id, confined_to=person.confined_to)
    return SessionList(items=[_summary(one, person.session_id) for one in live])


async def switch_workspace(services: Services, person: Person, workspace_id: UUID) -> tuple[Workspace, Role]:
    """Let a session go on in another workspace.

    Raises:
        RequestError: `not_found` unless the person is a member and has signed in as the workspace wants it.
    """
    async with services.database.identity() as session:
        memberships = await repository.workspaces_of(session, person.user_id)
        for workspace, role in sessions.reachable(memberships, person.confined_to):
            if workspace.id == workspace_id:
                moved = update(LoginSession).where(LoginSession.id == person.session_id)
                await session.execute(moved.values(workspace_id=workspace.id))
                return workspace, role
    raise not_found("workspace", workspace_id)


def _summary(one: LoginSession, current: UUID) -> SessionSummary:
    return SessionSummary(
        id=one.id,
        current=one.id == current,
        created_at=one.created_at,
        last_used_at=one.last_used_at,
        expires_at=one.expires_at,
        address=one.address,
        user_agent=one.user_agent,
    )
