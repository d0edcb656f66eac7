"""Renewing access: once, whoever asks; and what becomes of it when a process or the database goes away meanwhile."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from activities.connections.oauth import OAuth
from activities.connections.tokens import TokenKeeper
from activities.credentials.redactions import Redactions
from activities.egress import Egress, EgressSettings
from db.session import Database
from engine.connection_settings import NO_APPS
from schemas.errors import ErrorCode, PerdureError
from tests.support.oauth import Office, endpoints
from tests.support.polling import eventually
from tests.support.secrets import KEYS, encryption

CHILD = """
import asyncio, sys
from uuid import UUID
from activities.connections.oauth import OAuth
from activities.connections.tokens import TokenKeeper
from activities.credentials.redactions import Redactions
from activities.egress import Egress, EgressSettings
from db.session import Database
from engine.connection_settings import NO_APPS
from tests.support.secrets import encryption

async def main(url, workspace, connection):
    async with Egress(EgressSettings(allow=("127.0.0.1",))) as egress:
        keeper = TokenKeeper(Database(url), encryption(), Redactions(), OAuth(egress), NO_APPS)
        await keeper.renew(workspace, UUID(connection))
        print("renewed", flush=True)
        await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    """The way out."""
    async with Egress(EgressSettings(allow=("127.0.0.1",))) as made:
        yield made


def keeper(database: Database, egress: Egress) -> TokenKeeper:
    """As another process has it: it shares nothing with others but the database."""
    return TokenKeeper(database, encryption(), Redactions(), OAuth(egress), NO_APPS)


async def change(office: Office, columns: str, connection: dict[str, Any]) -> None:
    """Change the row of a connection."""
    async with office.perdure.database.tenant(office.workspace_id) as session:
        await session.execute(text(f"UPDATE connections SET {columns} WHERE id = '{connection['id']}'"))


def renewals(office: Office) -> int:
    return office.provider.counts.get("refresh_token", 0)


async def test_of_many_workers_one_renews(office: Office, database: Database, egress: Egress) -> None:
    connection = await office.connected()
    office.provider.control.delay = 0.2
    await change(office, "expires_at = now()", connection)
    workers = [keeper(database, egress) for _ in range(4)]
    workspace, identity = str(office.workspace_id), UUID(connection["id"])
    tokens = await asyncio.gather(*(one.access(workspace, identity) for one in workers for _ in range(3)))
    assert {access.token for access in tokens} == {office.provider.grants[0].access_token}
    assert renewals(office) == 1
    shown = await office.shown(connection)
    assert (shown["status"], shown["expires_at"] > shown["refreshed_at"]) == ("active", True)


async def test_a_client_that_acts_for_itself(office: Office, database: Database, egress: Egress) -> None:
    own = {"grant": "client_credentials", "authorize_url": None, "token_parameters": {"audience": "notes-api"}}
    connection = await office.connection(endpoints=own)
    assert (connection["status"], connection["own_access"], connection["expires_at"]) == ("active", True, None)
    nobody = await office.api.post(f"/v1/connections/{connection['id']}/sign-in", json={})
    assert (nobody.status_code, nobody.json()["code"]) == (409, "conflict")
    office.provider.control.delay = 0.2
    workspace, identity = str(office.workspace_id), UUID(connection["id"])
    for times in (1, 2):  # the first token, and the one after it
        workers = [keeper(database, egress) for _ in range(3)]
        tokens = await asyncio.gather(*(one.access(workspace, identity) for one in workers for _ in range(2)))
        assert {access.token for access in tokens} == {office.provider.grants[-1].access_token}
        assert office.provider.counts["client_credentials"] == times
        await change(office, "expires_at = now()", connection)
    assert office.provider.grants[0].asked == {
        "grant_type": "client_credentials",
        "audience": "notes-api",
        "scope": "notes mail",
        "client_id": "perdure-client",
        "client_secret": "perdure-client-secret",
    }
    await office.imported(connection)
    office.provider.grants[-1].access_token = "at-taken-back-early"
    assert (await office.tried(connection, "list_notes")).status_code == 200
    office.provider.control.refuse_client = 1  # a secret that was changed: mended there, and not by connecting again
    await change(office, "expires_at = now()", connection)
    answers = [await office.tried(connection, "list_notes") for _ in range(2)]
    assert [one.status_code for one in answers] == [424, 200]
    assert (await office.shown(connection))["status"] == "active"
    shown = await office.api.post(f"/v1/connections/{connection['id']}/refresh")
    assert (shown.json()["status"], office.provider.counts.get("refresh_token", 0)) == ("active", 0)


