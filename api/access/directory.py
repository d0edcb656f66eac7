"""Who is behind a session or a key, asked from the database and remembered for a few seconds."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from api.access import lookup
from api.access.lookup import KeyOwner, SessionOwner
from db.session import Database

REMEMBERED_SECONDS: Final = 5.0
"""How long another process may still let in whom this one has shut out."""

_MAX_REMEMBERED: Final = 20_000
_Key = TypeVar("_Key")
_Owner = TypeVar("_Owner", SessionOwner, KeyOwner)


class _Memory(Generic[_Key, _Owner]):
    """What was found lately. Nothing that was read before `clear` is kept after it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: OrderedDict[_Key, tuple[float, _Owner]] = OrderedDict()
        self._generation = 0

    async def get(self, key: _Key, load: Callable[[], Awaitable[_Owner | None]]) -> _Owner | None:
        """What is known under a key, loaded if it is unknown or old."""
        known = self._known.get(key)
        if known is not None and known[0] > self._clock():
            return known[1]
        generation, until = self._generation, self._clock() + REMEMBERED_SECONDS
        found = await load()
        if generation == self._generation:
            self._keep(key, until, found)
        return found

    def clear(self) -> None:
        """Forget everything, and what is being loaded at this moment."""
        self._generation += 1
        self._known.clear()

    def _keep(self, key: _Key, until: float, found: _Owner | None) -> None:
        self._known.pop(key, None)
        if found is None:
            return
        self._known[key] = (until, found)
        while len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)


class Directory:
    """Looks people and keys up. One per process.

    Whoever takes something away from somebody (role, membership, session, key, account) calls `forget` after the
    commit: then it holds in this process at once, in the others after `REMEMBERED_SECONDS`.

    Args:
        database: Where accounts and keys are.
        clock: Monotonic seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._sessions: _Memory[tuple[UUID, UUID], SessionOwner] = _Memory(clock)
        self._keys: _Memory[str, KeyOwner] = _Memory(clock)

    async def session(self, session_id: UUID, workspace_id: UUID) -> SessionOwner | None:
        """The person of a session that still counts, as a member of a workspace."""

        async def load() -> SessionOwner | None:
            async with self._database.identity() as session:
                return await lookup.find_session_owner(session, session_id, workspace_id)

        return await self._sessions.get((session_id, workspace_id), load)

    async def key(self, prefix: str, secret_hash: bytes) -> KeyOwner | None:
        """An API key that still counts, if the secret is its own; notes that it is used."""

        async def load() -> KeyOwner | None:
            async with self._database.identity() as session:
                return await lookup.find_key_owner(session, prefix, secret_hash)

        found = await self._keys.get(prefix, load)
        return found if found is not None and found.proved_by(secret_hash) else None

    def forget(self, *_: Any) -> None:
        """Ask the database again from now on."""
        self._sessions.clear()
        self._keys.clear()
