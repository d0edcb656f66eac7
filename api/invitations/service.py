"""Inviting people, sending and taking back invitations."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, CallerKind
from api.access.opaque_tokens import digest, new_secret
from api.errors import RequestError, not_found
from api.invitations import models, repository
from api.invitations.models import InvitationState
from api.members import repository as members
from api.members import rules
from api.requests import decode_moment_cursor, encode_cursor
from db import audit
from db.tables import Invitation
from schemas.errors import ErrorCode
from schemas.roles import Role


@dataclass(frozen=True)
class Issued:
    """An invitation and its token, which is kept nowhere."""

    row: Invitation
    token: str = field(repr=False)


async def create(session: AsyncSession, caller: Caller, body: models.CreateInvitation) -> Issued:
    """Invite somebody.

    Raises:
        RequestError: `forbidden` to invite an owner, unless by an owner; `conflict` for a member or if there is an
            open invitation.
    """
    await _hold_rights(session, caller)
    rules.check_gift(caller, body.role)
    if await repository.is_member(session, body.email):
        raise RequestError(ErrorCode.CONFLICT, f"{body.email} is a member already.")
    await repository.revoke_expired(session, body.email)
    token = _new_token()
    made = await repository.add(session, caller.workspace_id, body.email, body.role, digest(token), _inviter(caller))
    if made is None:
        raise await _open_already(session, body.email)
    audit.record(session, caller.actor, "invitation.created", ("invitation", made.id), after=_audited(made))
    return Issued(made, token)


async def list_invitations(
    session: AsyncSession, state: InvitationState | None, cursor: str | None, limit: int
) -> models.InvitationPage:
    """A page of invitations."""
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_invitations(session, state=state, before=before, limit=limit + 1)
    items = [describe(row) for row in rows[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.InvitationPage(items=items, next_cursor=more)


async def get(session: AsyncSession, invitation_id: UUID) -> models.Invitation:
    """An invitation.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find(session, invitation_id)
    if found is None:
        raise not_found("invitation", invitation_id)
    return describe(found)


async def resend(session: AsyncSession, caller: Caller, invitation_id: UUID) -> Issued:
    """Replace the token of an invitation, and let it last for another week.

    Raises:
        RequestError: `not_found`; `conflict` if it was accepted or revoked; `forbidden` as for a new one.
    """
    await _hold_rights(session, caller)
    invitation = await _locked(session, invitation_id)
    rules.check_gift(caller, Role(invitation.role))
    _must_be_unused(invitation)
    before, token = _audited(invitation), _new_token()
    await repository.renew(session, invitation_id, digest(token), _inviter(caller))
    invitation = await _locked(session, invitation_id)
    subject = ("invitation", invitation_id)
    audit.record(session, caller.actor, "invitation.resent", subject, before=before, after=_audited(invitation))
    return Issued(invitation, token)


async def revoke(session: AsyncSession, caller: Caller, invitation_id: UUID) -> None:
    """Take an invitation back; a second time changes nothing.

    Raises:
        RequestError: `not_found`; `conflict` if it was accepted.
    """
    invitation = await _locked(session, invitation_id)
    if invitation.revoked_at is not None:
        return
    _must_be_unused(invitation)
    before = _audited(invitation)
    await repository.revoke(session, invitation_id)
    audit.record(session, caller.actor, "invitation.revoked", ("invitation", invitation_id), before=before)


def state_of(invitation: Invitation) -> InvitationState:
    """What became of an invitation."""
    if invitation.accepted_at is not None:
        return InvitationState.ACCEPTED
    if invitation.revoked_at is not None:
        return InvitationState.REVOKED
    return InvitationState.EXPIRED if invitation.expires_at <= datetime.now(UTC) else InvitationState.OPEN


def describe(invitation: Invitation) -> models.Invitation:
    """The row as the API shows it."""
    return models.Invitation(
        id=invitation.id,
        email=invitation.email,
        role=Role(invitation.role),
        state=state_of(invitation),
        invited_by=invitation.invited_by_name,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        accepted_at=invitation.accepted_at,
        revoked_at=invitation.revoked_at,
    )


async def _hold_rights(session: AsyncSession, caller: Caller) -> None:
    """Nobody invites who has lost the right a moment ago. Before any invitation is locked, as in a removal."""
    if caller.kind is CallerKind.USER and caller.id is not None:
        rules.check_still(caller, await members.hold_membership(session, caller.id))


async def _locked(session: AsyncSession, invitation_id: UUID) -> Invitation:
    invitation = await repository.lock(session, invitation_id)
    if invitation is None:
        raise not_found("invitation", invitation_id)
    return invitation


async def _open_already(session: AsyncSession, email: str) -> RequestError:
    present = await repository.find_open(session, email)
    details = {} if present is None else {"invitation_id": str(present.id)}
    message = f"{email} is invited already; send that invitation again, or revoke it first."
    return RequestError(ErrorCode.CONFLICT, message, details=details)


def _must_be_unused(invitation: Invitation) -> None:
    state = state_of(invitation)
    if state in (InvitationState.ACCEPTED, InvitationState.REVOKED):
        raise RequestError(ErrorCode.CONFLICT, f"The invitation was {state}.", details={"state": state.value})


def _inviter(caller: Caller) -> tuple[UUID | None, str]:
    return (caller.id if caller.kind is CallerKind.USER else None, caller.name)


def _new_token() -> str:
    return f"pdi_{new_secret()}"


def _audited(invitation: Invitation) -> dict[str, Any]:
    return {
        "email": invitation.email,
        "role": invitation.role,
        "expires_at": invitation.expires_at.isoformat(),
    }


def path_of(token: str) -> str:
    """The page that accepts an invitation."""
    # Behind a #, so that the token stays in the browser: no proxy and no log sees it when the link is opened.
    return f"/invitation#token={token}"
