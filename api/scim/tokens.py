"""Tokens with which a directory calls: one workspace each, shown once, kept as a hash."""

import re
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from pydantic import BaseModel, Field
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer_group

from api.access.caller import Caller, CallerKind
from api.access.opaque_tokens import KeyToken, digest, same
from api.errors import RequestError, not_found
from api.identity.models import Body, PersonName
from db import audit
from db.tables import SECRETS, ScimToken
from schemas.errors import ErrorCode

MAX_TOKENS: Final = 20
"""That count at once: one for each directory, and the next one while it is exchanged."""

_FORM: Final = re.compile(r"pds_([0-9a-f]{12})_([0-9a-f]{64})")
_NOTED_EVERY: Final = func.make_interval(0, 0, 0, 0, 0, 1)


class CreateScimToken(Body):
    """Body of the creation of a token."""

    name: PersonName = Field(description="Which directory it is for.", examples=["Entra ID"])


class ScimTokenSummary(BaseModel):
    """A token of a directory."""

    id: UUID
    name: str
    prefix: str = Field(description="Beginning of the token.")
    created_by: str
    created_at: datetime
    last_used_at: datetime | None = Field(description="To within a minute.")


class CreatedScimToken(ScimTokenSummary):
    """A new token."""

    token: str = Field(description="Shown only here.")


class ScimTokenList(BaseModel):
    """Tokens that count, the latest first."""

    items: list[ScimTokenSummary]


async def find_token(session: AsyncSession, text: str) -> ScimToken | None:
    """The token of a request, if it counts; in a session of `Database.identity()`."""
    parts = _FORM.fullmatch(text)
    if parts is None:
        return None
    query = select(ScimToken).where(ScimToken.prefix == parts[1], ScimToken.revoked_at.is_(None))
    found = (await session.scalars(query.options(undefer_group(SECRETS)))).one_or_none()
    if found is None or not same(digest(parts[2]), found.secret_hash):
        return None
    now = func.clock_timestamp()
    long_ago = or_(ScimToken.last_used_at.is_(None), ScimToken.last_used_at < now - _NOTED_EVERY)
    used = update(ScimToken).where(ScimToken.id == found.id, long_ago).values(last_used_at=now)
    await session.execute(used, execution_options={"synchronize_session": False})
    return found


async def list_tokens(session: AsyncSession) -> ScimTokenList:
    """Tokens of the workspace that count."""
    return ScimTokenList(items=[_described(row) for row in await _live(session)])


async def create_token(session: AsyncSession, caller: Caller, name: str) -> CreatedScimToken:
    """Make a token.

    Raises:
        RequestError: `forbidden` for keys: one that leaks must not make others; `conflict` for too many.
    """
    if caller.kind is CallerKind.KEY:
        raise RequestError(ErrorCode.FORBIDDEN, "An API key cannot make tokens; sign in as a person.")
    if len(await _live(session)) >= MAX_TOKENS:
        raise RequestError(ErrorCode.CONFLICT, f"There are {MAX_TOKENS} tokens; revoke one that is not used.")
    token = KeyToken.fresh()
    row = ScimToken(
        id=uuid4(),
        workspace_id=caller.workspace_id,
        prefix=token.prefix,
        secret_hash=digest(token.secret),
        name=name.strip(),
        created_by_name=caller.name,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row, ["created_at", "last_used_at"])
    after = {"name": row.name, "prefix": row.prefix}
    audit.record(session, caller.actor, "scim_token.created", ("scim_token", row.id), after=after)
    return CreatedScimToken(**_described(row).model_dump(), token=f"pds_{token.prefix}_{token.secret}")


async def revoke_token(session: AsyncSession, caller: Caller, token_id: UUID) -> None:
    """End a token; ending it again changes nothing.

    Raises:
        RequestError: `not_found`.
    """
    row = (await session.scalars(select(ScimToken).where(ScimToken.id == token_id))).one_or_none()
    if row is None:
        raise not_found("token", token_id)
    live = (ScimToken.id == token_id, ScimToken.revoked_at.is_(None))
    ended = update(ScimToken).where(*live).values(revoked_at=func.clock_timestamp()).returning(ScimToken.id)
    if await session.scalar(ended) is not None:
        before = {"name": row.name, "prefix": row.prefix}
        audit.record(session, caller.actor, "scim_token.revoked", ("scim_token", token_id), before=before)


async def _live(session: AsyncSession) -> list[ScimToken]:
    query = select(ScimToken).where(ScimToken.revoked_at.is_(None))
    return list(await session.scalars(query.order_by(ScimToken.created_at.desc(), ScimToken.id)))


def _described(row: ScimToken) -> ScimTokenSummary:
    return ScimTokenSummary(
        id=row.id,
        name=row.name,
        prefix=f"pds_{row.prefix}",
        created_by=row.created_by_name,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )
