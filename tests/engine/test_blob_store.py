"""Large payloads live in PostgreSQL, once per workspace, and survive short outages."""

import json
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import func, select
from temporalio.api.common.v1 import Payload
from temporalio.converter import StorageDriverClaim, StorageDriverRetrieveContext

from db.session import Database
from db.tables import Blob
from engine.blob_store import BlobCache, BlobMissingError, PostgresBlobDriver, external_storage, store_plan
from engine.converter import data_converter
from schemas.limits import OFFLOAD_BYTES
from schemas.messages import RunResult, RunStatus
from schemas.plan import Plan
from tests.support.plans import stub_plan


async def count_blobs(database: Database, workspace_id: UUID) -> int:
    async with database.tenant(workspace_id) as session:
        return (await session.scalar(select(func.count()).select_from(Blob))) or 0


def large_result(workspace_id: UUID, letter: str = "x") -> RunResult:
    return RunResult(workspace_id=str(workspace_id), status=RunStatus.COMPLETED, output=letter * OFFLOAD_BYTES)


async def test_large_messages_are_stored_once(database: Database, workspace_id: UUID) -> None:
    converter = data_converter(external_storage(database))
    message = large_result(workspace_id)
    first = await converter.encode([message, message])
    second = await data_converter(external_storage(database)).encode([message])
    assert first[0] == first[1] == second[0]
    assert first[0].ByteSize() < 400
    assert await count_blobs(database, workspace_id) == 1
    other_process = data_converter(external_storage(database))
    assert await other_process.decode(first, [RunResult, RunResult]) == [message, message]


async def test_small_messages_and_values_without_workspace_stay_inline(database: Database, workspace_id: UUID) -> None:
    converter = data_converter(external_storage(database))
    small = RunResult(workspace_id=str(workspace_id), status=RunStatus.COMPLETED, output="x" * 100)
    payloads = await converter.encode([small, "y" * OFFLOAD_BYTES])
    assert payloads[1].ByteSize() > OFFLOAD_BYTES
    assert await count_blobs(database, workspace_id) == 0


async def test_a_stored_plan_arrives_as_a_plan(database: Database, workspace_id: UUID) -> None:
    plan = stub_plan(text="t" * 100_000)
    async with database.tenant(workspace_id) as session:
        reference = await store_plan(session, workspace_id, plan)
    assert reference.size > 100_000
    converter = data_converter(external_storage(database))
    payloads = await converter.encode([reference])
    assert payloads[0].ByteSize() < 400
    [arrived] = await converter.decode(payloads, [Plan])
    assert arrived == plan
    # and it goes on to children and fresh histories by the same reference
    [again] = await converter.encode([arrived])
    assert json.loads(again.data) == json.loads(payloads[0].data)


async def test_a_workspace_cannot_read_the_blobs_of_another(database: Database, workspace_id: UUID) -> None:
    [payload] = await data_converter(external_storage(database)).encode([large_result(workspace_id)])
    claim = json.loads(payload.data)["claimData"]
    driver = PostgresBlobDriver(database)
    with pytest.raises(BlobMissingError):
        await driver.retrieve(
            StorageDriverRetrieveContext(), [StorageDriverClaim({**claim, "workspace": str(uuid4())})]
        )


async def test_an_outage_is_waited_for(database_url: str, workspace_id: UUID) -> None:
    access = Database(database_url)
    try:
        converter = data_converter(external_storage(access))
        await converter.encode([large_result(workspace_id, "a")])
        await end_connections(database_url)
        message = large_result(workspace_id, "b")
        [payload] = await converter.encode([message])
        await end_connections(database_url)
        assert await converter.decode([payload], [RunResult]) == [message]
    finally:
        await access.dispose()


async def end_connections(database_url: str) -> None:
    """What the application sees when the server restarts."""
    admin = await asyncpg.connect(database_url)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'perdure'"
    )
    await admin.close()


def test_the_cache_keeps_what_was_used_last() -> None:
    cache = BlobCache(max_bytes=4_000)
    for name in "abcd":
        cache.put("w", name, Payload(data=b"x" * 990))
        cache.get("w", "a")
    cache.put("w", "e", Payload(data=b"x" * 990))
    assert [name for name in "abcde" if cache.get("w", name)] == ["a", "c", "d", "e"]
    cache.put("w", "huge", Payload(data=b"x" * 2_000))
    assert cache.get("w", "huge") is None
