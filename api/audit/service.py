"""Reading the audit log, page by page or as a whole, and checking it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.audit import models, repository
from api.audit.filters import AuditFilter
from api.audit.verification import read_head, verify
from api.errors import FieldProblem, RequestError
from api.requests import bad_cursor, decode_cursor, encode_cursor, parse_moment
from db.audit_chain import Mark
from db.tables import AuditEntry, AuditLink
from schemas.errors import ErrorCode

_MAX_DIGITS = 18


async def list_entries(session: AsyncSession, wanted: AuditFilter, cursor: str | None, limit: int) -> models.AuditPage:
    """A page of entries."""
    before = None if cursor is None else _place(cursor)
    rows = await repository.latest(session, wanted, before, limit + 1)
    items = [describe(*row) for row in rows[:limit]]
    more = encode_cursor(items[-1].at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.AuditPage(items=items, next_cursor=more)


def describe(row: AuditEntry, link: AuditLink | None) -> models.AuditEntry:
    """The row as the API shows it."""
    return models.AuditEntry(
        id=row.id,
        at=row.at,
        actor=models.AuditActor(
            kind=models.ActorKind(row.actor_kind), id=row.actor_id, name=row.actor_name, address=row.address
        ),
        action=row.action,
        subject=models.AuditSubject(kind=row.subject_kind, id=row.subject_id),
        request_id=row.request_id,
        before=row.before,
        after=row.after,
        number=None if link is None else link.number,
        previous_hash=None if link is None else link.previous_hash.hex(),
        hash=None if link is None else link.hash.hex(),
        redacted=link is not None and link.salt is None,
    )


async def get_head(session: AsyncSession, workspace_id: UUID) -> models.AuditHead:
    """Where the chain ends."""
    base, head = await read_head(session)
    return models.AuditHead(
        workspace_id=workspace_id, number=head.number, hash=head.hash.hex(), mark=str(head), removed_through=base.number
    )


async def verify_log(session: AsyncSession, after: str | None, anchor: str | None) -> models.AuditVerification:
    """Check a portion of the chain.

    Raises:
        RequestError: `invalid_request` for a mark that is none.
    """
    found = await verify(session, _mark("after", after), _mark("anchor", anchor))
    return models.AuditVerification(
        intact=not found.problems,
        complete=found.complete,
        checked=found.checked,
        redacted=found.redacted,
        begins=str(found.begins),
        through=str(found.through),
        problems=[
            models.AuditProblem(
                kind=one.kind,
                message=one.message,
                number=one.number,
                last_number=one.last_number,
                entry_id=one.entry_id,
            )
            for one in found.problems
        ],
    )


def _mark(name: str, text: str | None) -> Mark | None:
    try:
        return None if text is None else Mark.parse(text)
    except ValueError as wrong:
        problem = FieldProblem(field=f"query.{name}", message=f"This is no mark: {wrong}.")
        raise RequestError(ErrorCode.INVALID_REQUEST, "The mark cannot be read.", errors=[problem]) from None


def _place(cursor: str) -> repository.Place:
    at, number = decode_cursor(cursor, 2)
    if not (number.isascii() and number.isdigit()) or len(number) > _MAX_DIGITS:
        raise bad_cursor()
    return parse_moment(at), int(number)
