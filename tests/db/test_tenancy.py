"""The first migration and tenancy: what the roles may and may not see."""

import asyncio
from pathlib import Path
from string import Template
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from db.connect import create_engine
from db.migrate import upgrade
from db.session import Database
from db.tables import DEFAULT_WORKSPACE_ID, Base, Run, Workspace
from tests.support import postgres
from tests.support.workspaces import new_run, new_workspace

TABLES = sorted(Base.metadata.tables)
PERSONAL = {"users", "sessions", "login_tickets", "throttles", "recovery_codes", "sign_on_attempts"}
"""Belong to people instead of workspaces."""
OF_WORKSPACES = [name for name in TABLES if name not in PERSONAL]
KNOWN_TO_IDENTITY = PERSONAL | {
    *("workspaces", "memberships", "api_keys", "invitations"),
    *("audit_log", "audit_chain", "audit_heads"),
    *("groups", "group_members", "group_mappings", "sign_on_providers", "sign_on_identities"),
    *("scim_tokens", "scim_users", "scim_groups"),
}
"""What is needed to find out who calls."""


async def test_models_and_migration_agree(database_url: str) -> None:
    engine = create_engine(database_url)
    async with engine.connect() as connection:
        context_of = MigrationContext.configure
        found = await connection.run_sync(lambda c: compare_metadata(context_of(c), Base.metadata))
    await engine.dispose()
    assert found == []


async def test_two_starters_migrate_at_once(postgres_url: str) -> None:
    async with postgres.fresh_database(postgres_url) as url:
        await asyncio.gather(*(upgrade(url) for _ in range(4)))
        access = Database(url)
        async with access.tenant(DEFAULT_WORKSPACE_ID) as session:
            assert await session.scalar(select(Workspace.slug)) == "default"
        await access.dispose()


async def test_the_owner_need_not_be_a_superuser() -> None:
    with postgres.server() as server:
        await postgres.run(server.url, "CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'x'")
        await postgres.run(server.url, "CREATE DATABASE owned OWNER owner")
        url = postgres.with_database(server.url, "owned").replace("postgres:@", "owner:x@")
        await upgrade(url)
        access = Database(url)
        async with access.tenant(DEFAULT_WORKSPACE_ID) as session:
            assert await session.scalar(text("SELECT current_user")) == "perdure_app"
            assert await session.scalar(select(Workspace.slug)) == "default"
        async with access.system() as session:
            assert await session.scalar(text("SELECT current_user")) == "perdure_system"
        async with access.identity() as session:
            assert await session.scalar(text("SELECT current_user")) == "perdure_identity"
        await access.dispose()


@pytest.mark.parametrize("table", TABLES)
async def test_every_table_forces_row_security(database: Database, table: str) -> None:
    async with database.system() as session:
        enabled, forced = (
            await session.execute(
                text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = to_regclass(:name)"),
                {"name": table},
            )
        ).one()
        policies = (
            await session.execute(
                text("SELECT roles::text, qual FROM pg_policies WHERE tablename = :name"), {"name": table}
            )
        ).all()
    assert enabled
    assert forced
    by_role = {str(row[0]): str(row[1]) for row in policies}
    expected = set() if table in PERSONAL else {"{perdure_app}", "{perdure_system}"}
    expected |= {"{perdure_identity}"} if table in KNOWN_TO_IDENTITY else set()
    expected |= {"{perdure_app}"} if table == "users" else set()
    assert set(by_role) == expected
    assert "perdure.workspace_id" in by_role.get("{perdure_app}", "perdure.workspace_id")


async def test_no_table_was_forgotten(database: Database) -> None:
    async with database.system() as session:
        found = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
        assert list(found) == sorted([*TABLES, "alembic_version"])


@pytest.mark.parametrize("role", ["perdure_app", "perdure_system", "perdure_identity"])
async def test_roles_own_nothing_and_bypass_nothing(database: Database, role: str) -> None:
    async with database.system() as session:
        owned = await session.scalar(
            text("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = :role"),
            {"role": role},
        )
        powers = (
            await session.execute(
                text(
                    "SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb "
                    "FROM pg_roles WHERE rolname = :role"
                ),
                {"role": role},
            )
        ).one()
    assert owned == 0
    assert not any(powers)


@pytest.mark.parametrize("table", OF_WORKSPACES)
async def test_nothing_is_seen_without_a_workspace(
    database: Database, workspace_id: UUID, populated: dict[str, UUID], table: str
) -> None:
    pool = await database.run_log_pool()
    assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    async with database.tenant(uuid4()) as session:
        assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    async with database.tenant(populated["workspace"]) as session:
        assert await session.scalar(text(f"SELECT count(*) FROM {table}")) > 0
    async with database.system() as session:
        assert await session.scalar(text(f"SELECT count(*) FROM {table}")) > 0


