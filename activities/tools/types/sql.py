"""`sql`: one statement in one transaction, with limits of time, rows and bytes."""

import asyncio
import base64
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import asyncpg

from activities.credentials.vault import Opened
from activities.step import Outcome, StepContext
from activities.text import clean_output, json_size
from activities.tools.databases import connected
from schemas.errors import ErrorCode, PerdureError
from schemas.tools.types.sql import SPEC, SqlSettings

_COLUMNS: Final = """
SELECT table_schema, table_name, column_name, data_type, is_nullable = 'YES' AS nullable
FROM information_schema.columns WHERE table_schema = ANY($1::text[])
ORDER BY table_schema, table_name, ordinal_position LIMIT 5000
"""
_GRACE: Final = 2.0
"""Seconds beyond its time after which a statement is given up although the server does not end it."""
_MAX_TEXT: Final = 4_000
_CHUNK: Final = 50


async def run(settings: SqlSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Runs a statement.

    Raises:
        PerdureError: `invalid_input` with what the database says, `timeout`, and what `connected` raises.
    """
    opened = context.credentials.named({"credential": settings.credential}, *SPEC.credential_types)
    if opened is None:
        raise PerdureError(ErrorCode.MISSING_CREDENTIAL, "This tool needs a credential of type postgres.")
    session = _session_settings(settings)
    async with connected(opened, context.services.egress, session) as connection:
        try:
            async with asyncio.timeout(settings.max_seconds + _GRACE):
                output = await _asked(connection, settings, name, arguments, context, opened)
        except TimeoutError:
            raise PerdureError(ErrorCode.TIMEOUT, "The database did not answer in time.") from None
    return Outcome(output=output)


def _session_settings(settings: SqlSettings) -> dict[str, str]:
    return {
        "application_name": "Perdure",
        "statement_timeout": str(int(settings.max_seconds * 1000)),
        "lock_timeout": str(int(settings.max_seconds * 1000)),
        "idle_in_transaction_session_timeout": str(int(settings.max_seconds * 1000)),
        "default_transaction_read_only": "on" if settings.read_only else "off",
        "search_path": ", ".join('"' + name.replace('"', '""') + '"' for name in settings.schemas),
    }


async def _asked(
    connection: Any,
    settings: SqlSettings,
    name: str,
    arguments: dict[str, Any],
    context: StepContext,
    opened: Opened,
) -> dict[str, Any]:
    if name == "sql_schema":
        return {"tables": _tables(await connection.fetch(_COLUMNS, list(settings.schemas)))}
    if context.delivery is not None:
        await context.delivery.leaving(f"SQL on {opened.public['host']}")
    try:
        output = await _statement(connection, settings, arguments)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TypeError) as error:
        if _is_lost(connection, error):
            raise PerdureError(ErrorCode.NETWORK, "The connection to the database broke.") from None
        if context.delivery is not None:
            context.delivery.answered(400, done=False)
        raise PerdureError(ErrorCode.INVALID_INPUT, f"The database refuses it: {_said(error)}") from None
    except OSError:
        raise PerdureError(ErrorCode.NETWORK, "The connection to the database broke.") from None
    if context.delivery is not None:
        context.delivery.answered(200, done=True)
    return output


async def _statement(connection: Any, settings: SqlSettings, arguments: dict[str, Any]) -> dict[str, Any]:
    """Runs one statement; the protocol that takes parameters knows no more than one at a time."""
    async with connection.transaction(readonly=settings.read_only):
        # From the first query on, a transaction that may only read cannot be told otherwise.
        await connection.fetchval("SELECT 1")
        prepared = await connection.prepare(arguments["sql"])
        types = [parameter.name for parameter in prepared.get_parameters()]
        values = _fitted(arguments.get("parameters", []), types)
        columns = [attribute.name for attribute in prepared.get_attributes()]
        rows, more = await _rows(prepared, values, settings)
        return {
            "columns": columns,
            "rows": rows,
            **({"more": True} if more else {}),
            "status": prepared.get_statusmsg(),
        }


async def _rows(prepared: Any, values: Sequence[Any], settings: SqlSettings) -> tuple[list[list[Any]], bool]:
    if not prepared.get_attributes():
        await prepared.fetch(*values)
        return [], False
    cursor = await prepared.cursor(*values)
    rows: list[list[Any]] = []
    size = 0
    while found := await cursor.fetch(_CHUNK):
        for record in found:
            row = clean_output([_shown(value) for value in record])
            size += json_size(row)
            if len(rows) >= settings.max_rows or size > settings.max_bytes:
                return rows, True
            rows.append(row)
    return rows, False


def _fitted(values: list[Any], types: list[str]) -> list[Any]:
    """Values as the driver wants them for the types of the statement; a model knows only JSON."""
    if len(values) != len(types):
        raise ValueError(f"the statement has {len(types)} parameters, {len(values)} were given")
    return [_as_type(value, type_name) for value, type_name in zip(values, types, strict=True)]


def _as_type(value: Any, type_name: str) -> Any:
    if value is None:
        return None
    match type_name:
        case "text" | "varchar" | "bpchar" | "name" | "uuid" | "json" | "jsonb":
            return value if isinstance(value, str) else str(value)
        case "int2" | "int4" | "int8":
            return int(value)
        case "float4" | "float8":
            return float(value)
        case "numeric":
            return Decimal(str(value))
        case "date":
            return date.fromisoformat(value)
        case "timestamp" | "timestamptz":
            return datetime.fromisoformat(value)
        case "time":
            return time.fromisoformat(value)
    return value


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT else value[:_MAX_TEXT] + "…"
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return base64.b64encode(value[:_MAX_TEXT]).decode("ascii")
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return str(value)


def _tables(columns: Sequence[Any]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in columns:
        described = f"{row['column_name']} {row['data_type']}" + ("" if row["nullable"] else " not null")
        found.setdefault((row["table_schema"], row["table_name"]), []).append(described)
    return [{"schema": schema, "table": table, "columns": listed} for (schema, table), listed in found.items()]


def _is_lost(connection: Any, error: Exception) -> bool:
    """Whether nobody knows what became of the statement."""
    return bool(connection.is_closed()) or isinstance(error, asyncpg.PostgresConnectionError)


def _said(error: Exception) -> str:
    parts = [str(error), str(getattr(error, "detail", None) or ""), str(getattr(error, "hint", None) or "")]
    return " ".join(part for part in parts if part)[:1_000]
