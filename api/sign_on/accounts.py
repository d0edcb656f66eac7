"""From what a provider asserts to an account: known again, joined to one that is there, or made.

An address proves nothing by itself. It leads to an account only if the provider says that it is verified, if it is in
one of the domains that the provider may speak for, and if the account is in the workspace already; the session counts
in this workspace only. An account elsewhere is never opened: its owner would have to trust the owner of this workspace.
One that somebody else may have made for the address, by a link that was not mailed, loses its password first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.emails import NewEmail, comparable
from api.errors import RequestError
from api.identity import repository
from api.sign_on import mapping
from db import audit
from db.audit import Actor
from db.tables import Membership, ScimUser, SignOnIdentity, SignOnProvider, User
from schemas.errors import ErrorCode
from schemas.roles import Role

_EMAIL: Final = TypeAdapter[str](NewEmail)
_MAX_GROUPS: Final = 2_000


@dataclass(frozen=True)
class Asserted:
    """What a provider says about a person."""

    subject: str
    email: str
    """As accounts keep it; empty if there is none, or none that can be used."""
    verified: bool
    name: str
    groups: tuple[str, ...] | None
    """Nothing if the provider does not speak of groups."""


def read_claims(provider: SignOnProvider, claims: Mapping[str, Any]) -> Asserted:
    """The claims of an ID token, together with those of the user info."""
    email = valid_email(claims.get("email"))
    verified = claims.get("email_verified")
    name = claims.get("name")
    return Asserted(
        subject=str(claims["sub"]),
        email=email,
        verified=provider.trust_email or verified is True or verified == "true",
        name=name.strip()[:200] if isinstance(name, str) and name.strip() else email.partition("@")[0],
        groups=_groups(claims, provider.groups_claim),
    )


async def person(session: AsyncSession, provider: SignOnProvider, said: Asserted, actor: Actor) -> User:
    """The account of a person, a member of the workspace of the provider with the role that their groups mean.

    Args:
        session: Of `Database.identity()`.
        provider: Who asserts it.
        said: What is asserted.
        actor: Perdure itself, at the address of the caller.

    Raises:
        RequestError: `forbidden` if nobody may come in with it.
    """
    user = await _known(session, provider, said)
    if user is None:
        user = await _by_address(session, provider, said, actor)
        user = await _remember(session, provider, said, user, actor)
    if user.disabled_at is not None:
        raise forbidden("The account is closed.")
    if await _is_deactivated(session, provider, user):
        raise forbidden("The directory of your company has ended your access here; ask whoever keeps it.")
    is_member = await _is_member(session, provider, user)
    if not is_member and not provider.create_accounts:
        raise forbidden("You are not in this workspace; ask for an invitation.")
    if said.groups is not None or not is_member:
        await mapping.apply(session, actor, user, said.groups or (), new=not is_member)
    return user


async def _known(session: AsyncSession, provider: SignOnProvider, said: Asserted) -> User | None:
    """Who has signed in with this subject before."""
    key = (SignOnIdentity.provider_id == provider.id, SignOnIdentity.subject == said.subject)
    user_id = await session.scalar(select(SignOnIdentity.user_id).where(*key))
    if user_id is None:
        return None
    used = update(SignOnIdentity).where(*key).values(email=said.email, last_used_at=func.clock_timestamp())
    await session.execute(used)
    return await repository.get_user(session, user_id)


async def _by_address(session: AsyncSession, provider: SignOnProvider, said: Asserted, actor: Actor) -> User:
    _check_address(provider, said)
    found = await repository.find_user(session, said.email)
    if found is None:
        if not provider.create_accounts:
            raise forbidden("You are not in this workspace; ask for an invitation.")
        made = await repository.add_user(session, said.email, said.name, None)
        if made is not None:
            after = {"email": said.email, "provider": provider.name}
            audit.record(session, actor, "user.created", ("user", made.id), after=after)
            return made
        found = await repository.find_user(session, said.email)
    if found is None or not await _is_member(session, provider, found):
        raise forbidden("There is an account with your address that is not in this workspace; ask for an invitation.")
    return await _proved(session, provider, found, actor)


async def is_theirs(session: AsyncSession, workspace_id: UUID, user: User) -> bool:
    """Whether an account may be taken for whoever has its address, in a workspace.

    Where invitations are not mailed, whoever invites can accept in the name of another, and answers for that in the
    workspace. Elsewhere an address whose owner nobody knows proves nothing, if somebody has a password for it.
    """
    if user.password_hash is None or user.email_verified_at is not None:
        return True
    here = (Membership.workspace_id == workspace_id, Membership.user_id == user.id)
    return await session.scalar(select(Membership.user_id).where(*here)) is not None


async def _proved(session: AsyncSession, provider: SignOnProvider, user: User, actor: Actor) -> User:
    """The account, once only who comes in now can use it: somebody else may have made it for the address.

    Owners keep their password, for the day on which the provider is away; only owners invite owners.
    """
    if user.password_hash is None or user.email_verified_at is not None:
        return user
    query = select(Membership.workspace_id, Membership.role).where(Membership.user_id == user.id)
    roles = {row.workspace_id: row.role for row in await session.execute(query)}
    if roles.get(provider.workspace_id) == Role.OWNER:
        return user
    if len(roles) > 1:
        raise forbidden(
            "Nobody has shown yet that the mailbox of the account with your address is theirs: open the mail of an "
            "invitation, or ask the operator for a link to sign in with."
        )
    user.password_hash = None
    ended = await repository.end_sessions(session, user.id, "the owner of the address has come in by single sign-on")
    audit.record(session, actor, "user.password_forgotten", ("user", user.id), after={"sessions_ended": ended})
    return user


def _check_address(provider: SignOnProvider, said: Asserted) -> None:
    if not said.email:
        raise forbidden(f"{provider.name} does not say your e-mail address; the scope `email` may be missing.")
    if not said.verified:
        raise forbidden(f"{provider.name} does not say that your e-mail address is verified.")
    if provider.domains and said.email.rpartition("@")[2] not in provider.domains:
        raise forbidden("People with your e-mail address may not come in here.")


async def _remember(session: AsyncSession, provider: SignOnProvider, said: Asserted, user: User, actor: Actor) -> User:
    """Know a person by their subject from now on; of several who come in with it at once, the first one is meant."""
    identity = {"provider_id": provider.id, "subject": said.subject, "workspace_id": provider.workspace_id}
    row = insert(SignOnIdentity).values(**identity, user_id=user.id, email=said.email)
    if await session.scalar(row.on_conflict_do_nothing().returning(SignOnIdentity.user_id)) is None:
        return await _known(session, provider, said) or user
    after = {"email": user.email, "provider": provider.name, "subject": said.subject}
    audit.record(session, actor, "sign_on.linked", ("user", user.id), after=after)
    return user


async def _is_member(session: AsyncSession, provider: SignOnProvider, user: User) -> bool:
    query = select(Membership.user_id).where(
        Membership.workspace_id == provider.workspace_id, Membership.user_id == user.id
    )
    return await session.scalar(query) is not None


async def _is_deactivated(session: AsyncSession, provider: SignOnProvider, user: User) -> bool:
    """Whether the directory says that somebody is not to come in; it cannot change its mind until this is over."""
    query = select(ScimUser.active).where(ScimUser.workspace_id == provider.workspace_id, ScimUser.user_id == user.id)
    return await session.scalar(query.with_for_update(read=True)) is False


def forbidden(message: str) -> RequestError:
    """The answer to somebody who has proved who they are, and may not come in."""
    return RequestError(ErrorCode.FORBIDDEN, message)


def valid_email(value: object) -> str:
    """An address as accounts keep it; empty if it is none."""
    try:
        return comparable(_EMAIL.validate_python(value))
    except ValidationError:
        return ""


def _groups(claims: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """The groups of a claim; of a claim inside of others by its path, such as `realm_access.roles`."""
    if not name:
        return None
    value: Any = claims.get(name)
    if value is None and "." in name:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        return None
    return tuple(one for one in value[:_MAX_GROUPS] if isinstance(one, str))
