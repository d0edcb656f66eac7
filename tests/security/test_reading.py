"""A GET changes nothing: every one of them is made, and every row of the database compared before and after all."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest

from db.tables import Base
from tests.support.api_document import api_document
from tests.tenancy.calls import Call, get
from tests.tenancy.probes import NAMELESS, PROBES
from tests.tenancy.world import Tenant, unknown

LAST_USE = {"api_keys": {"last_used_at"}, "sessions": {"last_used_at"}}
"""Written down when a credential is checked, whatever for."""


def reads(openapi: dict[str, Any], tenant: Tenant) -> Iterator[tuple[str, Call]]:
    """Every way to make every GET."""
    for path, operations in openapi["paths"].items():
        if "get" in operations:
            operation = operations["get"]["operationId"]
            if operation in NAMELESS:
                yield operation, get(path)
            for probe in PROBES.get(operation, ()):
                for names in (tenant.names, unknown()):
                    yield operation, probe.make(names, tenant.names)


@pytest.mark.parametrize("caller", ["person", "program"])
async def test_no_get_changes_anything(tenant: Tenant, database_url: str, caller: str) -> None:
    client: httpx.AsyncClient = getattr(tenant, caller)
    openapi = api_document()
    before = await everything(database_url)
    succeeded = set()
    for operation, call in reads(openapi, tenant):
        answer = await call.by(client)
        assert answer.status_code < 500, (operation, answer.text)
        if answer.is_success:
            succeeded.add(operation)
    after = await everything(database_url)
    assert after == before, await culprits(openapi, tenant, client, database_url)
    gets = {op["get"]["operationId"] for op in openapi["paths"].values() if "get" in op}
    # Readiness says no while no worker polls; a conversation is told until its reader leaves, so it is asked for only
    # in vain here; what is about a person's own account is not for programs.
    assert gets - succeeded <= {"get_readiness", "stream_chat_session"} | (
        {op for op in gets if op in PERSONAL} if caller == "program" else set()
    )


async def culprits(openapi: dict[str, Any], tenant: Tenant, client: httpx.AsyncClient, database_url: str) -> list[str]:
    """Which operations change something, and which table; looked for only when one does."""
    found, before = [], await everything(database_url)
    for operation, call in reads(openapi, tenant):
        await call.by(client)
        after = await everything(database_url)
        found += [f"{operation} changes {table}" for table in after if after[table] != before[table]]
        before = after
    return found or ["none when asked again: something is changed by the first GET only"]


PERSONAL = {"get_me", "list_sessions", "get_second_factor", "get_own_notifications", "list_my_absences"}


async def everything(database_url: str) -> dict[str, list[str]]:
    """Every row of every table but the times at which credentials were last used."""
    connection = await asyncpg.connect(database_url)
    try:
        return {table: await _rows(connection, table) for table in sorted(Base.metadata.tables)}
    finally:
        await connection.close()


async def _rows(connection: Any, table: str) -> list[str]:
    kept = [column.name for column in Base.metadata.tables[table].columns]
    kept = [name for name in kept if name not in LAST_USE.get(table, ())]
    return sorted(row[0] for row in await connection.fetch(f"SELECT ROW({', '.join(kept)})::text FROM {table}"))
