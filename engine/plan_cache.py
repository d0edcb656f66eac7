"""Plans shared by all runs of a process: one object per stored plan, however many runs execute it."""

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.plan import Plan

CACHE_BYTES = 64 * 1024 * 1024
"""Stored size of the plans that stay in memory although no run uses them; as objects they are several times that."""


@dataclass(frozen=True)
class PlanOrigin:
    """Where a plan is stored."""

    workspace_id: str
    blob_hash: str
    size: int


@dataclass
class _Entry:
    plan: Plan
    size: int


@dataclass
class PlanCache:
    """LRU of plans bounded by stored bytes; also remembers of each living plan where it came from.

    Workflow tasks of several threads use it at once. Building a plan happens outside the lock: two threads may build
    the same plan, and both get the first one.
    """

    max_bytes: int = CACHE_BYTES
    _entries: "OrderedDict[str, _Entry]" = field(default_factory=OrderedDict)
    _origins: dict[int, tuple["weakref.ref[Plan]", PlanOrigin]] = field(default_factory=dict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, origin: PlanOrigin) -> Plan | None:
        """The plan that is stored there, if it is cached."""
        with self._lock:
            key = _key(origin)
            if (entry := self._entries.get(key)) is None:
                return None
            self._entries.move_to_end(key)
            return entry.plan

    def get(self, data: bytes, origin: PlanOrigin | None, build: Callable[[bytes], Plan]) -> Plan:
        """The plan held by `data`, built at most once while it stays cached."""
        key = _key(origin) if origin else hashlib.sha256(data).hexdigest()
        with self._lock:
            if (entry := self._entries.get(key)) is not None:
                self._entries.move_to_end(key)
                return entry.plan
        return self._keep(key, build(data), len(data), origin)

    def origin(self, plan: Plan) -> PlanOrigin | None:
        """Where `plan` is stored, if it was loaded from there by this process."""
        found = self._origins.get(id(plan))
        return found[1] if found is not None and found[0]() is plan else None

    def clear(self) -> None:
        """Forget everything that no run holds."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def _keep(self, key: str, plan: Plan, size: int, origin: PlanOrigin | None) -> Plan:
        with self._lock:
            if (entry := self._entries.get(key)) is not None:
                return entry.plan
            self._entries[key] = _Entry(plan, size)
            self._bytes += size
            while self._bytes > self.max_bytes and len(self._entries) > 1:
                self._bytes -= self._entries.popitem(last=False)[1].size
        if origin is not None:
            self._remember(plan, origin)
        return plan

    def _remember(self, plan: Plan, origin: PlanOrigin) -> None:
        identity = id(plan)
        # The callback runs when the plan is collected; it takes no lock because it may run inside of one.
        self._origins[identity] = (weakref.ref(plan, lambda _: self._origins.pop(identity, None)), origin)


def _key(origin: PlanOrigin) -> str:
    return f"{origin.workspace_id}/{origin.blob_hash}"


PLANS = PlanCache()
"""The cache of this process: Temporal builds a payload converter per workflow, so it cannot live in one."""
