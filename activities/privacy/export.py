"""Writes everything that a workspace owns into parts of one archive: JSON lines, a table after the other.

{"table": "runs", "row": {"id": "…", …}}
"""

import base64
import gzip
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Column, LargeBinary, Table, literal, select, tuple_
from sqlalchemy.dialects.postgresql import TSVECTOR, insert
from sqlalchemy.ext.asyncio import AsyncSession

from activities.privacy.jobs import Job, Page, Tools, settle
from db.erasure import tables_of_workspaces
from db.tables import ExportPart

ROWS: Final = 500
"""Rows of one part."""

KEPT_DAYS: Final = 7
"""How long an archive can be fetched."""

LEFT_OUT: Final = frozenset({"export_parts"})
"""The archive itself."""

_SECRETS: Final = frozenset(
    {"sealed", "sealed_code", "key_hash", "secret_hash", "token_hash", "state_hash", "seal", "salt", "idempotency_key"}
)
"""Columns that prove something or hold a secret."""

_DERIVED: Final = frozenset({"embedding", "snapshot", "words"})
"""Columns that are made of others."""


async def export_page(tools: Tools, job: Job) -> Page:
    """Write the next part."""
    page = Page(dict(job.progress))
    tables = exported_tables()
    place = page.progress.get("table", 0)
    async with tools.database.tenant(job.workspace_id) as session:
        rows = await _rows(session, tables[place], page.progress.get("after"))
        if rows:
            await _write(session, job, page, tables[place], rows)
        if len(rows) < ROWS:
            page.progress |= {"table": place + 1, "after": None}
        else:
            page.progress["after"] = [_plain(rows[-1][column.name]) for column in tables[place].primary_key]
        page.finished = page.progress["table"] >= len(tables) if "table" in page.progress else False
        page.progress["share"] = min(1.0, page.progress.get("table", 0) / len(tables))
        page.kept_for_days = KEPT_DAYS if page.finished else None
        await settle(session, job, page)
    return page


def exported_tables() -> list[Table]:
    """What an archive holds, those first that others refer to."""
    return [table for table in tables_of_workspaces() if table.name not in LEFT_OUT]


def exported_columns(table: Table) -> list[Column[Any]]:
    """Columns without secrets and without what is made of others."""
    hidden = _SECRETS | _DERIVED
    return [c for c in table.columns if c.name not in hidden and not isinstance(c.type, TSVECTOR)]


async def _rows(session: AsyncSession, table: Table, after: list[Any] | None) -> list[dict[str, Any]]:
    key = list(table.primary_key)
    query = select(*exported_columns(table)).order_by(*key).limit(ROWS)
    if after is not None:
        last = [literal(_typed(column, value), column.type) for column, value in zip(key, after, strict=True)]
        query = query.where(tuple_(*key) > tuple_(*last))
    return [dict(row) for row in (await session.execute(query)).mappings()]


async def _write(session: AsyncSession, job: Job, page: Page, table: Table, rows: list[dict[str, Any]]) -> None:
    # Names of columns that SQL reserves are of a class of SQLAlchemy's, which only that option takes for text.
    option = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    lines = b"".join(orjson.dumps({"table": table.name, "row": row}, default=_plain, option=option) for row in rows)
    number = page.progress.get("parts", 0)
    part = insert(ExportPart).values(
        workspace_id=job.workspace_id, job_id=job.id, number=number, data=gzip.compress(lines, 6), rows=len(rows)
    )
    await session.execute(part.on_conflict_do_nothing())
    page.progress["parts"] = number + 1
    page.count(table.name, len(rows))


def _plain(value: Any) -> Any:
    """A value of a column as JSON."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _typed(column: Column[Any], value: Any) -> Any:
    """A value of a key as it was before it was written down."""
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    kind = column.type.python_type
    if kind is UUID:
        return UUID(value)
    return kind.fromisoformat(value) if kind in (datetime, date) else value
