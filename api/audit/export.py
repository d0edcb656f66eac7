"""The audit log as a file, read in portions, so that its size costs neither memory nor a long transaction."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final
from uuid import UUID

from api.audit import repository
from api.audit.filters import AuditFilter
from api.audit.models import AuditEntry, ExportFormat
from api.audit.service import describe
from db.json_text import to_json
from db.session import Database

MEDIA_TYPES: Final = {ExportFormat.CSV: "text/csv; charset=utf-8", ExportFormat.JSONL: "application/jsonl"}

COLUMNS: Final = (
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "address",
    "action",
    "subject_kind",
    "subject_id",
    "request_id",
    "before",
    "after",
    "number",
    "previous_hash",
    "hash",
)
"""Of a CSV file; `before` and `after` are JSON."""

_PORTION: Final = 500
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


async def export(
    database: Database, workspace_id: UUID, wanted: AuditFilter, written_as: ExportFormat
) -> AsyncIterator[str]:
    """The entries that there are now, in the order in which they were written."""
    write = _WRITERS[written_as]
    if written_as is ExportFormat.CSV:
        yield _line(COLUMNS)
    async with database.tenant(workspace_id) as session:
        last = await repository.now(session)
    place: repository.Place | None = None
    while True:
        async with database.tenant(workspace_id) as session:
            rows = await repository.earliest(session, wanted, place, last, _PORTION)
        if rows:
            yield "".join(write(describe(*row)) for row in rows)
        if len(rows) < _PORTION:
            return
        place = (rows[-1][0].at, rows[-1][0].id)


def _jsonl(entry: AuditEntry) -> str:
    return entry.model_dump_json() + "\n"


def _csv(entry: AuditEntry) -> str:
    return _line(
        (
            entry.id,
            entry.at.isoformat(),
            entry.actor.kind,
            entry.actor.id or "",
            entry.actor.name,
            entry.actor.address,
            entry.action,
            entry.subject.kind,
            entry.subject.id,
            entry.request_id,
            "" if entry.before is None else to_json(entry.before),
            "" if entry.after is None else to_json(entry.after),
            "" if entry.number is None else entry.number,
            entry.previous_hash or "",
            entry.hash or "",
        )
    )


def _line(cells: Iterable[Any]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(_harmless(str(cell)) for cell in cells)
    return written.getvalue()


def _harmless(cell: str) -> str:
    """A name or key that somebody chose must not become a formula in the spreadsheet of whoever opens the file."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


_WRITERS: Final[dict[ExportFormat, Callable[[AuditEntry], str]]] = {
    ExportFormat.CSV: _csv,
    ExportFormat.JSONL: _jsonl,
}
