"""The chain of the audit log: whatever is done to its rows behind the product's back is found, and the row is named."""

import asyncio
import io
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit import verification
from api.services import Services
from cli.main import run_command
from db import audit, audit_chain
from db.audit import Actor
from db.session import Database
from tests.api.conftest import TOKEN
from tests.api.test_gate import check_problem
from tests.support.serving import served
from tests.support.workspaces import new_workspace

ADA = UUID(int=7)
TABLES = ("audit_log", "audit_chain", "audit_heads")


async def write(database: Database, workspace_id: UUID, count: int, start: int = 1) -> None:
    """Entries of Ada, each in a transaction of its own; the numbers of a fresh workspace begin with 1."""
    for number in range(start, start + count):
        async with database.tenant(workspace_id) as session:
            actor = Actor(workspace_id, "user", ADA, "ada@example.com", "203.0.113.7", f"r{number}")
            after = {"n": number, "größe": [1.50, None, 'a\u2028"b\\'], "b": 1e300}
            audit.record(session, actor, f"thing.{number}", ("thing", number), before=None, after=after)


@pytest.fixture
async def log(services: Services) -> Services:
    """A workspace with the entries 1 to 7."""
    await write(services.database, services.workspace_id, 7)
    return services


@pytest.fixture
async def tamperer(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The owner of the database, whom neither row-level security nor triggers stop."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("SET session_replication_role = replica")
    try:
        yield connection
    finally:
        await connection.close()


async def check(api: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await api.get("/v1/audit/verification", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_untouched_log_is_intact(
    api: httpx.AsyncClient, log: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = (await api.get("/v1/audit/head")).json()
    assert (head["number"], head["workspace_id"]) == (7, str(log.workspace_id))
    entries = (await api.get("/v1/audit")).json()["items"]
    assert [entry["number"] for entry in entries] == [7, 6, 5, 4, 3, 2, 1]
    assert [entry["previous_hash"] for entry in entries] == [
        *(entry["hash"] for entry in entries[1:]),
        audit_chain.GENESIS.hex(),
    ]
    found = await check(api, anchor=head["mark"])
    assert (found["intact"], found["complete"], found["checked"]) == (True, True, 7)
    assert found["through"] == head["mark"] == f"7:{entries[0]['hash']}"
    exported = (await api.get("/v1/audit/export")).text.rstrip("\n").split("\n")
    assert [json.loads(line)["hash"] for line in exported] == [entry["hash"] for entry in reversed(entries)]
    monkeypatch.setattr("api.audit.verification.PORTION", 3)
    first = await check(api)
    assert (first["complete"], first["checked"]) == (False, 3)
    second = await check(api, after=first["through"])
    third = await check(api, after=second["through"])
    assert (third["intact"], third["complete"], third["through"]) == (True, True, head["mark"])


_LAST = "(SELECT entry_id FROM audit_chain WHERE workspace_id = $1 AND number = 7)"
_AT_5 = "(SELECT entry_id FROM audit_chain WHERE workspace_id = $1 AND number = 5)"
_AT_3 = "(SELECT entry_id FROM audit_chain WHERE workspace_id = $1 AND number = 3)"
_LINK = "UPDATE audit_chain SET {} WHERE workspace_id = $1 AND number = {}"

TAMPERED = {
    **{
        f"{column} of an entry": ([f"UPDATE audit_log SET {column} = {value} WHERE id = {_AT_5}"], [("changed", 5)])
        for column, value in {
            "at": "at + interval '1 microsecond'",
            "actor_kind": "'system'",
            "actor_id": "gen_random_uuid()",
            "actor_name": "'eve@example.com'",
            "address": "''",
            "request_id": "'r6'",
            "action": "'thing.6'",
            "subject_kind": "'thing2'",
            "subject_id": "'6'",
            "before": "'null'",
            "after": "after - 'n'",
        }.items()
    },
    "an entry blanked in secret, half": (
        [f"UPDATE audit_log SET actor_name = '' WHERE id = {_AT_5}", _LINK.format("salt = NULL", 5)],
        [("changed", 5)],
    ),
    "an entry blanked in secret": (
        [
            f"UPDATE audit_log SET actor_name = '', address = '', after = NULL WHERE id = {_AT_5}",
            _LINK.format("salt = NULL", 5),
        ],
        [("blanked", 5)],
    ),
    "an entry in another workspace": (
        [f"UPDATE audit_log SET workspace_id = $2 WHERE id = {_AT_5}"],
        [("missing", 5)],
    ),
    "an entry removed": ([f"DELETE FROM audit_log WHERE id = {_AT_5}"], [("missing", 5)]),
    "an entry removed with its link": (
        [f"DELETE FROM audit_log WHERE id = {_AT_5}", "DELETE FROM audit_chain WHERE workspace_id = $1 AND number = 5"],
        [("missing", 5)],
    ),
    "only a link removed": (
        ["DELETE FROM audit_chain WHERE workspace_id = $1 AND number = 5"],
        [("missing", 5), ("inserted", None)],
    ),
    "the last entries removed": (
        [
            "DELETE FROM audit_log WHERE id IN "
            "(SELECT entry_id FROM audit_chain WHERE workspace_id = $1 AND number > 5)",
            "DELETE FROM audit_chain WHERE workspace_id = $1 AND number > 5",
        ],
        [("missing", 6)],
    ),
    "the last link changed": ([_LINK.format("hash = sha256('x')", 7)], [("changed", 7), ("changed", 7)]),
    "a link changed": ([_LINK.format("hash = sha256('x')", 5)], [("changed", 5), ("changed", 5)]),
    "details swapped": (
        [_LINK.format("details_hash = sha256('x'), salt = gen_random_uuid()", 5)],
        [("changed", 5)],
    ),
    "two entries exchanged": (
        [
            _LINK.format("entry_id = -entry_id", 3),
            f"UPDATE audit_chain SET entry_id = (SELECT -entry_id FROM audit_chain WHERE workspace_id = $1 "
            f"AND number = 3) WHERE workspace_id = $1 AND number = 5 AND {_AT_5} > 0",
            "UPDATE audit_chain SET entry_id = (SELECT max(id) FROM audit_log a WHERE a.workspace_id = $1 AND NOT "
            "EXISTS (SELECT FROM audit_chain c WHERE c.entry_id = a.id)) WHERE workspace_id = $1 AND number = 3",
        ],
        [("changed", 3), ("changed", 5)],
    ),
    "two links exchanged": (
        [
            "UPDATE audit_chain SET number = -3 WHERE workspace_id = $1 AND number = 3",
            "UPDATE audit_chain SET number = 3 WHERE workspace_id = $1 AND number = 5",
            "UPDATE audit_chain SET number = 5 WHERE workspace_id = $1 AND number = -3",
        ],
        [("changed", n) for n in (2, 3, 3, 4, 5, 5)],
    ),
    "an entry put in": (
        [
            "INSERT INTO audit_log (workspace_id, actor_kind, actor_name, action, subject_kind, subject_id) "
            "VALUES ($1, 'user', 'eve', 'thing.approved', 'thing', '1')"
        ],
        [("inserted", None)],
    ),
    "an entry put in with a link at the end": (
        [
            "INSERT INTO audit_log (workspace_id, actor_kind, actor_name, action, subject_kind, subject_id) "
            "VALUES ($1, 'user', 'eve', 'thing.approved', 'thing', '1')",
            "INSERT INTO audit_chain (workspace_id, number, entry_id, details_hash, previous_hash, hash) "
            "SELECT $1, 8, max(id), 'x', (SELECT hash FROM audit_heads WHERE workspace_id = $1), 'x' FROM audit_log",
        ],
        [("changed", 8), ("head", 8)],
    ),
    "the head removed": (["DELETE FROM audit_heads WHERE workspace_id = $1"], [("head", None)]),
    "the head put back": (["UPDATE audit_heads SET number = 6 WHERE workspace_id = $1"], [("head", 7)]),
    "the beginning removed in secret": (
        [
            f"DELETE FROM audit_log WHERE workspace_id = $1 AND id <= {_AT_3}",
            "UPDATE audit_heads SET base_number = 3, base_hash = (SELECT hash FROM audit_chain WHERE workspace_id = $1 "
            "AND number = 3) WHERE workspace_id = $1",
            "DELETE FROM audit_chain WHERE workspace_id = $1 AND number <= 3",
        ],
        [("missing", 1)],
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
async def test_tampering_is_found(
    api: httpx.AsyncClient, log: Services, tamperer: asyncpg.Connection, database_url: str, what: str
) -> None:
    statements, expected = TAMPERED[what]
    other = await new_workspace(database_url) if any("$2" in one for one in statements) else None
    for statement in statements:
        done = await tamperer.execute(statement, log.workspace_id, *([other] if "$2" in statement else []))
        assert not done.endswith(" 0"), statement
    found = await check(api)
    assert not found["intact"]
    assert sorted((one["kind"], one["number"] or 0) for one in found["problems"]) == sorted(
        (kind, number or 0) for kind, number in expected
    ), found["problems"]
    assert all(one["message"].endswith(".") for one in found["problems"])


async def _rewrite(tamperer: asyncpg.Connection, workspace_id: UUID, first: int) -> None:
    """Write the chain anew from an entry on, so that it fits in itself; what only the owner of the database can do."""
    await tamperer.execute(
        "UPDATE audit_heads h SET number = c.number, hash = c.hash FROM audit_chain c "
        "WHERE h.workspace_id = $1 AND c.workspace_id = $1 AND c.number = $2",
        workspace_id,
        first - 1,
    )
    last = "SELECT entry_id FROM audit_chain WHERE workspace_id = $1 AND number >= $2 ORDER BY number"
    ids = [row[0] for row in await tamperer.fetch(last, workspace_id, first)]
    await tamperer.execute("DELETE FROM audit_chain WHERE workspace_id = $1 AND number >= $2", workspace_id, first)
    for entry_id in ids:
        await tamperer.execute("SELECT perdure_audit_link(a) FROM audit_log a WHERE id = $1", entry_id)


async def test_a_chain_that_was_written_anew_is_told_by_its_mark(
    api: httpx.AsyncClient, log: Services, tamperer: asyncpg.Connection
) -> None:
    early = (await check(api))["through"]
    await tamperer.execute(f"UPDATE audit_log SET actor_name = 'eve' WHERE id = {_AT_5}", log.workspace_id)
    await _rewrite(tamperer, log.workspace_id, 5)
    assert (await check(api))["intact"], "nothing but the mark can tell"
    [problem] = (await check(api, anchor=early))["problems"]
    assert (problem["kind"], problem["number"]) == ("changed", 7)
    await write(log.database, log.workspace_id, 2, start=8)
    assert [one["number"] for one in (await check(api, anchor=early))["problems"]] == [7]


async def test_a_chain_that_was_cut_off_is_told_by_its_mark(
    api: httpx.AsyncClient, log: Services, tamperer: asyncpg.Connection
) -> None:
    mark = (await api.get("/v1/audit/head")).json()["mark"]
    await tamperer.execute(f"DELETE FROM audit_log WHERE id = {_LAST}", log.workspace_id)
    await tamperer.execute("DELETE FROM audit_chain WHERE workspace_id = $1 AND number = 7", log.workspace_id)
    await _rewrite(tamperer, log.workspace_id, 7)
    assert (await check(api))["intact"]
    [problem] = (await check(api, anchor=mark))["problems"]
    assert (problem["kind"], problem["number"], problem["last_number"]) == ("missing", 7, 7)
    check_problem(await api.get("/v1/audit/verification", params={"anchor": "7:x"}), 422, "invalid_request")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET workspace_id = workspace_id", "DELETE FROM {}", "TRUNCATE {}"])
async def test_nobody_changes_the_log_by_mistake(log: Services, database_url: str, table: str, statement: str) -> None:
    owner = await asyncpg.connect(database_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await owner.execute(statement.format(table))
    finally:
        await owner.close()
    for opened in (log.database.tenant(log.workspace_id), log.database.system(), log.database.identity()):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with opened as session:
                await session.execute(text(statement.format(table)))


async def test_links_come_from_the_log_only(log: Services) -> None:
    statements = (
        "UPDATE audit_heads SET number = number - 1",
        "INSERT INTO audit_chain (workspace_id, number, entry_id, details_hash, previous_hash, hash) "
        "SELECT workspace_id, number + 100, -1, 'x', 'x', 'x' FROM audit_chain LIMIT 1",
    )
    for statement in statements:
        with pytest.raises(DBAPIError, match="permission denied"):
            async with log.database.tenant(log.workspace_id) as session:
                await session.execute(text(statement))


async def test_what_is_old_can_go_and_what_is_personal_can_be_erased(
    api: httpx.AsyncClient, log: Services, tamperer: asyncpg.Connection
) -> None:
    workspace, early = log.workspace_id, (await check(api))["through"]
    async with log.database.system() as session:
        before = await session.scalar(
            text("SELECT entry_id FROM audit_chain WHERE workspace_id = :w AND number = 4"), {"w": workspace}
        )
        assert await audit_chain.prune(session, workspace, before or 0, batch=2) == 2
        assert await audit_chain.prune(session, workspace, before or 0) == 1
        assert await audit_chain.prune(session, workspace, before or 0) == 0
    async with log.database.system() as session:
        ada = audit_chain.Person((ADA,), "ada@example.com", '$ ? (@ == "nobody")')
        assert await audit_chain.redact(session, workspace, person=ada) == 4
        assert await audit_chain.redact(session, workspace, person=ada) == 0
        # Nobody is called so, but what tells of removals and blanks is written by it.
        system = audit_chain.Person((), "system", '$ ? (@ == "nobody")')
        assert await audit_chain.redact(session, workspace, person=system) == 0
    found = await check(api, anchor=early)
    assert (found["intact"], found["checked"], found["redacted"]) == (True, 4 + 3, 4), found["problems"]
    entries = (await api.get("/v1/audit")).json()["items"]
    assert [entry["action"] for entry in entries][:3] == ["audit.redacted", "audit.pruned", "audit.pruned"]
    assert {(entry["actor"]["name"], entry["after"] is None) for entry in entries if entry["redacted"]} == {("", True)}
    assert (await api.get("/v1/audit/head")).json()["removed_through"] == 3
    async with log.database.system() as session:
        assert await audit_chain.redact(session, workspace) == 0  # only what tells of it is left
    written_again = "UPDATE audit_log SET actor_name = 'ada@example.com' WHERE workspace_id = $1 AND action = 'thing.5'"
    await tamperer.execute(written_again, workspace)
    [problem] = (await check(api))["problems"]
    assert (problem["kind"], problem["number"]) == ("changed", 5)


async def test_what_goes_for_its_age_meanwhile_is_not_missed(
    api: httpx.AsyncClient, log: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two portions, and between two statements of one."""
    workspace, entries = log.workspace_id, (await api.get("/v1/audit")).json()["items"]
    first = f"1:{entries[-1]['hash']}"

    async def prune(before: int) -> None:
        async with log.database.system() as session:
            query = text("SELECT entry_id FROM audit_chain WHERE workspace_id = :w AND number = :n")
            entry_id = await session.scalar(query, {"w": workspace, "n": before})
            await audit_chain.prune(session, workspace, entry_id or 0)

    await prune(4)
    found = await check(api, after=first)
    assert (found["intact"], found["begins"]) == (True, f"3:{entries[-3]['hash']}"), found["problems"]
    real = verification._links

    async def pruned_before(session: AsyncSession, after: int) -> Any:
        await prune(6)
        return await real(session, after)

    monkeypatch.setattr(verification, "_links", pruned_before)
    found = await check(api)
    assert (found["intact"], found["checked"]) == (True, 4 + 1), found["problems"]
    monkeypatch.undo()
    found = await check(api)
    assert (found["intact"], found["checked"]) == (True, 2 + 2), found["problems"]


async def test_changes_of_one_workspace_neither_wait_for_each_other_nor_die(services: Services) -> None:
    """Two rows, changed by every second transaction in the other order: each change is audited before its locks."""
    database, workspace = services.database, services.workspace_id
    actor = Actor(workspace, "system", None, "system")

    async def change(number: int) -> None:
        async with database.tenant(workspace) as session:
            audit.record(session, actor, "thing.done", ("thing", number))
            await session.flush()
            await session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": 990_000 + number % 2})

    async with database.tenant(workspace) as open_one:
        audit.record(open_one, actor, "thing.begun", ("thing", 0))
        await open_one.flush()
        async with asyncio.timeout(20):  # the one that is still open holds nobody up
            begun = time.perf_counter()
            await asyncio.gather(*(change(number) for number in range(100)))
            print(f"100 audited changes of one workspace at once: {time.perf_counter() - begun:.2f} s")
    async with database.tenant(workspace) as session:
        numbers = list(await session.scalars(text("SELECT number FROM audit_chain ORDER BY number")))
        last = await session.scalar(text("SELECT subject_id FROM audit_log ORDER BY id LIMIT 1"))
    assert numbers == list(range(1, 102))
    assert last == "0"


async def test_verify_on_the_command_line(
    app: FastAPI, log: Services, tamperer: asyncpg.Connection, tmp_path: Path
) -> None:
    kept = tmp_path / "head.json"
    async with served(app) as url:

        async def perdure(*arguments: str) -> tuple[int, str]:
            said = io.StringIO()
            with redirect_stdout(said), redirect_stderr(said):
                options = ["--url", url, "--token", TOKEN, "audit"]
                status = await asyncio.to_thread(run_command, [*options, *arguments])
            return status, said.getvalue()

        status, _ = await perdure("verify", "--keep", str(kept))
        assert status == 0
        assert json.loads(kept.read_text())["number"] == 7
        await tamperer.execute(f"DELETE FROM audit_log WHERE id = {_LAST}", log.workspace_id)
        status, said = await perdure("verify", "--anchor", str(kept), "--json")
        assert status == 1
        found = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
        assert re.search(r"Entry 7 \(id \d+\) is missing", found["problems"][0]["message"])
        kept.write_text(json.dumps({"mark": "7:00", "workspace_id": str(UUID(int=1))}))
        assert (await perdure("verify", "--anchor", str(kept)))[0] == 1