@pytest.mark.parametrize("table", sorted(PERSONAL - {"users"}))
async def test_nobody_but_identity_sees_what_belongs_to_people(
    database: Database, populated: dict[str, UUID], table: str
) -> None:
    async with database.identity() as session:
        assert await session.scalar(text(f"SELECT count(*) FROM {table}")) > 0
    for opened in (database.tenant(populated["workspace"]), database.system()):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with opened as session:
                await session.execute(text(f"SELECT 1 FROM {table}"))


async def test_a_workspace_sees_its_members_and_nobody_else(database: Database, populated: dict[str, UUID]) -> None:
    query = text("SELECT id FROM users")
    async with database.tenant(populated["workspace"]) as session:
        assert set(await session.scalars(query)) == {populated["user"], populated["workspace"]}
    async with database.tenant(uuid4()) as session:
        assert list(await session.scalars(query)) == []
    pool = await database.run_log_pool()
    assert await pool.fetch("SELECT id FROM users") == []
    async with database.identity() as session:
        assert populated["user"] in set(await session.scalars(query))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT password_hash FROM users",
        "SELECT totp_secret_encrypted FROM users",
        "SELECT totp_last_step FROM users",
        "UPDATE users SET name = 'x'",
        "INSERT INTO users (email, name) VALUES ('x', 'x')",
        "DELETE FROM users",
        "SELECT secret_hash FROM api_keys",
        "SELECT token_hash FROM invitations",
        "UPDATE invitations SET role = 'owner'",
        "UPDATE invitations SET accepted_at = now()",
        "UPDATE api_keys SET role = 'owner'",
        "UPDATE api_keys SET expires_at = NULL",
        "UPDATE memberships SET user_id = gen_random_uuid()",
        "UPDATE workspaces SET slug = 'x'",
    ],
)
async def test_a_workspace_cannot_touch_secrets_or_people(
    database: Database, populated: dict[str, UUID], statement: str
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.tenant(populated["workspace"]) as session:
            await session.execute(text(statement))


@pytest.mark.parametrize("table", [name for name in OF_WORKSPACES if name not in KNOWN_TO_IDENTITY])
async def test_identity_sees_nothing_of_what_workspaces_do(database: Database, table: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.identity() as session:
            await session.execute(text(f"SELECT 1 FROM {table}"))


async def test_identity_cannot_read_what_was_audited(database: Database) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.identity() as session:
            await session.execute(text("SELECT before, after FROM audit_log"))


@pytest.mark.parametrize("table", [name for name in OF_WORKSPACES if name != "workspaces"])
async def test_a_row_cannot_be_written_for_another_workspace(
    database: Database, workspace_id: UUID, populated: dict[str, UUID], table: str
) -> None:
    columns = ", ".join(c.name for c in Base.metadata.tables[table].columns if not (c.identity or c.computed))
    copied = columns.replace("workspace_id", f"'{workspace_id}'::uuid")
    with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
        async with database.tenant(populated["workspace"]) as session:
            await session.execute(text(f"INSERT INTO {table} ({columns}) SELECT {copied} FROM {table} LIMIT 1"))


async def test_a_run_cannot_point_into_another_workspace(database: Database, database_url: str) -> None:
    ours, theirs = await new_workspace(database_url), await new_workspace(database_url)
    foreign = await new_run(database, theirs)
    with pytest.raises(DBAPIError, match="foreign key"):
        async with database.tenant(ours) as session:
            session.add(
                Run(id=uuid4(), workspace_id=ours, workflow_id=foreign.workflow_id, version_id=foreign.version_id)
            )


async def test_published_versions_and_history_cannot_be_changed(database: Database, populated: dict[str, UUID]) -> None:
    for statement in (
        "UPDATE workflow_versions SET note = 'x'",
        "DELETE FROM workflow_versions",
        "UPDATE run_events SET type = 'x'",
        "DELETE FROM run_events",
        "DELETE FROM runs",
        "INSERT INTO workspaces (slug, name) VALUES ('x', 'x')",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.tenant(populated["workspace"]) as session:
                await session.execute(text(statement))


@pytest.fixture
async def populated(database: Database, database_url: str) -> dict[str, UUID]:
    """A workspace with a row in every table."""
    workspace = await new_workspace(database_url)
    run = await new_run(database, workspace)
    user = uuid4()
    rows = Template((Path(__file__).parent / "populated.sql").read_text())
    connection = await asyncpg.connect(database_url)
    await connection.execute(rows.substitute(workspace=workspace, run=run.id, workflow=run.workflow_id, user=user))
    await connection.close()
    return {"workspace": workspace, "run": run.id, "user": user}
