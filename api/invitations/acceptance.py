"""Accepting an invitation: with a new account, or signed in as the person who was invited."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access import passwords
from api.access.caller import Caller, CallerKind
from api.access.opaque_tokens import digest
from api.access.person import Person, person_of
from api.errors import FieldProblem, RequestError
from api.identity import repository as people
from api.identity import sessions
from api.identity.client import Client
from api.identity.own_sessions import switch_workspace
from api.identity.sessions import OpenSession
from api.invitations import models, repository
from api.invitations.models import InvitationState
from api.invitations.proof import is_from_mail, may_choose_password, plain_token, prove_account
from api.invitations.service import state_of
from api.services import Services
from db import audit
from db.audit import Actor
from db.tables import Invitation, User, Workspace
from schemas.errors import ErrorCode
from schemas.roles import Role


@dataclass(frozen=True)
class Joined:
    """A person who was signed in has become a member."""

    person: Person
    workspace: Workspace
    role: Role


async def inspect(services: Services, token: str) -> models.InspectedInvitation:
    """What an invitation is about; changes nothing.

    Raises:
        RequestError: `not_found`; `conflict` if it cannot be accepted any more.
    """
    async with services.database.identity() as session:
        invitation, workspace = await _usable(session, token, lock=False)
        user = await people.find_user(session, invitation.email)
    return models.InspectedInvitation(
        workspace=workspace.name,
        email=invitation.email,
        role=Role(invitation.role),
        invited_by=invitation.invited_by_name,
        expires_at=invitation.expires_at,
        account_exists=user is not None and not may_choose_password(services.encryption, invitation, user, token),
    )


async def accept(
    services: Services, client: Client, caller: Caller | None, body: models.AcceptInvitation
) -> OpenSession | Joined:
    """Become a member.

    Returns:
        The first session of a new account, or the membership of the one that is signed in.

    Raises:
        PerdureError: `not_found`, `conflict`; `invalid_request` without name and password for a new account;
            `unauthenticated` without proof of the account there is, `forbidden` for somebody else, `rate_limited`.
    """
    async with services.database.identity() as session:
        invitation, _ = await _usable(session, body.token, lock=False)
        user = await people.find_user(session, invitation.email)
    if user is None:
        return await _with_new_account(services, client, invitation.email, body)
    if caller is not None and caller.kind is CallerKind.USER:
        return await _signed_in(services, client, _invited(caller, user), body.token)
    if may_choose_password(services.encryption, invitation, user, body.token):
        return await _with_first_password(services, client, user.id, body)
    await prove_account(services, client, user, body)
    return await _with_account(services, client, user.id, body.token)


async def _with_new_account(
    services: Services, client: Client, email: str, body: models.AcceptInvitation
) -> OpenSession:
    name, password = _chosen(body)
    passwords.check_choice(password, email)
    # Outside of the transaction: it takes long, and must not hold a lock.
    kept = await passwords.hash_password(password)
    async with services.database.identity() as session:
        invitation, _ = await _usable(session, body.token, lock=True)
        user = await repository.add_user(session, email, name, kept)
        if user is None:
            raise RequestError(ErrorCode.CONFLICT, f"{email} has an account now; sign in as it, then accept.")
        _note_proof(services, invitation, user, body.token)
        await _join(session, invitation, user, client, account_created=True)
        return await sessions.start_session(session, user, client, "invitation", workspace_id=invitation.workspace_id)


async def _with_first_password(
    services: Services, client: Client, user_id: UUID, body: models.AcceptInvitation
) -> OpenSession:
    """For an account that somebody else has had made: the owner of its mailbox makes it theirs."""
    name, password = _chosen(body)
    async with services.database.identity() as session:
        invitation, _ = await _usable(session, body.token, lock=False)
    passwords.check_choice(password, invitation.email)
    kept = await passwords.hash_password(password)
    async with services.database.identity() as session:
        invitation, _ = await _usable(session, body.token, lock=True)
        user = await _locked(session, user_id, invitation)
        if not may_choose_password(services.encryption, invitation, user, body.token):
            raise RequestError(ErrorCode.CONFLICT, "The account was changed at this moment; try again.")
        user.name, user.password_hash, user.password_changed_at = name, kept, await people.now(session)
        ended = await people.end_sessions(session, user.id, "the owner of the mailbox has chosen a password")
        actor = Actor(invitation.workspace_id, "user", user.id, user.email, client.address, client.request_id)
        audit.record(
            session, actor, "user.password_changed", ("user", user.id), after={"first": True, "sessions_ended": ended}
        )
        _note_proof(services, invitation, user, body.token)
        await _join(session, invitation, user, client)
        return await sessions.start_session(session, user, client, "invitation", workspace_id=invitation.workspace_id)


async def _signed_in(services: Services, client: Client, person: Person, token: str) -> Joined:
    async with services.database.identity() as session:
        invitation, _ = await _usable(session, token, lock=True)
        user = await _locked(session, person.user_id, invitation)
        _note_proof(services, invitation, user, token)
        await _join(session, invitation, user, client)
    workspace, role = await switch_workspace(services, person, invitation.workspace_id)
    return Joined(person, workspace, role)


async def _with_account(services: Services, client: Client, user_id: UUID, token: str) -> OpenSession:
    async with services.database.identity() as session:
        invitation, _ = await _usable(session, token, lock=True)
        user = await _locked(session, user_id, invitation)
        _note_proof(services, invitation, user, token)
        await _join(session, invitation, user, client)
        return await sessions.start_session(session, user, client, "invitation", workspace_id=invitation.workspace_id)


async def _locked(session: AsyncSession, user_id: UUID, invitation: Invitation) -> User:
    user = await people.lock_user(session, user_id)
    if user is None or user.email != invitation.email or user.disabled_at is not None:
        raise RequestError(ErrorCode.CONFLICT, "The account was changed at this moment; try again.")
    return user


async def _join(
    session: AsyncSession, invitation: Invitation, user: User, client: Client, *, account_created: bool = False
) -> None:
    if not await repository.accept(session, invitation, user.id):
        raise RequestError(ErrorCode.CONFLICT, "You are a member of this workspace already.")
    actor = Actor(invitation.workspace_id, "user", user.id, user.email, client.address, client.request_id)
    after = {
        "email": user.email,
        "role": invitation.role,
        "user_id": str(user.id),
        "account_created": account_created,
        "address_verified": user.email_verified_at is not None,
    }
    audit.record(session, actor, "invitation.accepted", ("invitation", invitation.id), after=after)


def _note_proof(services: Services, invitation: Invitation, user: User, token: str) -> None:
    """From now on it is known that the mailbox is theirs, if the link came from the mail."""
    if user.email_verified_at is None and is_from_mail(services.encryption, invitation, token):
        user.email_verified_at = datetime.now(UTC)


async def _usable(session: AsyncSession, token: str, *, lock: bool) -> tuple[Invitation, Workspace]:
    found = await repository.find_by_token(session, digest(plain_token(token)), lock=lock)
    if found is None:
        raise RequestError(ErrorCode.NOT_FOUND, "There is no such invitation; a newer link may have replaced it.")
    state = state_of(found[0])
    if state is not InvitationState.OPEN:
        was = "has expired" if state is InvitationState.EXPIRED else f"was {state} before"
        message = f"The invitation {was}; ask {found[0].invited_by_name} for another one."
        raise RequestError(ErrorCode.CONFLICT, message, details={"state": state.value})
    return found


def _invited(caller: Caller, user: User) -> Person:
    """The caller, if they are who was invited."""
    if caller.id != user.id:
        message = f"The invitation is for {user.email}, and you are signed in as {caller.name}; sign in as the other."
        raise RequestError(ErrorCode.FORBIDDEN, message)
    if caller.confined:
        # Nothing is accepted in the name of somebody for whom only the provider of another workspace speaks.
        message = (
            "You have signed in at your company's provider, and that counts in its workspace only; sign out, and "
            "accept with the password of your account."
        )
        raise RequestError(ErrorCode.FORBIDDEN, message)
    return person_of(caller)


def _chosen(body: models.AcceptInvitation) -> tuple[str, str]:
    """Name and password of a new account."""
    missing = [field for field in ("name", "password") if getattr(body, field) is None]
    if body.name is None or body.password is None:
        message = "A new account needs a name and a password."
        problems = [FieldProblem(field=f"body.{field}", message=message) for field in missing]
        raise RequestError(ErrorCode.INVALID_REQUEST, message, errors=problems)
    return body.name, body.password.get_secret_value()
