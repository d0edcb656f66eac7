"""Making, changing, deleting and testing stores."""

from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.connections.apps import invalid
from api.connections.tasks import done_by_worker
from api.errors import RequestError, not_found
from api.secret_stores import models
from api.services import Services
from db import audit
from db.tables import Credential, SecretStore
from engine.secrets import Encryption
from engine.secrets.purposes import SECRET_STORE
from schemas.connections.messages import CheckStore
from schemas.errors import ErrorCode
from schemas.secret_stores import StoreSettings

MAX_STORES: Final = 20
"""In a workspace."""


async def create(
    session: AsyncSession, caller: Caller, encryption: Encryption, body: models.CreateSecretStore
) -> models.SecretStore:
    """Store the address of a store and what signs in there.

    Raises:
        RequestError: `conflict` if the name is taken or there are too many.
    """
    if (await session.scalar(select(func.count()).select_from(SecretStore)) or 0) >= MAX_STORES:
        raise RequestError(ErrorCode.CONFLICT, f"A workspace has at most {MAX_STORES} stores.")
    identity = uuid4()
    if body.is_default:
        await _no_default(session)
    row = SecretStore(
        id=identity,
        workspace_id=caller.workspace_id,
        name=body.name,
        settings=body.settings.model_dump(mode="json"),
        sealed=_sealed(encryption, caller.workspace_id, identity, body.secret.get_secret_value()),
        is_default=body.is_default,
        created_by=caller.name,
        updated_by=caller.name,
    )
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError:
        message = f"There is a store named {body.name!r} already; choose another name."
        raise RequestError(ErrorCode.CONFLICT, message) from None
    await session.refresh(row, ["created_at", "updated_at"])
    audit.record(session, caller.actor, "secret_store.created", ("secret_store", row.id), after=_audited(row))
    return await shown(session, row)


async def list_all(session: AsyncSession) -> models.SecretStoreList:
    """Stores by name."""
    rows = await session.scalars(select(SecretStore).order_by(SecretStore.name))
    return models.SecretStoreList(items=[await shown(session, row) for row in rows])


async def change(
    session: AsyncSession, caller: Caller, encryption: Encryption, store_id: UUID, body: models.UpdateSecretStore
) -> models.SecretStore:
    """Change what the body names.

    Raises:
        RequestError: `not_found`, `invalid_request` if the settings change and the secret is not entered again.
    """
    row = await require(session, store_id, lock=True)
    before = _audited(row)
    if body.settings is not None:
        if body.secret is None and body.settings != StoreSettings.model_validate(row.settings):
            raise invalid("settings", "They say where the secret goes; to change them, enter it again as `secret`.")
        row.settings = body.settings.model_dump(mode="json")
    if body.secret is not None:
        row.sealed = _sealed(encryption, row.workspace_id, row.id, body.secret.get_secret_value())
    if body.is_default is not None:
        if body.is_default:
            await _no_default(session)
        row.is_default = body.is_default
    row.updated_at, row.updated_by = func.clock_timestamp(), caller.name
    await session.flush()
    await session.refresh(row, ["updated_at"])
    after = _audited(row) | ({"secret": "replaced"} if body.secret is not None else {})
    about = ("secret_store", row.id)
    audit.record(session, caller.actor, "secret_store.updated", about, before=before, after=after)
    return await shown(session, row)


async def delete(session: AsyncSession, caller: Caller, store_id: UUID) -> None:
    """Forget a store.

    Raises:
        RequestError: `not_found`, `conflict` while credentials have their values there.
    """
    row = await require(session, store_id, lock=True)
    if count := await _credentials(session, row):
        message = f"{count} credential(s) have their values there; change or delete them first."
        raise RequestError(ErrorCode.CONFLICT, message)
    before = _audited(row)
    await session.delete(row)
    audit.record(session, caller.actor, "secret_store.deleted", ("secret_store", row.id), before=before)


async def check(services: Services, caller: Caller, store_id: UUID) -> models.SecretStoreCheck:
    """Have a worker sign in.

    Raises:
        RequestError: `not_found`, and what keeps it from signing in.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        row = await require(session, store_id)
        audit.record(session, caller.actor, "secret_store.tested", ("secret_store", row.id), after={"name": row.name})
    order = CheckStore(workspace_id=str(caller.workspace_id), store_id=str(row.id))
    await done_by_worker(services, caller.workspace_id, "check_secret_store", order)
    return models.SecretStoreCheck(message=f"{row.name} lets us in.")


async def require(session: AsyncSession, store_id: UUID, *, lock: bool = False) -> SecretStore:
    """A store; one of another workspace is not there.

    Raises:
        RequestError: `not_found`.
    """
    query = select(SecretStore).where(SecretStore.id == store_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found("store", str(store_id))
    return row


async def shown(session: AsyncSession, row: SecretStore) -> models.SecretStore:
    """The answer about a store."""
    return models.SecretStore(
        id=row.id,
        name=row.name,
        settings=StoreSettings.model_validate(row.settings),
        is_default=row.is_default,
        credentials=await _credentials(session, row),
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


async def _credentials(session: AsyncSession, row: SecretStore) -> int:
    query = select(func.count()).select_from(Credential).where(Credential.store_id == row.id)
    return await session.scalar(query) or 0


async def _no_default(session: AsyncSession) -> None:
    await session.execute(update(SecretStore).where(SecretStore.is_default).values(is_default=False))


def _sealed(encryption: Encryption, workspace_id: UUID, identity: UUID, proof: str) -> bytes:
    return encryption.encrypt(SECRET_STORE, workspace_id, identity, proof.encode())


def _audited(row: SecretStore) -> dict[str, Any]:
    return {"name": row.name, "settings": row.settings, "is_default": row.is_default}
