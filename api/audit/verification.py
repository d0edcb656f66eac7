"""Checks the chain of the audit log, portion by portion, and names every row that is not what it was."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit_chain import GENESIS, PRUNED, REDACTED, SUBJECT, Mark, Written, details_hash, link_hash
from db.tables import AuditEntry, AuditHead, AuditLink

PORTION: Final = 20_000
"""Entries that are checked at once."""

MAX_PROBLEMS: Final = 200
"""Named at once; there is no use in more."""

_ENTRY: Final[tuple[Any, ...]] = tuple(
    cast(getattr(AuditEntry, name), Text) if name in ("before", "after") else getattr(AuditEntry, name)
    for name in Written._fields
)


class ProblemKind(StrEnum):
    """What is wrong with the log."""

    CHANGED = "changed"
    """The entry, or its place in the chain, is not what it was when it was written."""
    MISSING = "missing"
    """Entries are not there."""
    INSERTED = "inserted"
    """The entry was not written by a change of the workspace."""
    BLANKED = "blanked"
    """The entry was blanked, and the log does not say so."""
    HEAD = "head"
    """The chain does not end, or begin, where its head says."""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong."""

    kind: ProblemKind
    message: str
    number: int | None = None
    last_number: int | None = None
    entry_id: int | None = None


