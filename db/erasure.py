"""Finds what belongs to a person, and deletes whatever belongs to a workspace."""

import json
import re
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.retention import held
from db.tables import Base

BATCH: Final = 1_000

STAYING: Final = frozenset(
    {"workspaces", "users", "data_keys", "privacy_jobs", "audit_log", "audit_chain", "audit_heads"}
)
"""What outlives a workspace: the proof of what happened, without anything personal in it."""


def tables_of_workspaces() -> list[Table]:
    """Every table whose rows belong to a workspace, those first that others refer to."""
    return [
        table for table in Base.metadata.sorted_tables if "workspace_id" in table.columns and table.name != "sessions"
    ]


def doomed_tables() -> list[Table]:
    """What the erasure of a workspace empties, in an order that no reference stands against."""
    return [table for table in reversed(tables_of_workspaces()) if table.name not in STAYING]


async def delete_rows(session: AsyncSession, table: str, workspace_id: UUID, limit: int = BATCH) -> int:
    """Delete rows of a workspace; how many. Needs a session of `Database.system()`."""
    statement = text(
        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("  # noqa: S608 - our own names
        f"SELECT ctid FROM {table} WHERE workspace_id = :workspace LIMIT :limit)) RETURNING 1"
    )
    return len((await session.execute(statement, {"workspace": workspace_id, "limit": limit})).all())


NAMED: Final = "@? CAST(CAST(:path AS text) AS jsonpath)"
"""Behind a JSON value: the person stands in it as a value of their own."""

_MENTIONED: Final = "position(:subject in lower({}::text)) > 0"

PERSONAL: Final[dict[str, str]] = {
    "agent_memories": "lower(t.subject) = :subject",
    "chat_sessions": f"lower(t.owner_name) = :subject OR t.owner_id::text = :subject OR t.context {NAMED}",
    "events": f"lower(t.key) = :subject OR t.data {NAMED}",
    "hook_deliveries": _MENTIONED.format("t.body"),
    "callbacks": f"{_MENTIONED.format('t.body')} OR {_MENTIONED.format('t.facts')}",
    "notification_messages": "lower(t.address) = :subject",
    "invitations": "lower(t.email) = :subject",
    "model_answers": _MENTIONED.format("t.answer"),
}
"""Whose rows are deleted for a person, besides runs; the rest of `docs/privacy.md` says what stays."""

KEPT: Final[dict[str, str]] = {
    "chat_sessions": "EXISTS (SELECT FROM chat_messages m JOIN runs r ON r.id = m.run_id "
    f"WHERE m.session_id = t.id AND {held('r.id')})",
    "hook_deliveries": held("t.run_id"),
    "callbacks": held("t.run_id"),
}
"""Of these, what a legal hold keeps."""

OF_RUNS: Final = ("hook_deliveries", "callbacks", "outbox")
"""Tables without a reference to runs whose rows hold what came into one or out of it."""

RUNS_OF_PERSON: Final = f"""t.workspace_id = :workspace AND (
    t.started_by ->> 'id' = :subject OR lower(t.started_by ->> 'name') = :subject OR t.input {NAMED}
    OR EXISTS (SELECT FROM chat_messages m JOIN chat_sessions s ON s.id = m.session_id WHERE m.run_id = t.id
        AND (lower(s.owner_name) = :subject OR s.owner_id::text = :subject)))"""


async def delete_personal(session: AsyncSession, table: str, values: dict[str, Any], limit: int = BATCH) -> int:
    """Delete rows of a person; how many. Needs a session of `Database.system()`."""
    statement = text(
        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT t.ctid FROM {table} t WHERE "  # noqa: S608
        f"t.workspace_id = :workspace AND ({PERSONAL[table]}) AND NOT ({KEPT.get(table, 'false')}) LIMIT :limit)) "
        "RETURNING 1"
    )
    return len((await session.execute(statement, _used(statement.text, {**values, "limit": limit}))).all())


async def count_kept(session: AsyncSession, table: str, values: dict[str, Any]) -> int:
    """How many rows of a person a legal hold keeps."""
    statement = text(
        f"SELECT count(*) FROM {table} t WHERE t.workspace_id = :workspace AND ({PERSONAL[table]}) "  # noqa: S608
        f"AND ({KEPT[table]})"
    )
    number: int = (await session.execute(statement, _used(statement.text, values))).scalar_one()
    return number


def values_of_person(workspace_id: UUID, subject: str) -> dict[str, Any]:
    """Parameters of the statements about a person; upper and lower case are one.

    Args:
        workspace_id: Where to look.
        subject: E-mail address, id, or any other text that stands for the person in inputs of runs.
    """
    quoted = re.sub(r"([^\w\s])", r"\\\1", subject)
    exactly = json.dumps(f"^{quoted}$", ensure_ascii=False)
    path = f'$.** ? (@ like_regex {exactly} flag "i")'
    return {"workspace": workspace_id, "subject": subject.lower(), "path": path}


def _used(statement: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f":{name}" in statement}
