"""Values that another store keeps: which one, and where in it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.credentials.models import CredentialSource
from api.errors import FieldProblem, RequestError, not_found
from db.tables import Connection, Credential, SecretStore
from schemas.credentials.types import CredentialType
from schemas.errors import ErrorCode
from schemas.faults import listed
from schemas.secret_stores import SecretSource


@dataclass(frozen=True)
class Kept:
    """Where a value is."""

    store_id: UUID
    source: dict[str, Any]
    fields: list[str]


async def kept_elsewhere(
    session: AsyncSession, kind: CredentialType, secret: dict[str, Any] | None, source: CredentialSource | None
) -> Kept | None:
    """Where the value of a new credential is; nothing if it comes with the request.

    Raises:
        RequestError: `invalid_request` unless exactly one of both is given; `not_found` for an unknown store.
    """
    if (secret is None) == (source is None):
        raise _invalid("secret", "Give either `secret`, or `source` if another store keeps the value.")
    return None if source is None else await _kept(session, kind, source)


async def move(session: AsyncSession, credential: Credential, kind: CredentialType, source: CredentialSource) -> None:
    """Read the value from another place from now on.

    Raises:
        RequestError: `conflict` if the value is kept here; `invalid_request`, `not_found`.
    """
    if credential.store_id is None:
        message = "The value of this credential is kept here; make another one for a value that a store keeps."
        raise RequestError(ErrorCode.CONFLICT, message)
    kept = await _kept(session, kind, source)
    credential.store_id, credential.source, credential.fields = kept.store_id, kept.source, kept.fields
    credential.value_changed_at = func.clock_timestamp()


async def refuse_while_connected(session: AsyncSession, credential: Credential) -> None:
    """Refuse to delete what authenticates a connection.

    Raises:
        RequestError: `conflict`, naming the connections.
    """
    using = list(await session.scalars(select(Connection.name).where(Connection.credential_id == credential.id)))
    if using:
        message = (
            f"The credential {credential.name!r} authenticates {listed(using[:20])}; delete these connections first."
        )
        raise RequestError(ErrorCode.CONFLICT, message)


async def _kept(session: AsyncSession, kind: CredentialType, source: CredentialSource) -> Kept:
    known = list(kind.secret.model_fields)
    fields = sorted(known or source.keys)
    if not fields:
        raise _invalid("source.keys", "Name the fields of the credential, each with its key in the secret.")
    if known and (unknown := sorted(set(source.keys) - set(known))):
        raise _invalid("source.keys", f"A credential of type {kind.name} has no field {listed(unknown)}.")
    where = SecretSource(path=source.path, version=source.version, keys=source.keys)
    return Kept(await _store_id(session, source.store), where.model_dump(mode="json"), fields)


async def _store_id(session: AsyncSession, reference: str | None) -> UUID:
    found = await session.scalar(select(SecretStore.id).where(_means(reference)))
    if found is not None:
        return found
    if reference is None:
        raise _invalid("source.store", "Name the store: the workspace has not chosen one of its own.")
    raise not_found("store", reference)


def _means(reference: str | None) -> ColumnElement[bool]:
    if reference is None:
        return SecretStore.is_default.is_(True)
    try:
        return SecretStore.id == UUID(reference)
    except ValueError:
        return SecretStore.name == reference


def _invalid(field: str, message: str) -> RequestError:
    problem = FieldProblem(field=f"body.{field}", message=message)
    return RequestError(ErrorCode.INVALID_REQUEST, message, errors=[problem])
