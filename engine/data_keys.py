"""The keys of workspaces under which their payloads are encrypted: made when first needed, rotated, destroyed.

Each is wrapped by the installation's key (`engine.secrets`) and stands in the table `data_keys`. A process keeps what
it has read for half a minute; while the database is away it goes on with what it has.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db.outages import through_outages
from db.session import Database
from db.tables import WorkspaceDataKey
from engine.secrets import Encryption, purposes
from engine.secrets.keyring import UnreadableError
from schemas.errors import ErrorCode, PerdureError

KEEP_SECONDS: Final = 30.0
"""How long a process goes on with a key before it looks again: after so long a destroyed one is gone everywhere."""

KEY_BYTES: Final = 32
_MOST: Final = 10_000


class KeyDestroyedError(PerdureError):
    """What was encrypted cannot be read any more, on purpose."""

    def __init__(self, workspace_id: str) -> None:
        super().__init__(
            ErrorCode.DATA_ERASED,
            f"The data of workspace {workspace_id} was erased: the key it was encrypted with is destroyed.",
        )


@dataclass(frozen=True)
class DataKey:
    """A key in memory."""

    id: str
    workspace_id: str
    secret: bytes = field(repr=False)


@dataclass
class _Kept:
    key: DataKey
    read_at: float


class DataKeys:
    """Keys of workspaces, by workspace or by id. One per process; used from one event loop.

    Args:
        database: Where they are stored.
        encryption: What wraps them.
    """

    def __init__(self, database: Database, encryption: Encryption) -> None:
        self._database = database
        self._encryption = encryption
        self._kept: OrderedDict[tuple[str, str | None], _Kept] = OrderedDict()
        self._reading: dict[tuple[str, str | None], asyncio.Future[DataKey]] = {}

    @property
    def configured(self) -> bool:
        """Whether there is a key to wrap them in."""
        return self._encryption.configured

    def kept(self, workspace_id: str, key_id: str | None = None) -> DataKey | None:
        """The key if this process has read it lately."""
        kept = self._kept.get((workspace_id, key_id))
        return kept.key if kept is not None and time.monotonic() - kept.read_at < KEEP_SECONDS else None

    async def current(self, workspace_id: str) -> DataKey:
        """The key that encrypts; made if the workspace has none yet.

        Raises:
            KeyDestroyedError: the workspace was erased.
            PerdureError: `missing_credential` if it cannot be unwrapped.
        """
        return await self._get((workspace_id, None), lambda: self._read_current(workspace_id))

    async def find(self, workspace_id: str, key_id: str) -> DataKey:
        """The key with this id, if it belongs to the workspace.

        Raises:
            KeyDestroyedError: it was destroyed.
            PerdureError: `missing_credential` if the workspace has no such key, or it cannot be unwrapped.
        """
        return await self._get((workspace_id, key_id), lambda: self._read(workspace_id, key_id))

    def forget(self, workspace_id: str) -> None:
        """Look again when a key of this workspace is needed next."""
        for known in [key for key in self._kept if key[0] == workspace_id]:
            del self._kept[known]

    async def _get(self, name: tuple[str, str | None], read: Callable[[], Awaitable[DataKey]]) -> DataKey:
        if (kept := self.kept(*name)) is not None:
            return kept
        if (reading := self._reading.get(name)) is None:
            reading = self._reading[name] = asyncio.ensure_future(self._refresh(name, read))
            reading.add_done_callback(lambda _: self._reading.pop(name, None))
        return await asyncio.shield(reading)

    async def _refresh(self, name: tuple[str, str | None], read: Callable[[], Awaitable[DataKey]]) -> DataKey:
        stale = self._kept.get(name)
        try:
            key = await (read() if stale is not None else through_outages(read))
        except (OSError, DBAPIError):
            if stale is None:
                raise
            return stale.key
        except KeyDestroyedError:
            self.forget(name[0])
            raise
        self._kept[name] = _Kept(key, time.monotonic())
        self._kept.move_to_end(name)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return key

    async def _read_current(self, workspace_id: str) -> DataKey:
        async with self._database.tenant(workspace_id) as session:
            row = await _live(session) or await self._made(session, UUID(workspace_id))
        return self._opened(row)

    async def _made(self, session: AsyncSession, workspace_id: UUID) -> WorkspaceDataKey:
        if await session.scalar(select(WorkspaceDataKey.id).where(WorkspaceDataKey.destroyed_at.is_not(None)).limit(1)):
            raise KeyDestroyedError(str(workspace_id))
        await add_key(session, self._encryption, workspace_id)
        row = await _live(session)
        if row is None:
            raise KeyDestroyedError(str(workspace_id))
        return row

    async def _read(self, workspace_id: str, key_id: str) -> DataKey:
        async with self._database.tenant(workspace_id) as session:
            row = await session.get(WorkspaceDataKey, UUID(key_id))
        if row is None:
            raise UnreadableError("A payload was encrypted with a key that its workspace does not have.")
        return self._opened(row)

    def _opened(self, row: WorkspaceDataKey) -> DataKey:
        if row.sealed is None:
            raise KeyDestroyedError(str(row.workspace_id))
        secret = self._encryption.decrypt(purposes.DATA_KEY, row.workspace_id, row.id, bytes(row.sealed))
        return DataKey(str(row.id), str(row.workspace_id), secret)


async def add_key(session: AsyncSession, encryption: Encryption, workspace_id: UUID) -> None:
    """Insert a fresh key that encrypts from now on, unless there is one already."""
    identity = uuid4()
    sealed = encryption.encrypt(purposes.DATA_KEY, workspace_id, identity, AESGCM.generate_key(KEY_BYTES * 8))
    row = insert(WorkspaceDataKey).values(id=identity, workspace_id=workspace_id, sealed=sealed)
    await session.execute(row.on_conflict_do_nothing())


async def rotate_key(session: AsyncSession, encryption: Encryption, workspace_id: UUID) -> None:
    """Encrypt with a fresh key from now on; the older ones go on decrypting."""
    await session.execute(
        update(WorkspaceDataKey)
        .where(WorkspaceDataKey.workspace_id == workspace_id, WorkspaceDataKey.retired_at.is_(None))
        .values(retired_at=func.clock_timestamp())
    )
    await add_key(session, encryption, workspace_id)


async def destroy_keys(session: AsyncSession, workspace_id: UUID) -> int:
    """Destroy every key of a workspace, for ever; how many. What they encrypted can never be read again."""
    destroyed = update(WorkspaceDataKey).where(
        WorkspaceDataKey.workspace_id == workspace_id, WorkspaceDataKey.destroyed_at.is_(None)
    )
    now = func.clock_timestamp()
    rows = await session.scalars(destroyed.values(sealed=None, destroyed_at=now).returning(WorkspaceDataKey.id))
    count = len(rows.all())
    if not count:
        # A workspace that never had a key must not get one now.
        await session.execute(
            insert(WorkspaceDataKey).values(id=uuid4(), workspace_id=workspace_id, sealed=None, destroyed_at=now)
        )
    return count


async def _live(session: AsyncSession) -> WorkspaceDataKey | None:
    query = select(WorkspaceDataKey).where(
        WorkspaceDataKey.retired_at.is_(None), WorkspaceDataKey.destroyed_at.is_(None)
    )
    return (await session.scalars(query)).one_or_none()
