"""Rows that most database tests need first: a workspace, a workflow version, a run."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg

from db.session import Database
from db.tables import Run, Workflow, WorkflowVersion


async def new_workspace(admin_url: str) -> UUID:
    """A fresh workspace. The application itself cannot create one."""
    connection = await asyncpg.connect(admin_url)
    try:
        slug = f"test-{uuid4().hex[:12]}"
        made: UUID = await connection.fetchval(
            "INSERT INTO workspaces (slug, name) VALUES ($1, 'Test') RETURNING id", slug
        )
        return made
    finally:
        await connection.close()


async def new_version(database: Database, workspace_id: UUID, *, slug: str | None = None) -> WorkflowVersion:
    """A published version of a fresh workflow; its document is a stub."""
    async with database.tenant(workspace_id) as session:
        workflow = Workflow(
            id=uuid4(), workspace_id=workspace_id, slug=slug or f"flow-{uuid4().hex[:12]}", name="Test flow"
        )
        session.add(workflow)
        await session.flush()
        version = WorkflowVersion(
            id=uuid4(),
            workspace_id=workspace_id,
            workflow_id=workflow.id,
            version=1,
            document={"format": "perdure/v1", "name": "Test flow", "nodes": []},
            plan_hash="0" * 64,
            blob_hash="0" * 64,
            blob_size=0,
        )
        session.add(version)
        return version


async def new_run(database: Database, workspace_id: UUID, **columns: Any) -> Run:
    """A pending run of a fresh version; further columns by name."""
    version = await new_version(database, workspace_id)
    async with database.tenant(workspace_id) as session:
        run = Run(
            id=uuid4(), workspace_id=workspace_id, workflow_id=version.workflow_id, version_id=version.id, **columns
        )
        session.add(run)
        return run
