"""Large payloads in PostgreSQL instead of Temporal history, content-addressed per workspace.

All contact with the SDK's preview of external storage is in this file and in `engine.converter.reference_payload`.
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ExternalStorage,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverSelectContext,
    StorageDriverStoreContext,
)

from db.session import Database
from db.tables import Blob
from engine.converter import BLOB_KEY, DRIVER_NAME, WORKSPACE_KEY, plan_payload
from schemas.limits import OFFLOAD_BYTES
from schemas.messages import PlanRef
from schemas.plan import Plan, plan_hash

logger = logging.getLogger(__name__)

CACHE_BYTES = 64 * 1024 * 1024
"""Stored payloads a process keeps in memory."""

_RETRY_PAUSES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Seconds between tries when the database is away; after the last the error reaches Temporal, which tries again."""

_T = TypeVar("_T")


class BlobMissingError(LookupError):
    """History names a payload that the blob store does not hold."""


@dataclass
class BlobCache:
    """LRU of payloads by (workspace, hash), bounded by bytes. Used from one event loop, so without a lock."""

    max_bytes: int = CACHE_BYTES
    _payloads: "OrderedDict[tuple[str, str], Payload]" = field(default_factory=OrderedDict)
    _bytes: int = 0

    def get(self, workspace_id: str, blob_hash: str) -> Payload | None:
        """The payload, if it is here."""
        payload = self._payloads.get((workspace_id, blob_hash))
        if payload is not None:
            self._payloads.move_to_end((workspace_id, blob_hash))
        return payload

    def put(self, workspace_id: str, blob_hash: str, payload: Payload) -> None:
        """Keep a payload; one that is larger than a quarter of the cache is not worth the others."""
        size = payload.ByteSize()
        if (workspace_id, blob_hash) in self._payloads or size > self.max_bytes // 4:
            return
        self._payloads[workspace_id, blob_hash] = payload
        self._bytes += size
        while self._bytes > self.max_bytes:
            self._bytes -= self._payloads.popitem(last=False)[1].ByteSize()


class PostgresBlobDriver(StorageDriver):
    """Stores payloads as rows of `blobs`; equal payloads of a workspace share one row."""

    def __init__(self, database: Database, cache: BlobCache | None = None) -> None:
        self._database = database
        self._cache = cache or BlobCache()

    def name(self) -> str:
        """See base class."""
        return DRIVER_NAME

    async def store(
        self,
        context: StorageDriverStoreContext,
        payloads: Sequence[Payload],
    ) -> list[StorageDriverClaim]:
        """See base class."""
        blobs: dict[str, dict[str, bytes]] = {}
        claims = []
        for payload in payloads:
            workspace_id = payload.metadata[WORKSPACE_KEY].decode()
            blob_hash, data = serialize(payload)
            blobs.setdefault(workspace_id, {})[blob_hash] = data
            claims.append(StorageDriverClaim({"workspace": workspace_id, "hash": blob_hash}))
        for workspace_id, items in blobs.items():
            await self._insert(workspace_id, items)
        return claims

    async def retrieve(
        self,
        context: StorageDriverRetrieveContext,
        claims: Sequence[StorageDriverClaim],
    ) -> list[Payload]:
        """See base class."""
        wanted = [(claim.claim_data["workspace"], claim.claim_data["hash"]) for claim in claims]
        found = {key: payload for key in wanted if (payload := self._cache.get(*key)) is not None}
        missing: dict[str, list[str]] = {}
        for workspace_id, blob_hash in wanted:
            if (workspace_id, blob_hash) not in found:
                missing.setdefault(workspace_id, []).append(blob_hash)
        for workspace_id, hashes in missing.items():
            found |= await self._read(workspace_id, hashes)
        return [found[key] for key in wanted]

    async def _insert(self, workspace_id: str, items: dict[str, bytes]) -> None:
        async def write() -> None:
            async with self._database.tenant(workspace_id) as session:
                await _insert_blobs(session, UUID(workspace_id), items)

        await _through_outages(write)

    async def _read(self, workspace_id: str, hashes: list[str]) -> dict[tuple[str, str], Payload]:
        async def read() -> dict[str, bytes]:
            async with self._database.tenant(workspace_id) as session:
                rows = await session.execute(select(Blob.hash, Blob.data).where(Blob.hash.in_(hashes)))
                return {row.hash: row.data for row in rows}

        rows = await _through_outages(read)
        found = {}
        for blob_hash in hashes:
            if blob_hash not in rows:
                raise BlobMissingError(f"blob {blob_hash} of workspace {workspace_id} is not stored")
            payload = Payload.FromString(rows[blob_hash])
            payload.metadata[BLOB_KEY] = blob_hash.encode()
            self._cache.put(workspace_id, blob_hash, payload)
            found[workspace_id, blob_hash] = payload
        return found


def serialize(payload: Payload) -> tuple[str, bytes]:
    """Content address and bytes of a payload as they are stored."""
    data = payload.SerializeToString(deterministic=True)
    return hashlib.sha256(data).hexdigest(), data


def external_storage(database: Database) -> ExternalStorage:
    """The storage of a process's data converter: what belongs to a workspace and is large goes to the database."""
    driver = PostgresBlobDriver(database)

    def select(context: StorageDriverSelectContext, payload: Payload) -> StorageDriver | None:
        return driver if WORKSPACE_KEY in payload.metadata else None

    return ExternalStorage(drivers=[driver], driver_selector=select, payload_size_threshold=OFFLOAD_BYTES)


async def store_plan(session: AsyncSession, workspace_id: UUID, plan: Plan) -> PlanRef:
    """Store a plan in the caller's transaction; runs then name it by the reference that is returned."""
    blob_hash, data = serialize(plan_payload(str(workspace_id), plan))
    await _insert_blobs(session, workspace_id, {blob_hash: data})
    return PlanRef(workspace_id=str(workspace_id), plan_hash=plan_hash(plan), blob_hash=blob_hash, size=len(data))


async def _insert_blobs(session: AsyncSession, workspace_id: UUID, items: dict[str, bytes]) -> None:
    rows = [
        {"workspace_id": workspace_id, "hash": blob_hash, "data": data, "size": len(data)}
        # Sorted, so that two writers of the same blobs cannot lock each other out.
        for blob_hash, data in sorted(items.items())
    ]
    await session.execute(insert(Blob).values(rows).on_conflict_do_nothing())


async def _through_outages(work: Callable[[], Awaitable[_T]]) -> _T:
    """Run `work` again while the database is away, for about eight seconds."""
    for pause in _RETRY_PAUSES:
        try:
            return await work()
        except (OSError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not _is_outage(error):
                raise
            logger.warning("blob store waits for the database: %s", type(error).__name__)
            await asyncio.sleep(pause)
    return await work()


def _is_outage(error: DBAPIError) -> bool:
    # 08: connection exceptions, 53: too many connections, 57P: shutdown, start-up or crash of the server.
    state = str(getattr(error.orig, "sqlstate", "") or "")
    return error.connection_invalidated or state[:2] in ("08", "53") or state.startswith("57P")
