"""Values that other stores keep: read when a step needs them, kept in memory for moments, never written down here."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import undefer
from temporalio import activity

from activities.credentials.hashicorp import HashicorpVault
from activities.credentials.redactions import Redactions
from activities.egress import Egress
from activities.failures import to_application_error
from db.faults import is_outage, unavailable
from db.session import Database
from db.tables import Credential, SecretStore
from engine.secrets import Encryption
from engine.secrets.purposes import SECRET_STORE
from schemas.connections.messages import CheckStore, TaskDone
from schemas.credentials.types import CREDENTIAL_TYPES, plain
from schemas.errors import ErrorCode, PerdureError
from schemas.faults import listed
from schemas.secret_stores import SecretSource, StoreSettings

MAX_CACHED: Final = 1_000
MAX_STORES: Final = 500


@dataclass(frozen=True)
class _Kept:
    values: dict[str, Any] = field(repr=False)
    until: float


class SecretStores:
    """Reads from stores of all workspaces; signs in to each of them once.

    Args:
        database: Where their addresses are.
        encryption: Opens what signs in.
        redactions: Learns that.
        egress: The only way out.
    """

    def __init__(self, database: Database, encryption: Encryption, redactions: Redactions, egress: Egress) -> None:
        self._database = database
        self._encryption = encryption
        self._redactions = redactions
        self._egress = egress
        self._open: OrderedDict[tuple[UUID, str], tuple[StoreSettings, HashicorpVault]] = OrderedDict()
        self._kept: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()
        self._turns: dict[tuple[Any, ...], asyncio.Lock] = {}

    async def read(self, credential: Credential) -> dict[str, str]:
        """The secret fields of a credential whose value a store keeps.

        Raises:
            PerdureError: `missing_credential`, `auth_failed`, or what keeps the store from answering.
        """
        source = SecretSource.model_validate(credential.source)
        key, settings, vault = await self._store(credential.workspace_id, credential.store_id)
        values = await self._values((key, source.path, source.version), settings, vault, source)
        return _fields(credential, source, values)

    @activity.defn(name="check_secret_store")
    async def check_secret_store(self, order: CheckStore) -> TaskDone:
        """Sign in to a store, for whoever has just set it up."""
        try:
            _, _, vault = await self._store(UUID(order.workspace_id), UUID(order.store_id))
            await vault.check()
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None
        return TaskDone(workspace_id=order.workspace_id)

    async def _store(
        self, workspace_id: UUID, store_id: UUID | None
    ) -> tuple[tuple[UUID, str], StoreSettings, HashicorpVault]:
        query = select(SecretStore).options(undefer(SecretStore.sealed)).where(SecretStore.id == store_id)
        async with self._database.tenant(workspace_id) as session:
            row = (await session.scalars(query)).one_or_none()
        if row is None:
            raise PerdureError(ErrorCode.MISSING_CREDENTIAL, "The store of this credential was deleted.")
        # What was changed in the meantime is another store to us.
        key = (row.id, row.updated_at.isoformat())
        if key not in self._open:
            settings = StoreSettings.model_validate(row.settings)
            proof = self._encryption.decrypt(SECRET_STORE, row.workspace_id, row.id, row.sealed).decode()
            self._redactions.add(str(workspace_id), row.name, [proof])
            self._open[key] = settings, HashicorpVault(settings, proof, self._egress)
            while len(self._open) > MAX_STORES:
                self._open.popitem(last=False)
        self._open.move_to_end(key)
        return key, *self._open[key]

    async def _values(
        self, key: tuple[Any, ...], settings: StoreSettings, vault: HashicorpVault, source: SecretSource
    ) -> dict[str, Any]:
        """Of many steps that need a value at once, one reads it."""
        async with self._turns.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is not None and kept.until > time.monotonic():
                return kept.values
            values = await vault.read(source)
            self._forget()
            if settings.cache_seconds:
                self._kept[key] = _Kept(values, time.monotonic() + settings.cache_seconds)
            return values

    def _forget(self) -> None:
        """Drop what is too old: a value stays in memory no longer than was said."""
        now = time.monotonic()
        for key in [key for key, kept in self._kept.items() if kept.until <= now]:
            del self._kept[key]
        while len(self._kept) >= MAX_CACHED:
            self._kept.popitem(last=False)
        for key in [key for key, turn in self._turns.items() if key not in self._kept and not turn.locked()]:
            del self._turns[key]


def _fields(credential: Credential, source: SecretSource, values: dict[str, Any]) -> dict[str, str]:
    """The fields of a credential out of a secret, if they fit its type; no message quotes a value."""
    kind = CREDENTIAL_TYPES[credential.type]
    wanted = {name: source.keys.get(name, name) for name in credential.fields}
    missing = sorted(key for key in wanted.values() if not isinstance(values.get(key), str))
    if missing:
        message = f"The secret of {credential.name!r} has no text {listed(missing)}; name its keys in the credential."
        raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message)
    try:
        return plain(kind.secret.model_validate({name: values[key] for name, key in wanted.items()}))
    except ValidationError as error:
        named = sorted({".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)})
        message = f"The secret of {credential.name!r} is not valid for the type {credential.type}: {listed(named)}."
        raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message) from None
