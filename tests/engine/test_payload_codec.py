"""Payloads are encrypted for their workspace: nobody else's key, no moved or damaged ciphertext, no destroyed key."""

import json
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, WorkflowSerializationContext

from db.session import Database
from db.tables import Blob, WorkspaceDataKey
from engine.client import converter_of
from engine.data_keys import destroy_keys, rotate_key
from engine.payload_codec import WorkspaceCodec
from engine.payload_marks import ENCODING, KEY_KEY, WORKSPACE_KEY
from engine.secrets.keyring import UnreadableError
from engine.secrets.rotation import rotate
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import StepResult
from schemas.signals import Control
from tests.support.secrets import KEYS, encryption
from tests.support.workspaces import new_workspace

OTHER_KEY = "newer:" + "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm4="


def converter(database: Database, workflow: str | None = None, keys: str = KEYS) -> DataConverter:
    """What a fresh process has."""
    made = converter_of(database, encryption(keys))
    return made if workflow is None else made.with_context(WorkflowSerializationContext("default", workflow))


def codec(of: DataConverter) -> WorkspaceCodec:
    assert isinstance(of.payload_codec, WorkspaceCodec)
    return of.payload_codec


def secret(workspace_id: UUID) -> Control:
    return Control(workspace_id=str(workspace_id), action="pause", reason="about Ada Lovelace")


async def code(of: DataConverter, payload: Payload) -> ErrorCode:
    """How an unreadable payload is answered."""
    with pytest.raises(PerdureError) as refused:
        await of.decode([payload], [Control])
    return refused.value.code


async def test_only_ciphertext_leaves_and_any_process_reads_it(database: Database, workspace_id: UUID) -> None:
    [payload] = await converter(database).encode([secret(workspace_id)])
    assert b"Lovelace" not in payload.SerializeToString()
    assert payload.metadata["encoding"] == ENCODING
    assert await converter(database).decode([payload], [Control]) == [secret(workspace_id)]
    again = await converter(database).encode([secret(workspace_id)])
    assert again[0].data != payload.data, "equal small payloads must not look alike"


async def test_large_ones_share_a_row_and_are_encrypted_there(database: Database, workspace_id: UUID) -> None:
    large = StepResult(workspace_id=str(workspace_id), output="Ada Lovelace " * 10_000)
    [one], [two] = await converter(database).encode([large]), await converter(database).encode([large])
    assert one == two
    async with database.tenant(workspace_id) as session:
        [stored] = (await session.scalars(select(Blob.data))).all()
    assert b"Lovelace" not in stored
    assert await converter(database).decode([one], [StepResult]) == [large]


async def test_moved_ciphertext_is_refused(database: Database, database_url: str, workspace_id: UUID) -> None:
    other = await new_workspace(database_url)
    [mine], [theirs] = [await converter(database).encode([secret(one)]) for one in (workspace_id, other)]
    for name in (WORKSPACE_KEY, KEY_KEY):
        claimed = Payload()
        claimed.CopyFrom(mine)
        claimed.metadata[name] = theirs.metadata[name]
        assert await code(converter(database), claimed) is ErrorCode.MISSING_CREDENTIAL
    both = Payload(metadata=dict(theirs.metadata), data=mine.data)
    assert await code(converter(database), both) is ErrorCode.MISSING_CREDENTIAL
    # As it is, in a workflow of somebody else.
    theirs_alone = converter(database, "run-1")
    await theirs_alone.decode([theirs], [Control])
    assert await code(theirs_alone, mine) is ErrorCode.MISSING_CREDENTIAL


async def test_damage_is_found(database: Database, workspace_id: UUID) -> None:
    fresh = converter(database)
    [payload] = await fresh.encode([secret(workspace_id)])
    for place in (0, 5, 25, len(payload.data) - 1):
        data = bytearray(payload.data)
        data[place] ^= 1
        assert (
            await code(fresh, Payload(metadata=dict(payload.metadata), data=bytes(data)))
            is ErrorCode.MISSING_CREDENTIAL
        )
    assert await code(fresh, Payload(metadata=dict(payload.metadata), data=b"")) is ErrorCode.MISSING_CREDENTIAL


async def test_rotated_keys_still_read(database: Database, workspace_id: UUID) -> None:
    first = converter(database)
    [before] = await first.encode([secret(workspace_id)])
    async with database.tenant(workspace_id) as session:
        await rotate_key(session, encryption(), workspace_id)
    codec(first).keys.forget(str(workspace_id))
    [after] = await first.encode([secret(workspace_id)])
    assert before.metadata[KEY_KEY] != after.metadata[KEY_KEY]
    # And the installation's key may be another one afterwards.
    await rotate(database, encryption(f"{OTHER_KEY},{KEYS}"))
    try:
        newest = converter(database, keys=OTHER_KEY)
        assert await newest.decode([before, after], [Control, Control]) == [secret(workspace_id)] * 2
    finally:
        await rotate(database, encryption(f"{KEYS},{OTHER_KEY}"))


async def test_destroyed_keys_are_answered_clearly_and_never_replaced(database: Database, workspace_id: UUID) -> None:
    fresh = converter(database)
    [payload] = await fresh.encode([secret(workspace_id)])
    async with database.system() as session:
        assert await destroy_keys(session, workspace_id) == 1
    assert await code(converter(database), payload) is ErrorCode.DATA_ERASED
    with pytest.raises(PerdureError) as refused:
        await converter(database).encode([secret(workspace_id)])
    assert refused.value.code is ErrorCode.DATA_ERASED
    async with database.tenant(workspace_id) as session:
        assert (await session.scalars(select(WorkspaceDataKey.sealed))).all() == [None]


async def test_a_workspace_that_never_had_a_key_gets_none_after_its_erasure(
    database: Database, workspace_id: UUID
) -> None:
    async with database.system() as session:
        await destroy_keys(session, workspace_id)
    with pytest.raises(PerdureError, match="erased"):
        await converter(database).encode([secret(workspace_id)])


async def test_what_names_no_workspace_takes_that_of_its_workflow(database: Database, workspace_id: UUID) -> None:
    fresh = converter(database, "run-2")
    await fresh.encode([secret(workspace_id)])
    [untagged] = await fresh.encode([{"title": "about Ada Lovelace"}])
    assert untagged.metadata["encoding"] == ENCODING
    assert await fresh.decode([untagged]) == [{"title": "about Ada Lovelace"}]


async def test_what_was_written_in_the_clear_is_read(database: Database, workspace_id: UUID) -> None:
    [plain] = await converter_of(database).encode([secret(workspace_id)])
    assert json.loads(plain.data)["reason"] == "about Ada Lovelace"
    assert await converter(database).decode([plain], [Control]) == [secret(workspace_id)]


async def test_without_a_key_encrypted_payloads_say_what_is_missing(database: Database, workspace_id: UUID) -> None:
    [payload] = await converter(database).encode([secret(workspace_id)])
    with pytest.raises(UnreadableError, match="not configured"):
        await converter(database, keys=OTHER_KEY).decode([payload], [Control])


async def test_two_processes_agree_on_the_first_key(database: Database, database_url: str) -> None:
    fresh = await new_workspace(database_url)
    payloads = [(await converter(database).encode([secret(fresh)]))[0] for _ in range(3)]
    assert len({payload.metadata[KEY_KEY] for payload in payloads}) == 1
