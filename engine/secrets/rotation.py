"""Wraps every secret of the database in the newest key, while all of them stay readable.

A value that is wrapped already is not looked at again, so a rotation that was broken off goes on where it stopped.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.session import Database
from engine.secrets.encryption import Encryption
from engine.secrets.keyring import Keyring, UnreadableError, header, key_id_of

BATCH: Final = 200
_LOCK: Final = 7_307_738_110


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values; its table has a primary key `id`."""

    table: str
    column: str
    role: Literal["system", "identity"]
    """Whose session may change it."""


SEALED: Final = (
    SealedColumn("credentials", "sealed", "system"),
    SealedColumn("users", "totp_secret_encrypted", "identity"),
    SealedColumn("notification_channels", "sealed", "system"),
    SealedColumn("notification_messages", "sealed", "system"),
    SealedColumn("hooks", "sealed", "system"),
    SealedColumn("subscriptions", "sealed", "system"),
    SealedColumn("sign_on_providers", "sealed", "system"),
    SealedColumn("data_keys", "sealed", "system"),
    SealedColumn("connections", "sealed", "system"),
    SealedColumn("connection_apps", "sealed", "system"),
    SealedColumn("connection_attempts", "sealed", "system"),
    SealedColumn("secret_stores", "sealed", "system"),
)
"""Every column that holds sealed values."""


@dataclass
class Rotation:
    """What came of a rotation."""

    rewrapped: int = 0
    unreadable: int = 0
    """Values whose key is not known here, or that are damaged; they stay as they are."""


async def rotate(database: Database, encryption: Encryption, batch: int = BATCH) -> Rotation:
    """Wrap what is not wrapped in the newest key, batch by batch.

    Raises:
        PerdureError: `missing_credential` if no usable key is configured.
    """
    done, ring = Rotation(), encryption.ring()
    for column in SEALED:
        after: UUID | None = UUID(int=0)
        while after is not None:
            async with getattr(database, column.role)() as session:
                after = await _rewrap_batch(session, ring, column, after, batch, done)
    return done


async def keys_in_use(database: Database) -> dict[str, int]:
    """How many values are wrapped in each key, by its id."""
    counts: dict[str, int] = {}
    for column in SEALED:
        name = column.column
        query = text(
            f"SELECT CASE WHEN length({name}) > 1 THEN substring({name} FROM 1 FOR 2 + get_byte({name}, 1)) "  # noqa: S608
            f"ELSE {name} END, count(*) FROM {column.table} WHERE {name} IS NOT NULL GROUP BY 1"
        )
        async with getattr(database, column.role)() as session:
            for beginning, count in await session.execute(query):
                name = _key_id(beginning)
                counts[name] = counts.get(name, 0) + count
    return counts


async def _rewrap_batch(
    session: AsyncSession, ring: Keyring, column: SealedColumn, after: UUID, batch: int, done: Rotation
) -> UUID | None:
    """Wrap the next values; the id to go on after, or nothing at the end."""
    # One rotation at a time, so that two of them never wait for each other's rows.
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    beginning = header(ring.newest)
    rows = (
        await session.execute(
            _select(column), {"after": after, "length": len(beginning), "beginning": beginning, "batch": batch}
        )
    ).all()
    changed: dict[str, list[Any]] = {"ids": [], "old": [], "new": []}
    for identity, sealed in rows:
        try:
            fresh = ring.rewrapped(bytes(sealed))
        except UnreadableError:
            done.unreadable += 1
            continue
        for name, value in zip(changed, (identity, sealed, fresh), strict=True):
            changed[name].append(value)
    done.rewrapped += len((await session.execute(_update(column), changed)).all())
    return rows[-1][0] if len(rows) == batch else None


def _select(column: SealedColumn) -> Any:
    name = column.column
    return text(
        f"SELECT id, {name} FROM {column.table} WHERE id > :after AND {name} IS NOT NULL "  # noqa: S608 - our own names
        f"AND substring({name} FROM 1 FOR :length) <> :beginning ORDER BY id LIMIT :batch"
    )


def _update(column: SealedColumn) -> Any:
    # A value that was replaced in the meantime is not touched: its new one is under a fresh key of its own.
    name = column.column
    return text(
        f"UPDATE {column.table} t SET {name} = v.new "  # noqa: S608 - our own names
        "FROM unnest(CAST(:ids AS uuid[]), CAST(:old AS bytea[]), CAST(:new AS bytea[])) AS v (id, old, new) "
        f"WHERE t.id = v.id AND t.{name} = v.old RETURNING t.id"
    )


def _key_id(beginning: bytes) -> str:
    try:
        return key_id_of(bytes(beginning))
    except UnreadableError:
        return "?"
