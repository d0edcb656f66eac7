"""A caller from another workspace gets for an id exactly the answer for ids that do not exist, on every operation.

Three workspaces have everything: one is tried out by another, and must stay as it is; the third asks for its own, which
shows that each probe names something that is there.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.access.permissions import OPERATIONS
from api.connections import tasks
from api.credentials import testing
from api.tools import lookup
from db.session import Database
from db.tables import Base
from tests.support.api_document import api_document
from tests.tenancy import world
from tests.tenancy.calls import Call, places, post
from tests.tenancy.probes import HARMLESS, NAMELESS, PROBES
from tests.tenancy.world import Names, Tenant, unknown

ALL: Final = [(operation, number) for operation, probes in PROBES.items() for number in range(len(probes))]
EMPTY: Final = {"login_tickets", "throttles", "quota_starts", "usage_entries", "usage_days", "recovery_codes"} | {
    "approval_links",
    "sign_on_attempts",
    "sign_on_identities",
    "notification_preferences",
    "schedule_backfills",
    "schedule_starts",
    "knowledge_removals",
    *("model_answers", "model_budgets", "model_leases", "model_rates"),
}
"""Tables in which a workspace may have nothing."""
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Tenants:
    """The three workspaces."""

    victim: Tenant
    intruder: Tenant
    witness: Tenant
    eye: asyncpg.Connection
    untouched: dict[str, str]
    """Every row of the first, as `prints` has them."""


@pytest.fixture(scope="module")
async def tenants(
    database: Database, database_url: str, temporal_address: str, model_server: str
) -> AsyncIterator[Tenants]:
    """Three workspaces with everything."""
    async with world.tenants(database, database_url, temporal_address, model_server, 3) as made:
        eye = await asyncpg.connect(database_url)
        try:
            yield Tenants(*made, eye=eye, untouched=await prints(eye, made[0]))
        finally:
            await eye.close()


def test_every_operation_is_covered():
    assert not PROBES.keys() & NAMELESS.keys()
    assert PROBES.keys() | NAMELESS.keys() == OPERATIONS.keys()


def test_every_part_of_every_request_is_covered():
    missing = {}
    for operation, found in places(api_document()):
        probed = {place for probe in PROBES.get(operation, ()) for place in probe.places}
        if left := {place for place in found - HARMLESS - probed if not _inside(place, probed | HARMLESS)}:
            missing[operation] = sorted(left)
    assert {op: left for op, left in missing.items() if op not in NAMELESS or any("path." in one for one in left)} == {}


def _inside(place: str, covered: set[str]) -> bool:
    """Whether a field is part of one that is covered."""
    return any(place.startswith(f"{outer}.") for outer in covered)


@pytest.mark.parametrize("caller", ["person", "program"])
@pytest.mark.parametrize(("operation", "number"), ALL, ids=[f"{operation}-{number}" for operation, number in ALL])
async def test_what_another_workspace_has_is_not_there(
    tenants: Tenants, operation: str, number: int, caller: str
) -> None:
    probe = PROBES[operation][number]
    client: httpx.AsyncClient = getattr(tenants.intruder, caller)
    own, both = tenants.intruder.names, (tenants.victim.names, unknown())
    theirs, nothing = [await answer(client, probe.make(names, own), (*both, own)) for names in both]
    assert theirs == nothing, theirs.beside(nothing)
    assert theirs.status < 500
    assert not mentions(theirs, tenants.victim.names)
    if theirs.call.method != "GET":  # of which tests/security/test_reading.py shows that they change nothing at all
        assert await prints(tenants.eye, tenants.victim) == tenants.untouched


@pytest.mark.parametrize(
    ("operation", "number"),
    sorted(ALL, key=lambda one: METHODS.index(PROBES[one[0]][one[1]].make(unknown(), unknown()).method)),
    ids=lambda value: str(value),
)
async def test_each_probe_names_something(
    tenants: Tenants, operation: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asking in (testing, lookup, tasks):
        monkeypatch.setattr(asking, "PATIENCE", timedelta(seconds=1))  # there is no worker to ask
    probe, own = PROBES[operation][number], tenants.witness.names
    if probe.blind:
        pytest.skip(probe.blind)
    both = (own, unknown())
    there, nothing = [await answer(tenants.witness.person, probe.make(names, own), both) for names in both]
    assert there != nothing, there.beside(nothing)


async def test_a_session_cannot_move_into_another_workspace(tenants: Tenants) -> None:
    both, intruder = (tenants.victim.names, unknown()), tenants.intruder
    answers = []
    for names in both:
        signed_in = (await intruder.visitor.post("/v1/auth/login", json=intruder.member.credentials)).json()
        body = {"refresh_token": signed_in["refresh_token"], "workspace_id": names.workspace}
        answers.append(await answer(intruder.visitor, post("/v1/auth/refresh", body), both))
        body["workspace_id"] = intruder.names.workspace
        assert (await intruder.visitor.post("/v1/auth/refresh", json=body)).status_code == 200
    assert answers[0] == answers[1], answers[0].beside(answers[1])
    assert answers[0].status >= 400


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
@pytest.mark.parametrize("statement", ["SELECT 1 FROM {}", "UPDATE {} SET {column} = {column}", "DELETE FROM {}"])
async def test_no_row_of_another_workspace_is_reached(
    tenants: Tenants, database: Database, table: str, statement: str
) -> None:
    columns = set(Base.metadata.tables[table].columns.keys())
    if not (where := _owned(table, columns)):
        pytest.skip("belongs to nobody's workspace")
    assert tenants.untouched[table] or table in EMPTY
    reached = text(f"{statement.format(table, column=min(columns))} WHERE {where.replace('$1', ':workspace')}")
    async with database.tenant(tenants.intruder.names.workspace) as session:
        try:
            found = await session.execute(reached, {"workspace": tenants.victim.names.workspace})
        except DBAPIError as error:
            refusal = str(error)
        else:
            refusal = "permission denied" if (found.all() if found.returns_rows else found.rowcount) in (0, []) else ""
    assert "permission denied" in refusal


async def test_no_function_gives_more_rights_than_its_caller_has(database: Database) -> None:
    """But for one, which names its workspace itself: tests/api/approvals/test_listing.py."""
    query = text("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
    async with database.system() as session:
        assert list(await session.scalars(query)) == ["perdure_list_approvals"]


@dataclass(frozen=True)
class Answer:
    """An answer without what differs between two answers that say the same."""

    call: Call = field(compare=False, repr=False)
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    raw: str = field(compare=False, repr=False)

    def beside(self, other: "Answer") -> str:
        """Both, for whoever reads why a test failed."""
        more, less = set(self.headers) - set(other.headers), set(other.headers) - set(self.headers)
        return (
            f"\n{self.status} {sorted(more)}\n{self.raw[:1500]}\n--\n{other.status} {sorted(less)}\n{other.raw[:1500]}"
        )


async def answer(client: httpx.AsyncClient, call: Call, names: tuple[Names, ...]) -> Answer:
    """The answer to a call; the names in it give way to placeholders."""
    got = await call.by(client)
    left = {"x-request-id", "date"} | ({"etag", "content-length"} if got.is_success else set())
    headers = sorted((name, plain(value, names)) for name, value in got.headers.items() if name not in left)
    return Answer(call, got.status_code, tuple(headers), plain(got.text, names), got.text)


_CHANGING: Final = re.compile(
    r'"(?:token|path|key|prefix|ticket|link|access_token|refresh_token|revision|request_id|hint)":\s*(?:"[^"]*"|\d+)'
)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FRESH: Final = re.compile(r"fresh-\d{6}|<spare>-\d\d")


def plain(text: str, names: tuple[Names, ...]) -> str:
    """The text with placeholders for what was asked for, and for what is new in every answer."""
    for name, value in [pair for one in names for pair in named(one).items()]:
        text = text.replace(value, f"<{name}>")
    for pattern, placeholder in ((_CHANGING, "<new>"), (_MOMENT, "<time>"), (_UUID, "<id>"), (_FRESH, "<fresh>")):
        text = pattern.sub(placeholder, text)
    return text


def named(names: Names) -> dict[str, str]:
    """The names by their field."""
    return {field.name: getattr(names, field.name) for field in fields(names) if field.name != "numbers"}


def mentions(answer: Answer, names: Names) -> list[str]:
    """What of a workspace is in an answer beyond what was asked for."""
    asked = repr(answer.call)
    found = [name for name, value in named(names).items() if value in answer.raw and value not in asked]
    return [name for name in found if name != "spare"]  # which the caller's own things are called by now


async def prints(eye: asyncpg.Connection, tenant: Tenant) -> dict[str, str]:
    """A digest of every row that a table has of a workspace and of its members; empty if there is none."""
    tables = {table.name: _owned(table.name, set(table.columns.keys())) for table in Base.metadata.sorted_tables}
    digests = (
        f"SELECT '{table}', coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {table} t WHERE {where}"
        for table, where in tables.items()
        if where
    )
    return dict(await eye.fetch(" UNION ALL ".join(digests), UUID(tenant.names.workspace)))


_MEMBERS: Final = "IN (SELECT user_id FROM memberships WHERE workspace_id = $1)"


def _owned(table: str, columns: set[str]) -> str:
    """Which rows of a table belong to a workspace; empty if none do."""
    if table in ("workspaces", "users"):
        return "id = $1" if table == "workspaces" else f"id {_MEMBERS}"
    if "workspace_id" in columns:
        return "workspace_id = $1"
    return f"user_id {_MEMBERS}" if "user_id" in columns else ""
