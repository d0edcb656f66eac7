"""The chain of the audit log: the form of its hashes, and the two things that may be done to what is written.

The database links entries by itself (v0013/3_audit_chain.sql). The hashes are computed here once more, so that whoever
checks the chain trusts no function of the database. All that is done here leaves an entry in the log.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit
from db.audit import Actor
from db.tables import AuditEntry, AuditHead, AuditLink

GENESIS: Final = hashlib.sha256(b"").digest()
"""Stands before the first entry."""

PRUNED: Final = "audit.pruned"
REDACTED: Final = "audit.redacted"
SUBJECT: Final = "audit_log"

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_BLANK: Final[dict[str, Any]] = {"actor_name": "", "address": "", "before": None, "after": None}
_BATCH: Final = 10_000
_NAMED_AT_ONCE: Final = 1_000


@dataclass(frozen=True)
class Mark:
    """A place of a chain: whoever knows it notices when anything up to there is not what it was."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Mark":
        """The place that a text names.

        Raises:
            ValueError: It is none.
        """
        number, _, digest = text.partition(":")
        if not (number.isascii() and number.isdigit() and len(number) <= 18 and len(digest) == 64):
            raise ValueError("a mark is a number, a colon and 64 hexadecimal digits")
        return cls(int(number), bytes.fromhex(digest))


class Written(NamedTuple):
    """An entry as it stands in the log; JSON as the text that the database makes of it."""

    id: int
    workspace_id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    address: str
    request_id: str
    action: str
    subject_kind: str
    subject_id: str
    before: str | None
    after: str | None

    @property
    def is_blank(self) -> bool:
        """Whether nothing personal stands in it."""
        return (self.actor_name, self.address, self.before, self.after) == ("", "", None, None)


def details_hash(entry: Written, salt: UUID) -> bytes:
    """Hash over what is personal in an entry."""
    return _hash("perdure-audit-details-1", (salt, entry.actor_name, entry.address, entry.before, entry.after))


def link_hash(entry: Written, previous: Mark, details: bytes) -> bytes:
    """Hash of an entry that follows a place of the chain."""
    parts = (
        entry.workspace_id,
        previous.number + 1,
        previous.hash.hex(),
        entry.id,
        (entry.at - _EPOCH) // timedelta(microseconds=1),
        entry.actor_kind,
        entry.actor_id,
        entry.request_id,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
        details.hex(),
    )
    return _hash("perdure-audit-1", parts)


async def prune(session: AsyncSession, workspace_id: UUID, before_id: int, *, batch: int = _BATCH) -> int:
    """Remove the beginning of the log of a workspace.

    Args:
        session: Of `Database.system()`.
        workspace_id: Whose log.
        before_id: Entries before this one may go.
        batch: How many at most.

    Returns:
        How many went; none are left if it is nought.
    """
    query = select(AuditHead).where(AuditHead.workspace_id == workspace_id).with_for_update()
    head = (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()
    if head is None:
        return 0
    of_workspace = AuditLink.workspace_id == workspace_id
    first_kept = await session.scalar(
        select(func.min(AuditLink.number)).where(of_workspace, AuditLink.entry_id >= before_id)
    )
    through = min(head.number if first_kept is None else first_kept - 1, head.base_number + batch)
    if through <= head.base_number:
        return 0
    found = await session.scalar(select(AuditLink.hash).where(of_workspace, AuditLink.number == through))
    if found is None:
        return 0  # the chain is broken there: what is left must stay for whoever looks into it
    base = {"base_number": through, "base_hash": found}
    await session.execute(update(AuditHead).where(AuditHead.workspace_id == workspace_id).values(**base))
    gone = delete(AuditLink).where(of_workspace, AuditLink.number <= through).returning(AuditLink.entry_id)
    ids = list(await session.scalars(gone))
    await session.execute(delete(AuditEntry).where(AuditEntry.workspace_id == workspace_id, AuditEntry.id.in_(ids)))
    after = {"through": through, "hash": found.hex(), "entries": len(ids)}
    audit.record(session, _retention(workspace_id), PRUNED, (SUBJECT, through), after=after)
    return len(ids)


@dataclass(frozen=True)
class Person:
    """Who is to be forgotten."""

    ids: tuple[UUID, ...]
    """Of their accounts."""
    name: str
    """In lower case."""
    path: str
    """Finds them in what was changed: a path of SQL/JSON."""


async def redact(session: AsyncSession, workspace_id: UUID, *, person: Person | None = None) -> int:
    """Blank what a person did in a workspace and what was done to them; the chain holds without it.

    Args:
        session: Of `Database.system()`.
        workspace_id: Whose log.
        person: The person; everybody if it is left out, when the workspace itself is erased.

    Returns:
        How many entries were blanked; none are left if it is nought. A thousand at once, so that no transaction
        takes too long.
    """
    # What tells of removals and blanks itself holds nothing personal, and is needed to check the chain.
    concerned: ColumnElement[bool] = AuditEntry.action.not_in([PRUNED, REDACTED])
    if person is not None:
        concerned &= _concerns(person)
    chosen = (
        select(AuditLink.number)
        .join(AuditEntry, AuditEntry.id == AuditLink.entry_id)
        .where(AuditLink.workspace_id == workspace_id, AuditLink.salt.is_not(None), concerned)
        .order_by(AuditLink.number)
        .limit(_NAMED_AT_ONCE)
    )
    unsalted = update(AuditLink).where(AuditLink.workspace_id == workspace_id, AuditLink.number.in_(chosen))
    returned = unsalted.values(salt=None).returning(AuditLink.number, AuditLink.entry_id)
    links = sorted((row[0], row[1]) for row in await session.execute(returned))
    if links:
        blanked = update(AuditEntry).where(AuditEntry.id.in_([entry for _, entry in links])).values(**_BLANK)
        await session.execute(blanked, execution_options={"synchronize_session": False})
        after = {"numbers": [number for number, _ in links]}
        about = person.ids[0] if person is not None and person.ids else workspace_id
        audit.record(session, _retention(workspace_id), REDACTED, (SUBJECT, about), after=after)
    return len(links)


def _concerns(person: Person) -> ColumnElement[bool]:
    """Entries of what a person did, of what was done to them, and of what names them."""
    path = cast(cast(person.path, Text), JSONPATH)
    about = (AuditEntry.subject_kind == "user") & AuditEntry.subject_id.in_([str(one) for one in person.ids])
    named = [func.jsonb_path_exists(column, path) for column in (AuditEntry.before, AuditEntry.after)]
    by = func.lower(AuditEntry.actor_name) == person.name
    return or_(AuditEntry.actor_id.in_(person.ids), by, about, *named)


def _retention(workspace_id: UUID) -> Actor:
    return Actor(workspace_id, "system", None, "system")


def _hash(kind: str, parts: Iterable[object]) -> bytes:
    """SHA-256 over values with their lengths before them, so that no two lists are written alike."""
    written = [kind.encode() + b";"]
    for part in parts:
        if part is None:
            written.append(b"-;")
        else:
            text = str(part).encode()
            written.append(b"%d:%b;" % (len(text), text))
    return hashlib.sha256(b"".join(written)).digest()
