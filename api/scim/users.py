"""People of the directory: made, changed, deactivated, removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.identity import repository as people
from api.scim import store
from api.scim.documents import USER
from api.scim.errors import ScimError, invalid, missing
from api.scim.filters import ENTERPRISE, find
from api.sign_on import mapping
from api.sign_on.accounts import is_theirs, valid_email
from db import audit
from db.audit import Actor
from db.tables import ScimUser, User

MAX_BYTES: Final = 64 * 1024
_OWN: Final = frozenset({"id", "meta", "schemas", "groups", "password", "username", "externalid", "active"})
"""Attributes, in small letters, that are kept apart from the others, follow from them, or are nobody's business."""


@dataclass(frozen=True)
class Wanted:
    """What a person is to be like."""

    user_name: str
    external_id: str | None
    active: bool
    email: str
    name: str
    attributes: dict[str, Any]


def read_user(resource: Any) -> Wanted:
    """The resource of a person.

    Raises:
        ScimError: `invalidSyntax`, `invalidValue`.
    """
    if not isinstance(resource, dict):
        raise invalid("Send a person as a JSON object.", "invalidSyntax")
    user_name = text_of(resource, "userName")
    if not user_name:
        raise invalid("`userName` must be there.")
    attributes = {key: value for key, value in resource.items() if key.lower() not in _OWN}
    if len(orjson.dumps(attributes)) > MAX_BYTES:
        raise invalid(f"The attributes have more than {MAX_BYTES:,} bytes.")
    email = _email(resource, user_name)
    if not email:
        raise invalid("`emails` or `userName` must hold an e-mail address.")
    external_id, active = text_of(resource, "externalId") or None, _active(resource)
    return Wanted(user_name, external_id, active, email, _name(resource, email), attributes)


def describe(row: ScimUser, groups: list[store.Named], base: str) -> dict[str, Any]:
    """A person as a resource."""
    extended = any(key.lower() == ENTERPRISE.lower() for key in row.attributes)
    location = f"{base}/Users/{row.id}"
    shown: dict[str, Any] = {
        "schemas": [USER, *([ENTERPRISE] if extended else [])],
        "id": str(row.id),
        "userName": row.user_name,
        **row.attributes,
        "active": row.active,
        "groups": [
            {"value": str(identity), "$ref": f"{base}/Groups/{identity}", "display": name, "type": "direct"}
            for identity, name in groups
        ],
        "meta": {
            "resourceType": "User",
            "created": row.created_at.isoformat(),
            "lastModified": row.updated_at.isoformat(),
            "location": location,
            "version": f'W/"{row.version}"',
        },
    }
    if row.external_id is not None:
        shown["externalId"] = row.external_id
    return shown


async def create(session: AsyncSession, actor: Actor, wanted: Wanted) -> ScimUser:
    """Make a person known; one who is active becomes a member.

    Raises:
        ScimError: `uniqueness`.
    """
    workspace_id = actor.workspace_id
    await store.lock_names(session, workspace_id, "scim-users")
    await _check_name(session, workspace_id, wanted.user_name, UUID(int=0))
    made = await people.add_user(session, wanted.email, wanted.name, None)
    user = made or await people.find_user(session, wanted.email)
    if user is None:
        raise RuntimeError("an address that is taken belongs to somebody")
    if await store.is_taken(session, workspace_id, ScimUser.user_id == user.id, UUID(int=0)):
        raise ScimError(409, f"The directory keeps somebody with the address {wanted.email!r} already.", "uniqueness")
    if not await is_theirs(session, workspace_id, user):
        message = f"Nobody has shown that the mailbox of the account {wanted.email!r} is theirs; invite them by mail."
        raise ScimError(409, message, "uniqueness")
    row = ScimUser(
        id=uuid4(),
        workspace_id=workspace_id,
        user_id=user.id,
        user_name=wanted.user_name,
        external_id=wanted.external_id,
        active=wanted.active,
        owns_account=made is not None,
        attributes=wanted.attributes,
        groups=[],
    )
    session.add(row)
    await session.flush()
    await session.refresh(row, ["version", "created_at", "updated_at"])
    audit.record(session, actor, "directory_user.created", ("user", user.id), after=_audited(row, wanted.email))
    if wanted.active:
        await _activate(session, actor, row, user)
    else:
        await _deactivate(session, actor, row, user)
    return row


async def update(session: AsyncSession, actor: Actor, row: ScimUser, wanted: Wanted) -> None:
    """Make a person what they are to be like.

    Args:
        session: Of `Database.identity()`.
        actor: The directory.
        row: Who, locked.
        wanted: As what.

    Raises:
        ScimError: `uniqueness`; a conflict for the last owner.
    """
    user = await people.lock_user(session, row.user_id)
    if user is None:
        raise missing("User", row.id)
    if row.user_name.lower() != wanted.user_name.lower():
        await store.lock_names(session, row.workspace_id, "scim-users")
        await _check_name(session, row.workspace_id, wanted.user_name, row.id)
    before, was_active = _audited(row, user.email), row.active
    row.user_name, row.external_id, row.active = wanted.user_name, wanted.external_id, wanted.active
    row.attributes = wanted.attributes
    touched = session.is_modified(row)  # before a query writes it down
    await _change_account(session, row, user, wanted)
    after = _audited(row, user.email)
    if touched or before != after:
        row.version, row.updated_at = row.version + 1, await people.now(session)
    if before != after:
        audit.record(session, actor, "directory_user.updated", ("user", user.id), before=before, after=after)
    await session.flush()
    if not wanted.active:
        await _deactivate(session, actor, row, user)
    elif not was_active:
        await _activate(session, actor, row, user)


