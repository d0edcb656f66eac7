"""What a retention rule would delete: one condition for the preview and for the deletion.

Nothing of a run that has not ended, and nothing that a legal hold keeps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from schemas.privacy import DataClass

BATCH: Final = 500

_ENDED: Final = "('completed', 'failed', 'cancelled', 'terminated')"
_HOLDS: Final = "SELECT FROM legal_holds h WHERE h.workspace_id = t.workspace_id AND h.released_at IS NULL"


def held(run: str) -> str:
    """Whether a legal hold keeps a run."""
    return (
        f"EXISTS ({_HOLDS} AND (h.subject_kind = 'run' AND h.subject_id = {run} OR h.subject_kind = 'workflow' "  # noqa: S608 - our own names
        f"AND h.subject_id = (SELECT x.workflow_id FROM runs x WHERE x.id = {run})))"
    )


_KIN: Final = f"""NOT EXISTS (SELECT FROM runs kin WHERE kin.workspace_id = t.workspace_id
    AND (kin.parent_run_id = t.id OR kin.id = t.parent_run_id) AND kin.status NOT IN {_ENDED})"""
_OPEN_RUN: Final = f"SELECT FROM runs r WHERE r.id = t.run_id AND r.status NOT IN {_ENDED}"
_OVER: Final = f"EXISTS (SELECT FROM runs r WHERE r.id = t.run_id AND r.status IN {_ENDED} AND r.ended_at < :cutoff)"

_SETTLED: Final = "t.status NOT IN ('pending', 'sending')"

# A blob of a run was written, or noted as used again, after the run began; a week for whatever else goes on.
_UNUSED: Final = f"""t.used_at < clock_timestamp() - interval '7 days'
    AND t.used_at < coalesce((SELECT min(r.created_at) FROM runs r WHERE r.workspace_id = :workspace
        AND (r.status NOT IN {_ENDED} OR {held("r.id").replace("t.workspace_id", ":workspace")})), 'infinity')
        - interval '2 hours'
    AND NOT EXISTS (SELECT FROM workflow_versions v WHERE v.workspace_id = :workspace AND v.blob_hash = t.hash)"""  # noqa: S608


@dataclass(frozen=True)
class Store:
    """A table of a class."""

    table: str
    at: str
    """Column that says how old a row is."""
    where: str = "true"
    key: tuple[str, ...] = ("id",)
    group: str | None = None
    """Column within which the last ones are counted that are kept; the whole workspace by default."""
    counts_last: bool = True


STORES: Final[Mapping[DataClass, tuple[Store, ...]]] = {
    DataClass.RUNS: (
        Store("runs", "ended_at", f"t.status IN {_ENDED} AND {_KIN} AND NOT {held('t.id')}", group="workflow_id"),
    ),
    DataClass.EVENTS: (
        Store("run_events", "at", f"{_OVER} AND NOT {held('t.run_id')}", ("run_id", "seq"), counts_last=False),
        Store(
            "events",
            "created_at",
            "t.waiter_id IS NOT NULL OR NOT EXISTS (SELECT FROM waiters w "
            "WHERE w.workspace_id = t.workspace_id AND w.status = 'waiting' AND w.type = t.type AND w.key = t.key)",
        ),
    ),
    DataClass.BLOBS: (Store("blobs", "used_at", _UNUSED, ("workspace_id", "hash")),),
    DataClass.DELIVERIES: (
        Store("hook_deliveries", "received_at", f"NOT {held('t.run_id')}", group="hook_id"),
        Store("callbacks", "created_at", f"{_SETTLED} AND NOT {held('t.run_id')}", group="subscription_id"),
        Store("notification_messages", "created_at", _SETTLED),
        Store("connection_calls", "created_at", f"NOT {held('t.run_id')}", group="connection_id"),
    ),
    DataClass.CHATS: (
        Store(
            "chat_sessions",
            "updated_at",
            f"NOT EXISTS (SELECT FROM chat_messages m JOIN runs r ON r.id = m.run_id WHERE m.session_id = t.id "
            f"AND (r.status NOT IN {_ENDED} OR {held('r.id')}))",
            group="workflow_id",
        ),
    ),
    DataClass.MEMORIES: (Store("agent_memories", "updated_at", group="scope"),),
    DataClass.DOCUMENTS: (Store("knowledge_documents", "updated_at", group="base_id"),),
    DataClass.FILES: (
        Store("files", "created_at", f"NOT EXISTS ({_OPEN_RUN}) AND NOT {held('t.run_id')}", group="folder"),
    ),
    DataClass.AUDIT: (Store("audit_log", "at", counts_last=True),),
}
"""Where the data of each class stands."""


@dataclass(frozen=True)
class Reach:
    """How far a rule reaches."""

    workspace_id: UUID
    cutoff: datetime
    keep_last: int

    @property
    def values(self) -> dict[str, Any]:
        """For the parameters of a statement."""
        return {"workspace": self.workspace_id, "cutoff": self.cutoff, "keep": self.keep_last}


async def count_old(session: AsyncSession, store: Store, reach: Reach) -> tuple[int, datetime | None]:
    """How many rows a rule would delete, and how old the oldest is."""
    statement = text(f"SELECT count(*), min(t.{store.at}) FROM {store.table} t WHERE {_old(store)}")  # noqa: S608
    row = (await session.execute(statement, _values(store, reach))).one()
    return row[0], row[1]


async def old_keys(session: AsyncSession, store: Store, reach: Reach, limit: int = BATCH) -> list[Any]:
    """Keys of the rows that a rule deletes next, the oldest first; tuples if the key has several columns."""
    statement = _select(store)
    rows = (await session.execute(statement, {**_values(store, reach), "limit": limit})).all()
    return [tuple(row) if len(row) > 1 else row[0] for row in rows]


async def delete_old(
    session: AsyncSession, store: Store, reach: Reach, limit: int = BATCH, *, only: Sequence[UUID] | None = None
) -> int:
    """Delete the oldest rows that a rule reaches; how many. Needs a session that may.

    Args:
        session: Of `Database.system()`.
        store: Where.
        reach: How far.
        limit: How many at most.
        only: Ids of rows; others stay, however old they are.
    """
    names = ", ".join(store.key)
    statement = text(
        f"DELETE FROM {store.table} WHERE workspace_id = :workspace AND ({names}) IN "  # noqa: S608 - our own names
        f"({_select(store, among=only is not None).text}) RETURNING 1"
    )
    values = {**_values(store, reach), "limit": limit} | ({} if only is None else {"only": list(only)})
    return len((await session.execute(statement, values)).all())


async def forget_unruled(session: AsyncSession, data_class: DataClass, table: str, days: int) -> int:
    """Delete what is older than a fixed limit, in all workspaces without a rule of their own; how many rows.

    Args:
        session: Of `Database.system()`.
        data_class: Whose rules go before the limit.
        table: One of its tables.
        days: The limit.
    """
    [store] = [one for one in STORES[data_class] if one.table == table]
    statement = text(
        f"DELETE FROM {table} t WHERE t.{store.at} < clock_timestamp() - make_interval(days => :days) "  # noqa: S608
        f"AND ({store.where}) AND NOT EXISTS (SELECT FROM retention_rules o WHERE o.workspace_id = t.workspace_id "
        "AND o.class = :class) RETURNING 1"
    )
    return len((await session.execute(statement, {"days": days, "class": data_class.value})).all())


def _select(store: Store, *, among: bool = False) -> TextClause:
    names = ", ".join(f"t.{name}" for name in store.key)
    old = f"t.id = ANY(:only) AND {_old(store)}" if among else _old(store)
    return text(f"SELECT {names} FROM {store.table} t WHERE {old} ORDER BY t.{store.at} LIMIT :limit")  # noqa: S608


def _old(store: Store) -> str:
    old = f"t.workspace_id = :workspace AND t.{store.at} < :cutoff AND ({store.where})"
    return f"{old} AND {_later(store)}" if store.counts_last else old


def _later(store: Store) -> str:
    """Enough later ones are there, so that this one is not among the last that are kept."""
    names, others = (", ".join(f"{who}.{name}" for name in (store.at, *store.key)) for who in ("t", "n"))
    same = f" AND n.{store.group} = t.{store.group}" if store.group else ""
    return (
        f"(:keep = 0 OR :keep <= (SELECT count(*) FROM (SELECT FROM {store.table} n WHERE n.workspace_id = :workspace"  # noqa: S608
        f"{same} AND ({others}) > ({names}) LIMIT :keep) later))"
    )


def _values(store: Store, reach: Reach) -> dict[str, Any]:
    return reach.values if store.counts_last else {k: v for k, v in reach.values.items() if k != "keep"}
