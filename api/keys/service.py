"""Making, listing and revoking API keys."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, CallerKind
from api.access.opaque_tokens import KeyToken, digest
from api.access.permissions import Permission
from api.errors import FieldProblem, RequestError, not_found
from api.identity.answers import user_summary
from api.keys import repository
from api.keys.models import CreatedKey, CreateKey, Key, KeyPage, KeyState
from api.requests import decode_moment_cursor, encode_cursor
from db import audit
from db.tables import ApiKey, User
from schemas.errors import ErrorCode


async def create_key(session: AsyncSession, caller: Caller, body: CreateKey) -> CreatedKey:
    """Make a key that may at most what its maker may.

    Raises:
        RequestError: `forbidden` for scopes beyond that, and for keys: a key that leaks must not make others.
    """
    if caller.kind is CallerKind.KEY:
        raise RequestError(ErrorCode.FORBIDDEN, "An API key cannot make keys; sign in as a person.")
    _check(caller, body)
    token = KeyToken.fresh()
    key = ApiKey(
        id=uuid4(),
        workspace_id=caller.workspace_id,
        prefix=token.prefix,
        secret_hash=digest(token.secret),
        name=body.name,
        scopes=[scope.value for scope in Permission if scope in body.scopes],
        role=caller.role.value,
        created_by=caller.id,
        expires_at=body.expires_at,
    )
    session.add(key)
    await session.flush()
    after = {"name": key.name, "prefix": key.prefix, "scopes": key.scopes, "expires_at": _text(key.expires_at)}
    audit.record(session, caller.actor, "api_key.created", ("api_key", key.id), after=after)
    found = await repository.find_key(session, key.id)
    described = _described(key, found[1] if found is not None else None)
    return CreatedKey(**described.model_dump(), key=token.text)


async def get_key(session: AsyncSession, key_id: UUID) -> Key:
    """A key.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_key(session, key_id)
    if found is None:
        raise not_found("API key", key_id)
    return _described(*found)


async def list_keys(session: AsyncSession, *, ended: bool, cursor: str | None, limit: int) -> KeyPage:
    """A page of keys."""
    before = decode_moment_cursor(cursor) if cursor is not None else None
    found = await repository.list_keys(session, ended=ended, before=before, limit=limit + 1)
    items = [_described(*one) for one in found[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(found) > limit else None
    return KeyPage(items=items, next_cursor=more)


async def revoke_key(session: AsyncSession, caller: Caller, key_id: UUID) -> None:
    """End a key; ending it again changes nothing.

    Raises:
        RequestError: `not_found`.
    """
    key = await get_key(session, key_id)
    if await repository.revoke_key(session, key_id):
        before = {"name": key.name, "scopes": list(key.scopes)}
        audit.record(session, caller.actor, "api_key.revoked", ("api_key", key_id), before=before)


def _check(caller: Caller, body: CreateKey) -> None:
    beyond = [scope.value for scope in Permission if scope in body.scopes and not caller.may(scope)]
    if beyond:
        message = f"You cannot give what you do not have: {', '.join(beyond)}."
        raise RequestError(ErrorCode.FORBIDDEN, message, details={"permissions": beyond})
    if body.expires_at is not None and body.expires_at <= datetime.now(UTC):
        problem = FieldProblem(field="body.expires_at", message="This is in the past.")
        raise RequestError(ErrorCode.INVALID_REQUEST, "The key would be expired at once.", errors=[problem])


def _described(key: ApiKey, maker: User | None) -> Key:
    return Key(
        id=key.id,
        name=key.name,
        prefix=f"pdk_{key.prefix}",
        scopes=[scope for scope in Permission if scope in key.scopes],
        state=_state(key, maker),
        created_by=None if maker is None else user_summary(maker),
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


def _state(key: ApiKey, maker: User | None) -> KeyState:
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
        return KeyState.EXPIRED
    gone = key.created_by is not None and (maker is None or maker.disabled_at is not None)
    return KeyState.SUSPENDED if gone else KeyState.ACTIVE


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