@dataclass
class Findings:
    """What came of checking a portion."""

    begins: Mark
    through: Mark
    """The last entry that was looked at."""
    checked: int = 0
    redacted: int = 0
    complete: bool = False
    """Whether the end was reached."""
    problems: list[Problem] = field(default_factory=list)

    def add(self, kind: ProblemKind, message: str, **where: int | None) -> None:
        """Note a problem."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(kind, message, **where))


@dataclass(frozen=True)
class _Link:
    number: int
    entry_id: int
    salt: UUID | None
    details: bytes
    previous: bytes
    hash: bytes
    entry: Written | None


async def read_head(session: AsyncSession) -> tuple[Mark, Mark]:
    """Where the chain of the workspace of the session begins and ends."""
    head = (await session.scalars(select(AuditHead))).one_or_none()
    if head is None:
        return Mark(0, GENESIS), Mark(0, GENESIS)
    return Mark(head.base_number, head.base_hash), Mark(head.number, head.hash)


async def verify(session: AsyncSession, after: Mark | None, anchor: Mark | None) -> Findings:
    """Check a portion of the chain of the workspace of the session.

    Args:
        session: Of `Database.tenant()`, at one moment: what is old may be removed meanwhile.
        after: The last entry that was checked before; the beginning without it.
        anchor: A place that was written down elsewhere.
    """
    base, _ = await read_head(session)
    # What was removed for its age since the portion before is not looked for.
    begins = after if after is not None and after.number > base.number else base
    findings = Findings(begins, begins)
    if anchor is not None and anchor.number == begins.number and anchor.hash != begins.hash:
        findings.add(ProblemKind.CHANGED, _rewritten(begins.number), number=begins.number)
    links = await _links(session, begins.number)
    recorded = await _recorded_redactions(session) if any(link.salt is None for link in links) else set()
    for link in links:
        _check_place(findings, link, findings.through)
        _check_entry(findings, link, recorded)
        _check_anchor(findings, link, anchor)
        findings.through = Mark(link.number, link.hash)
        findings.checked += 1
    findings.complete = len(links) < PORTION
    if findings.complete:
        await _check_ends(session, findings, base, anchor)
    return findings


async def _links(session: AsyncSession, after: int) -> list[_Link]:
    columns = (
        AuditLink.number,
        AuditLink.entry_id,
        AuditLink.salt,
        AuditLink.details_hash,
        AuditLink.previous_hash,
        AuditLink.hash,
    )
    query = (
        select(*columns, *_ENTRY)
        .outerjoin(AuditEntry, AuditEntry.id == AuditLink.entry_id)
        .where(AuditLink.number > after)
        .order_by(AuditLink.number)
        .limit(PORTION)
    )
    rows: Iterable[Any] = (await session.execute(query)).all()
    return [_link(row) for row in rows]


def _link(row: Any) -> _Link:
    number, entry_id, salt, details, previous, digest, *entry = row
    written = None if entry[0] is None else Written(*entry)
    return _Link(number, entry_id, salt, details, previous, digest, written)


def _check_place(findings: Findings, link: _Link, previous: Mark) -> None:
    """The link follows the one before."""
    first = previous.number + 1
    if link.number > first:
        last = link.number - 1
        which = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
        findings.add(ProblemKind.MISSING, f"{which} missing from the chain.", number=first, last_number=last)
    elif link.previous != previous.hash:
        message = f"Entry {previous.number} was written anew: entry {link.number} remembers another one before it."
        findings.add(ProblemKind.CHANGED, message, number=previous.number)


def _check_entry(findings: Findings, link: _Link, recorded: set[int]) -> None:
    """The entry is there and is what it was."""
    where = {"number": link.number, "entry_id": link.entry_id}
    entry = link.entry
    if entry is None:
        message = f"Entry {link.number} (id {link.entry_id}) is missing from the log."
        findings.add(ProblemKind.MISSING, message, **where)
        return
    fits = link_hash(entry, Mark(link.number - 1, link.previous), link.details) == link.hash
    if link.salt is None:
        findings.redacted += 1
        fits = fits and entry.is_blank
        if fits and link.number not in recorded:
            message = f"Entry {link.number} (id {link.entry_id}) was blanked, and no entry says so."
            findings.add(ProblemKind.BLANKED, message, **where)
    else:
        fits = fits and details_hash(entry, link.salt) == link.details
    if not fits:
        message = f"Entry {link.number} (id {link.entry_id}) is not what it was when it was written."
        findings.add(ProblemKind.CHANGED, message, **where)


def _check_anchor(findings: Findings, link: _Link, anchor: Mark | None) -> None:
    if anchor is not None and anchor.number == link.number and anchor.hash != link.hash:
        findings.add(ProblemKind.CHANGED, _rewritten(link.number), number=link.number, entry_id=link.entry_id)


def _rewritten(number: int) -> str:
    return f"The log up to entry {number} was written anew: the mark that was kept says something else."


async def _check_ends(session: AsyncSession, findings: Findings, base: Mark, anchor: Mark | None) -> None:
    """Nothing is missing at the end, nothing stands beside the chain, and the beginning was removed in the open."""
    last = func.coalesce(select(func.max(AuditLink.number)).scalar_subquery(), AuditHead.base_number)
    # One statement sees one moment: the chain may grow meanwhile.
    row = (await session.execute(select(AuditHead.number, AuditHead.hash, last))).one_or_none()
    if row is None:
        if findings.through.number:
            findings.add(ProblemKind.HEAD, "The head of the chain is missing.")
    else:
        _check_head(findings, row[0], row[1], row[2])
    if anchor is not None and anchor.number > findings.through.number:
        first, count = findings.through.number + 1, anchor.number
        message = f"Entries {first} to {count} are missing at the end: the mark that was kept names entry {count}."
        findings.add(ProblemKind.MISSING, message, number=first, last_number=count)
    await _check_unlinked(session, findings)
    await _check_base(session, findings, base)


def _check_head(findings: Findings, number: int, digest: bytes, last: int) -> None:
    if number > last:
        message = f"Entries {last + 1} to {number} are missing at the end: the head names entry {number}."
        findings.add(ProblemKind.MISSING, message, number=last + 1, last_number=number)
    elif number < last:
        message = f"Entries {number + 1} to {last} are not known to the head of the chain."
        findings.add(ProblemKind.HEAD, message, number=number + 1, last_number=last)
    elif number == findings.through.number and digest != findings.through.hash:
        message = f"Entry {number} was written anew: the head remembers another one."
        findings.add(ProblemKind.CHANGED, message, number=number)


async def _check_unlinked(session: AsyncSession, findings: Findings) -> None:
    linked = select(literal_column("1")).where(AuditLink.entry_id == AuditEntry.id).exists()
    query = select(AuditEntry.id).where(~linked).order_by(AuditEntry.id).limit(MAX_PROBLEMS)
    for entry_id in await session.scalars(query):
        message = f"The entry with the id {entry_id} stands in no chain: no change of the workspace has written it."
        findings.add(ProblemKind.INSERTED, message, entry_id=entry_id)


async def _check_base(session: AsyncSession, findings: Findings, base: Mark) -> None:
    if base.number == 0 and base.hash == GENESIS:
        return
    query = (
        select(AuditEntry.id)
        .join(AuditLink, AuditLink.entry_id == AuditEntry.id)
        .where(
            AuditEntry.action == PRUNED,
            AuditEntry.subject_kind == SUBJECT,
            AuditEntry.subject_id == str(base.number),
            AuditEntry.after["hash"].astext == base.hash.hex(),
        )
        .limit(1)
    )
    if await session.scalar(query) is None:
        message = f"Entries up to {base.number} are missing, and no entry says that they were removed for their age."
        findings.add(ProblemKind.MISSING, message, number=1, last_number=base.number)


async def _recorded_redactions(session: AsyncSession) -> set[int]:
    """Numbers of the entries that were blanked in the open."""
    found: set[int] = set()
    query = select(AuditEntry.after).join(AuditLink, AuditLink.entry_id == AuditEntry.id)
    for after in await session.scalars(query.where(AuditEntry.action == REDACTED)):
        found.update(after["numbers"] if isinstance(after, dict) else ())
    return found