async def remove(session: AsyncSession, actor: Actor, row: ScimUser) -> None:
    """Take a person out of the directory and out of the workspace.

    Raises:
        ScimError: A conflict for the last owner.
    """
    user = await people.lock_user(session, row.user_id)
    if user is None:
        raise missing("User", row.id)
    before = _audited(row, user.email)
    await _deactivate(session, actor, row, user)
    await session.flush()
    await store.forget_user(session, row)
    audit.record(session, actor, "directory_user.deleted", ("user", user.id), before=before)


async def reapply(session: AsyncSession, actor: Actor, row: ScimUser) -> None:
    """Give somebody whose groups have changed the role that they mean."""
    user = await people.get_user(session, row.user_id)
    if user is not None and row.active and actor.workspace_id in await store.memberships(session, user.id):
        groups = (await store.groups_of(session, actor.workspace_id, [user.id])).get(user.id, [])
        await mapping.apply(session, actor, user, [name for _, name in groups])


async def _activate(session: AsyncSession, actor: Actor, row: ScimUser, user: User) -> None:
    """Make somebody a member, in the groups that have waited for them."""
    if actor.workspace_id not in await store.memberships(session, user.id):
        await mapping.apply(session, actor, user, (), new=True)
    await store.rejoin(session, actor.workspace_id, user.id, row.groups)
    row.groups = []
    await session.flush()
    await reapply(session, actor, row)


async def _deactivate(session: AsyncSession, actor: Actor, row: ScimUser, user: User) -> None:
    """Take somebody out of the workspace: sessions end, keys and invitations lose their rights.

    Whoever was inactive before may be a member again: somebody has brought them back without the directory.
    """
    workspace_id = actor.workspace_id
    locked = await mapping.locked_members(session, workspace_id, user.id)
    if mapping.is_sole_owner(locked, user.id):
        raise ScimError(409, "This is the last owner of the workspace; make somebody else an owner first.")
    if user.id not in locked:
        return
    before = {"email": user.email, "role": locked[user.id][0].role}
    groups = await store.remove_membership(session, workspace_id, user.id)
    row.groups = list(dict.fromkeys([*row.groups, *groups]))
    revoked = await mapping.revoke_invitations(session, workspace_id, user.id, None)
    elsewhere = await store.memberships(session, user.id)
    ended = await store.end_sessions(session, workspace_id, user.id, all_of_them=not elsewhere)
    after = {"sessions_ended": ended, "invitations_revoked": revoked}
    audit.record(session, actor, "member.removed", ("user", user.id), before=before, after=after)
    await session.flush()


async def _change_account(session: AsyncSession, row: ScimUser, user: User, wanted: Wanted) -> None:
    """Name and address of an account that the directory has made, as long as nobody else relies on them."""
    if not row.owns_account or await store.memberships(session, user.id) - {row.workspace_id}:
        return
    user.name = wanted.name
    if user.email != wanted.email:
        try:
            async with session.begin_nested():
                user.email, user.email_verified_at = wanted.email, None
                await session.flush()
        except IntegrityError:
            raise ScimError(409, f"Another account has the address {wanted.email!r}.", "uniqueness") from None


async def _check_name(session: AsyncSession, workspace_id: UUID, user_name: str, but: UUID) -> None:
    same = func.lower(ScimUser.user_name) == func.lower(user_name)
    if await store.is_taken(session, workspace_id, same, but):
        raise ScimError(409, f"There is somebody with the userName {user_name!r} already.", "uniqueness")


def text_of(resource: Mapping[str, Any], name: str) -> str:
    """A text attribute; empty if it is not there.

    Raises:
        ScimError: `invalidValue`: it is no text, or too long.
    """
    value = find(resource, name)
    if value is None or not isinstance(value, str):
        if isinstance(value, int | float | list | dict):
            raise invalid(f"`{name}` must be a text.")
        return ""
    if len(value) > 300:
        raise invalid(f"`{name}` has more than 300 characters.")
    return value.strip()


def _active(resource: Mapping[str, Any]) -> bool:
    """Some directories write it as a text."""
    value = find(resource, "active")
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, str | int | float | list | dict) and not isinstance(value, bool):
        raise invalid("`active` must be true or false.")
    return value is not False


def _email(resource: Mapping[str, Any], user_name: str) -> str:
    listed = find(resource, "emails")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    first = sorted(found, key=lambda one: find(one, "primary") is not True)
    candidates = [*(find(one, "value") for one in first), user_name]
    return next((email for one in candidates if (email := valid_email(one))), "")


def _name(resource: Mapping[str, Any], email: str) -> str:
    name = find(resource, "name")
    parts = name if isinstance(name, dict) else {}
    given = " ".join(part for key in ("givenName", "familyName") if (part := text_of(parts, key)))
    return (text_of(resource, "displayName") or text_of(parts, "formatted") or given or email.partition("@")[0])[:200]


def _audited(row: ScimUser, email: str) -> dict[str, Any]:
    return {"user_name": row.user_name, "email": email, "active": row.active, "external_id": row.external_id}