async def test_endpoints_fit_the_grant(office: Office) -> None:
    own = {"grant": "client_credentials"}
    wrong: list[dict[str, Any]] = [
        {**own, "client_authentication": "none"},
        {**own, "token_parameters": {"Scope": "all"}},
        {"authorize_url": None},
        {"token_parameters": {"audience": "x"}},
    ]
    body = {"name": "a", "provider": "custom", "client_id": "a", "client_secret": "secret"}
    sent = [{**body, "endpoints": endpoints(office.url, **changes)} for changes in wrong]
    sent.append({**body, "endpoints": endpoints(office.url, **own), "client_secret": None})
    answers = [await office.api.post("/v1/connection-apps", json=one) for one in sent]
    assert [answer.status_code for answer in answers] == [422] * 5


async def test_a_refused_token_is_renewed_and_the_call_made_again(office: Office) -> None:
    connection = await office.connected()
    await office.imported(connection)
    office.provider.grants[0].access_token = "at-taken-back-early"
    answer = await office.tried(connection, "list_notes")
    assert (answer.status_code, renewals(office)) == (200, 1), answer.text


async def test_what_only_a_person_can_mend(office: Office) -> None:
    connection = await office.connected()
    await office.imported(connection)
    office.provider.grants[0].alive = False
    answers = [await office.tried(connection, "list_notes") for _ in range(2)]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(424, "auth_failed")] * 2
    assert renewals(office) == 1
    shown = await office.shown(connection)
    assert (shown["status"], "invalid_grant" in shown["problem"]) == ("broken", True)
    office.provider.grants[0].alive = True  # the provider has thought better of it: whoever asks finds out
    assert (await office.api.post(f"/v1/connections/{connection['id']}/refresh")).json()["status"] == "active"
    await change(office, "status = 'broken', problem = 'whatever'", connection)
    again = await office.finish(await office.consent(await office.begin(connection)))
    assert (again.json()["status"], again.json()["problem"]) == ("active", None)
    assert (await office.tried(connection, "list_notes")).status_code == 200


async def test_a_provider_that_is_away_costs_nothing_while_the_old_token_serves(
    office: Office, database: Database, egress: Egress
) -> None:
    connection = await office.connected()
    one, workspace, identity = keeper(database, egress), str(office.workspace_id), UUID(connection["id"])
    await change(
        office, "expires_at = now() + interval '60 seconds', refreshed_at = now() - interval '1 hour'", connection
    )
    office.provider.control.fail = 2
    first = await one.access(workspace, identity)
    assert first.token == office.provider.grants[0].access_token
    await change(office, "expires_at = now()", connection)
    with pytest.raises(PerdureError) as refused:
        await one.access(workspace, identity)
    assert refused.value.code is ErrorCode.UPSTREAM_FAILED
    assert (await one.access(workspace, identity)).revision == first.revision + 1


async def test_a_client_that_is_refused_for_a_while_breaks_nothing(
    office: Office, database: Database, egress: Egress
) -> None:
    """Its secret is being changed, say: the refresh token is as good as before."""
    connection = await office.connected()
    one, workspace, identity = keeper(database, egress), str(office.workspace_id), UUID(connection["id"])
    await change(office, "expires_at = now()", connection)
    office.provider.control.refuse_client = 1
    with pytest.raises(PerdureError) as refused:
        await one.access(workspace, identity)
    assert (refused.value.code, "invalid_client" in str(refused.value)) == (ErrorCode.AUTH_FAILED, True)
    assert (await office.shown(connection))["status"] == "active"
    assert (await one.access(workspace, identity)).token == office.provider.grants[0].access_token


