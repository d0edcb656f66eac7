"""Large payloads in PostgreSQL instead of Temporal history, content-addressed per workspace.

All contact with the SDK's preview of external storage is in this file and in `engine.converter.reference_payload`.
"""

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1.external_storage_pb2 import ExternalStorageReference
from temporalio.converter import (
    DataConverter,
    ExternalStorage,
    JSONProtoPayloadConverter,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverSelectContext,
    StorageDriverStoreContext,
)

from db.outages import through_outages
from db.session import Database
from db.tables import Blob
from engine.converter import DRIVER_NAME, plan_payload
from engine.payload_marks import BLOB_KEY, WORKSPACE_KEY
from engine.plan_cache import PLANS, PlanOrigin
from engine.secrets.keyring import UnreadableError
from schemas.limits import OFFLOAD_BYTES
from schemas.messages import PlanRef
from schemas.plan import Plan, plan_hash

USED_PRECISION = timedelta(hours=1)
"""A blob that is written again within it is not noted as used again; `db.retention` allows for it."""

_HASH = re.compile("[0-9a-f]{64}")

CACHE_BYTES = 64 * 1024 * 1024
"""Stored payloads a process keeps in memory."""


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

        await through_outages(write)

    async def _read(self, workspace_id: str, hashes: list[str]) -> dict[tuple[str, str], Payload]:
        async def read() -> dict[str, bytes]:
            async with self._database.tenant(workspace_id) as session:
                rows = await session.execute(select(Blob.hash, Blob.data).where(Blob.hash.in_(hashes)))
                return {row.hash: row.data for row in rows}

        rows = await through_outages(read)
        found = {}
        for blob_hash in hashes:
            if blob_hash not in rows:
                raise BlobMissingError(f"blob {blob_hash} of workspace {workspace_id} is not stored")
            payload = Payload.FromString(rows[blob_hash])
            if payload.metadata.get(WORKSPACE_KEY, workspace_id.encode()) != workspace_id.encode():
                raise UnreadableError(f"Blob {blob_hash} belongs to another workspace; it is refused.")
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


async def fetched(converter: DataConverter, payload: Payload, workspace_id: str) -> Payload:
    """What a reference in history stands for, if it belongs to the workspace; any other payload as it is."""
    if payload.metadata.get("messageType") != ExternalStorageReference.DESCRIPTOR.full_name.encode():
        return payload
    try:
        reference = JSONProtoPayloadConverter().from_payload(payload, ExternalStorageReference)
    except RuntimeError:  # it only calls itself one
        return payload
    claim, storage = dict(reference.claim_data), converter.external_storage
    if storage is None or claim.get("workspace") != workspace_id or not _HASH.fullmatch(claim.get("hash", "")):
        return payload
    try:
        [stored] = await storage.drivers[0].retrieve(StorageDriverRetrieveContext(), [StorageDriverClaim(claim)])
    except BlobMissingError:
        return payload
    return stored


async def store_plan(session: AsyncSession, workspace_id: UUID, plan: Plan) -> PlanRef:
    """Store a plan in the caller's transaction; runs then name it by the reference that is returned."""
    blob_hash, data = serialize(plan_payload(str(workspace_id), plan))
    await _insert_blobs(session, workspace_id, {blob_hash: data})
    return PlanRef(workspace_id=str(workspace_id), plan_hash=plan_hash(plan), blob_hash=blob_hash, size=len(data))


async def load_plan(session: AsyncSession, reference: PlanRef) -> Plan:
    """A stored plan, through the cache of the process.

    Raises:
        BlobMissingError: it is not there.
    """
    origin = PlanOrigin(reference.workspace_id, reference.blob_hash, reference.size)
    if (known := PLANS.find(origin)) is not None:
        return known
    data = await session.scalar(select(Blob.data).where(Blob.hash == reference.blob_hash))
    if data is None:
        raise BlobMissingError(f"blob {reference.blob_hash} of workspace {reference.workspace_id} is not stored")
    # A large plan takes a while, in which others want to be served.
    return await asyncio.to_thread(PLANS.get, Payload.FromString(data).data, origin, Plan.model_validate_json)


async def _insert_blobs(session: AsyncSession, workspace_id: UUID, items: dict[str, bytes]) -> None:
    rows = [
        {"workspace_id": workspace_id, "hash": blob_hash, "data": data, "size": len(data)}
        # Sorted, so that two writers of the same blobs cannot lock each other out.
        for blob_hash, data in sorted(items.items())
    ]
    fresh = insert(Blob).values(rows)
    now = func.clock_timestamp()
    again = fresh.on_conflict_do_update(
        index_elements=[Blob.workspace_id, Blob.hash], set_={"used_at": now}, where=Blob.used_at < now - USED_PRECISION
    )
    await session.execute(again)
