"""Rotation: every value moves to the newest key, and all of them can be read at any moment."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import undefer

from db.session import Database
from db.tables import Credential, User
from engine.maintenance import rewrap_secrets
from engine.secrets import Encryption
from engine.secrets.keyring import key_id_of
from engine.secrets.purposes import CREDENTIAL
from engine.secrets.rotation import Rotation, keys_in_use, rotate
from tests.support import postgres
from tests.support.secrets import encryption

OLD, NEW, THIRD = (f"{name}:{base64.b64encode(os.urandom(32)).decode()}" for name in ("old", "new", "third"))


@pytest.fixture(scope="module")
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """A database of these tests alone: a rotation sees the secrets of every workspace."""
    async with postgres.migrated_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    access = Database(database_url)
    yield access
    await access.dispose()


@pytest.fixture(autouse=True)
async def alone(database: Database) -> AsyncIterator[None]:
    """Each test begins without secrets."""
    await _clear(database)
    yield
    await _clear(database)


async def _clear(database: Database) -> None:
    async with database.identity() as session:
        await session.execute(update(User).values(totp_secret_encrypted=None))
    async with database.system() as session:
        workspaces = set(await session.scalars(select(Credential.workspace_id)))
    for workspace in workspaces:
        async with database.tenant(workspace) as session:
            await session.execute(delete(Credential))


async def store(database: Database, workspace: UUID, keys: Encryption, count: int) -> list[UUID]:
    ids = [uuid4() for _ in range(count)]
    async with database.tenant(workspace) as session:
        for identity in ids:
            session.add(
                Credential(
                    id=identity,
                    workspace_id=workspace,
                    name=f"c-{identity}",
                    type="bearer",
                    public={},
                    sealed=keys.encrypt(CREDENTIAL, workspace, identity, str(identity).encode()),
                    created_by="t",
                    updated_by="t",
                )
            )
    return ids


async def read(database: Database, workspace: UUID, keys: Encryption) -> dict[UUID, str]:
    """Opens everything; gives the key of each."""
    async with database.tenant(workspace) as session:
        rows = (await session.scalars(select(Credential).options(undefer(Credential.sealed)))).all()
    for row in rows:
        assert keys.decrypt(CREDENTIAL, workspace, row.id, row.sealed) == str(row.id).encode()
    return {row.id: key_id_of(row.sealed) for row in rows}


async def test_all_is_readable_all_the_time(database: Database, workspace_id: UUID) -> None:
    await store(database, workspace_id, encryption(OLD), 60)
    both = encryption(f"{NEW},{OLD}")
    rotating = asyncio.create_task(rotate(database, both, batch=5))
    looks = 0
    while not rotating.done():
        assert len(await read(database, workspace_id, both)) == 60
        looks += 1
    assert (await rotating) == Rotation(rewrapped=60)
    assert looks > 3
    assert set((await read(database, workspace_id, encryption(NEW))).values()) == {"new"}
    assert await rotate(database, both) == Rotation()
    assert await keys_in_use(database) == {"new": 60}


async def test_it_goes_on_where_it_stopped(database: Database, workspace_id: UUID) -> None:
    await store(database, workspace_id, encryption(OLD), 20)
    await store(database, workspace_id, encryption(NEW), 7)
    both = encryption(f"{NEW},{OLD}")
    assert await keys_in_use(database) == {"old": 20, "new": 7}
    assert await rewrap_secrets(database, both) == 20
    assert await rewrap_secrets(database, both) == 0


async def test_a_value_that_is_replaced_meanwhile_is_left_alone(database: Database, workspace_id: UUID) -> None:
    ids = await store(database, workspace_id, encryption(OLD), 30)
    both = encryption(f"{NEW},{OLD}")

    async def replace(identity: UUID) -> None:
        async with database.tenant(workspace_id) as session:
            sealed = both.encrypt(CREDENTIAL, workspace_id, identity, b"replaced")
            await session.execute(update(Credential).where(Credential.id == identity).values(sealed=sealed))

    await asyncio.gather(rotate(database, both, batch=3), *(replace(identity) for identity in ids[::2]))
    async with database.tenant(workspace_id) as session:
        rows = (await session.scalars(select(Credential).options(undefer(Credential.sealed)))).all()
    found = {row.id: encryption(NEW).decrypt(CREDENTIAL, workspace_id, row.id, row.sealed) for row in rows}
    assert found == {i: b"replaced" if n % 2 == 0 else str(i).encode() for n, i in enumerate(ids)}


async def test_several_rotations_at_once_agree(database: Database, workspace_id: UUID) -> None:
    await store(database, workspace_id, encryption(OLD), 40)
    both = encryption(f"{NEW},{OLD}")
    done = await asyncio.gather(*(rotate(database, both, batch=4) for _ in range(4)))
    assert sum(one.rewrapped for one in done) == 40
    assert set((await read(database, workspace_id, encryption(NEW))).values()) == {"new"}


async def test_what_cannot_be_read_stays_and_is_counted(database: Database, workspace_id: UUID) -> None:
    await store(database, workspace_id, encryption(THIRD), 3)
    await store(database, workspace_id, encryption(OLD), 2)
    assert await rotate(database, encryption(f"{NEW},{OLD}"), batch=2) == Rotation(rewrapped=2, unreadable=3)
    assert await keys_in_use(database) == {"third": 3, "new": 2}


async def test_second_factors_are_rotated_too(database: Database) -> None:
    user = uuid4()
    sealed = encryption(OLD).encrypt("totp", None, user, b"JBSWY3DP")
    async with database.identity() as session:
        session.add(User(id=user, email=f"{user}@example.com", name="A", totp_secret_encrypted=sealed))
    assert await rotate(database, encryption(f"{NEW},{OLD}")) == Rotation(rewrapped=1)
    async with database.identity() as session:
        after = await session.scalar(select(User.totp_secret_encrypted).where(User.id == user))
    assert after is not None
    assert encryption(NEW).decrypt("totp", None, user, after) == b"JBSWY3DP"