async def test_a_token_without_an_end_is_not_renewed(office: Office, database: Database, egress: Egress) -> None:
    office.provider.control.lifetime = None
    connection = await office.connected()
    await keeper(database, egress).access(str(office.workspace_id), UUID(connection["id"]))
    assert (connection["expires_at"], renewals(office)) == (None, 0)


async def test_new_tokens_outlive_the_connection_to_the_database(
    office: Office, database: Database, egress: Egress
) -> None:
    """The provider has answered; the transaction that held the lock is gone."""
    connection = await office.connected()
    office.provider.control.delay = 0.5
    task = asyncio.create_task(keeper(database, egress).renew(str(office.workspace_id), UUID(connection["id"])))

    async def asked() -> bool:
        return renewals(office) == 1

    await eventually(asked, seconds=10)
    async with database.system() as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' "
                "AND query LIKE '%connections%' AND pid <> pg_backend_pid()"
            )
        )
    access = await task
    assert access.token == office.provider.grants[0].access_token
    assert (await office.shown(connection))["status"] == "active"
    assert (await keeper(database, egress).renew(str(office.workspace_id), UUID(connection["id"]))).token
    assert len(office.provider.live()) == 1


async def test_whoever_waits_may_be_cancelled(office: Office, database: Database, egress: Egress) -> None:
    connection = await office.connected()
    office.provider.control.delay = 0.5
    one, workspace, identity = keeper(database, egress), str(office.workspace_id), UUID(connection["id"])
    task = asyncio.create_task(one.renew(workspace, identity))

    async def asked() -> bool:
        return renewals(office) == 1

    await eventually(asked, seconds=10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    office.provider.control.delay = 0.0
    # Whoever comes now waits for the lock, and then has the tokens of the renewal that went on.
    await keeper(database, egress).renew(workspace, identity)
    assert len(office.provider.live()) == 1


@pytest.mark.parametrize("grace", [True, False])
async def test_a_process_that_is_killed_between_the_answer_and_our_commit(
    office: Office, database: Database, database_url: str, egress: Egress, grace: bool
) -> None:
    """The one window that no client can close: a provider that allows for it serves on, any other needs a person."""
    connection = await office.connected()
    office.provider.control.delay = 30.0
    office.provider.control.grace = grace
    old = office.provider.grants[0].refresh_token
    child = await asyncio.to_thread(_start, database_url, str(office.workspace_id), connection["id"])
    try:

        async def spent() -> bool:
            return office.provider.grants[0].refresh_token != old

        await eventually(spent, seconds=120)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    office.provider.control.delay = 0.0
    one, workspace, identity = keeper(database, egress), str(office.workspace_id), UUID(connection["id"])
    # Until its end the access token that is there serves, so that nobody waits while this is mended.
    assert (await one.access(workspace, identity)).revision == 1
    if grace:
        assert (await one.renew(workspace, identity)).token == office.provider.grants[0].access_token
        assert (await office.shown(connection))["status"] == "active"
        return
    with pytest.raises(PerdureError) as refused:
        await one.renew(workspace, identity)
    assert refused.value.code is ErrorCode.AUTH_FAILED
    shown = await office.shown(connection)
    assert (shown["status"], "never arrived" in shown["problem"]) == ("broken", True)
    async with database.tenant(office.workspace_id) as session:
        told = await session.scalars(text("SELECT after::text FROM audit_log WHERE action = 'connection.broken'"))
        assert "never arrived" in json.loads(told.one())["problem"]


async def test_a_process_that_is_killed_after_our_commit_loses_nothing(
    office: Office, database: Database, database_url: str, egress: Egress
) -> None:
    connection = await office.connected()
    child = await asyncio.to_thread(_start, database_url, str(office.workspace_id), connection["id"])
    assert child.stdout is not None
    assert await asyncio.to_thread(child.stdout.readline) == "renewed\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    access = await keeper(database, egress).access(str(office.workspace_id), UUID(connection["id"]))
    assert access.token == office.provider.grants[0].access_token


def _start(database_url: str, workspace: str, connection: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PERDURE_ENCRYPTION_KEYS": KEYS}
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, database_url, workspace, connection],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
