"""Sessions: begun by a sign-in, kept alive by refresh tokens that change at each use, ended by anybody's wish.

A refresh token that was used before has been copied: whoever shows it, the thief or the person, the whole family ends,
and the thief is out. The one exception is an answer that was lost on its way: for a few seconds, and only as long as
the next token was not used either, the same next token is given again.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.opaque_tokens import SECRET_BYTES, RefreshToken, digest, same
from api.errors import RequestError, not_found
from api.identity import repository
from api.identity.client import Client
from db import audit
from db.audit import Actor
from db.tables import LoginSession, User, Workspace
from schemas.errors import ErrorCode
from schemas.roles import Role

IDLE: Final = timedelta(days=14)
"""A session that is not used for so long is over."""

LONGEST: Final = timedelta(days=90)
"""After that one signs in again, however often the session is used."""

LOST_ANSWER: Final = timedelta(seconds=10)
"""How long the previous refresh token still gets the answer that it got before."""

MAX_SESSIONS: Final = 50
"""Of one person at once, of those that the same provider has begun, or that they have begun themselves.

The one that was used the least lately makes room.
"""


@dataclass(frozen=True)
class OpenSession:
    """A session with the token that keeps it alive."""

    id: UUID
    user: User
    workspace: Workspace
    role: Role
    refresh: RefreshToken
    expires_at: datetime
    lasts: int
    """Seconds."""


async def start_session(
    session: AsyncSession,
    user: User,
    client: Client,
    how: str,
    *,
    workspace_id: UUID | None = None,
    by_sign_on: bool = False,
) -> OpenSession:
    """Sign a person in who has proved who they are.

    Args:
        session: Of `Database.identity()`.
        user: Who.
        client: Where.
        how: What proved it, for the audit log: `password`, `link`, `set-up`, `invitation`.
        workspace_id: Where they want to act; where they were last by default.
        by_sign_on: Whether a provider of that workspace says so; then the session counts there only.

    Raises:
        RequestError: `forbidden` for somebody who is a member of no workspace, or only of such as want sign-on.
    """
    wanted = workspace_id or await repository.last_workspace(session, user.id)
    confined_to = workspace_id if by_sign_on else None
    memberships = await repository.workspaces_of(session, user.id)
    open_ones = reachable(memberships, confined_to)
    if memberships and not open_ones:
        message = "Your workspace is entered by single sign-on; use the button of your company on its sign-in page."
        raise RequestError(ErrorCode.FORBIDDEN, message)
    workspace, role = _choose(open_ones, wanted)
    await _make_room(session, user.id, confined_to)
    moment, token = await repository.now(session), RefreshToken.fresh()
    begun = LoginSession(
        id=uuid4(),
        user_id=user.id,
        workspace_id=workspace.id,
        family=digest(token.family),
        token_hash=digest(token.secret),
        salt=b"",
        expires_at=moment + IDLE,
        address=client.address,
        user_agent=client.user_agent,
        sign_on_workspace_id=confined_to,
    )
    session.add(begun)
    after = {"how": how, "user_agent": client.user_agent}
    audit.record(session, _actor(user, workspace.id, client), "session.started", ("session", begun.id), after=after)
    return OpenSession(begun.id, user, workspace, role, token, begun.expires_at, int(IDLE.total_seconds()))


async def rotate(session: AsyncSession, token: RefreshToken, client: Client, wanted: UUID | None) -> OpenSession | None:
    """Exchange a refresh token for the next one. Nothing if it does not count; then commit, for its family may end.

    Raises:
        RequestError: `not_found` for a workspace in which the person is no member; the token is not used up.
    """
    found = await repository.lock_session(session, digest(token.family))
    if found is None:
        return None
    kept, user = found
    moment = await repository.now(session)
    if kept.revoked_at is not None or kept.expires_at <= moment or user.disabled_at is not None:
        return None
    successor = _successor(kept, token, moment)
    if successor is None:
        _end_replayed(session, kept, user, client, moment)
        return None
    memberships = reachable(await repository.workspaces_of(session, user.id), kept.sign_on_workspace_id)
    if not memberships:
        return None
    workspace, role = _choose(memberships, wanted or kept.workspace_id, strictly=wanted is not None)
    kept.workspace_id, kept.last_used_at = workspace.id, moment
    kept.address, kept.user_agent = client.address, client.user_agent
    lasts = int((kept.expires_at - moment).total_seconds())
    return OpenSession(kept.id, user, workspace, role, successor, kept.expires_at, lasts)


async def end_family(session: AsyncSession, token: RefreshToken, client: Client) -> None:
    """Sign out by a refresh token, the present one or one that was copied."""
    found = await repository.lock_session(session, digest(token.family))
    if found is None or found[0].revoked_at is not None:
        return
    kept, user = found
    kept.revoked_at, kept.revoked_because = await repository.now(session), "signed out"
    audit.record(session, _actor(user, kept.workspace_id, client), "session.ended", ("session", kept.id))


def signed_out() -> RequestError:
    """The answer to a refresh token that does not count, whatever the reason."""
    return RequestError(ErrorCode.UNAUTHENTICATED, "The session is over; sign in again.")


def _successor(kept: LoginSession, token: RefreshToken, moment: datetime) -> RefreshToken | None:
    """The next token of the family; nothing if this one was used before."""
    shown = digest(token.secret)
    if same(shown, kept.token_hash):
        kept.salt = secrets.token_bytes(SECRET_BYTES)
        successor = token.successor(kept.salt)
        kept.previous_hash, kept.token_hash = kept.token_hash, digest(successor.secret)
        kept.rotated_at = moment
        kept.expires_at = min(moment + IDLE, kept.created_at + LONGEST)
        return successor
    if same(shown, kept.previous_hash) and moment - kept.rotated_at <= LOST_ANSWER:
        return token.successor(kept.salt)
    return None


def _end_replayed(session: AsyncSession, kept: LoginSession, user: User, client: Client, moment: datetime) -> None:
    kept.revoked_at, kept.revoked_because = moment, "an old refresh token was used again"
    actor = Actor(kept.workspace_id, "system", None, "system", client.address, client.request_id)
    after = {"user": str(user.id), "because": kept.revoked_because}
    audit.record(session, actor, "session.revoked", ("session", kept.id), after=after)


def reachable(memberships: list[tuple[Workspace, Role]], confined_to: UUID | None) -> list[tuple[Workspace, Role]]:
    """Where a session counts: in the one workspace whose provider has begun it, or where no sign-on is wanted."""
    if confined_to is not None:
        return [one for one in memberships if one[0].id == confined_to]
    return [one for one in memberships if not one[0].sign_on_required or one[1] is Role.OWNER]


def _choose(
    memberships: list[tuple[Workspace, Role]], wanted: UUID | None, *, strictly: bool = False
) -> tuple[Workspace, Role]:
    if not memberships:
        raise RequestError(ErrorCode.FORBIDDEN, "You are a member of no workspace; ask for an invitation.")
    for workspace, role in memberships:
        if workspace.id == wanted:
            return workspace, role
    if strictly:
        raise not_found("workspace", wanted)
    return memberships[0]


async def _make_room(session: AsyncSession, user_id: UUID, confined_to: UUID | None) -> None:
    """Among sessions of the same provider: a provider that begins many ends nobody's sessions elsewhere."""
    await repository.forget_old_sessions(session, user_id)
    alike = [one for one in await repository.live_sessions(session, user_id) if one.sign_on_workspace_id == confined_to]
    live = sorted(alike, key=lambda one: one.last_used_at, reverse=True)
    for surplus in live[MAX_SESSIONS - 1 :]:
        await repository.end_sessions(session, user_id, "too many sessions", only=surplus.id)


def _actor(user: User, workspace_id: UUID, client: Client) -> Actor:
    return Actor(workspace_id, "user", user.id, user.email, client.address, client.request_id)
