"""Who uses a credential, and that it cannot be taken away from them by mistake."""

import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from api.services import Services
from db.session import Database
from db.tables import Run, WorkflowVersion
from tests.api.credentials.test_credentials import create
from tests.support.workspaces import new_version


async def store(services: Services, slug: str, config: dict[str, Any], database_url: str) -> WorkflowVersion:
    """A version that refers to a credential from inside a loop."""
    version = await new_version(services.database, services.workspace_id, slug=slug)
    inner = {"id": "call", "kind": "http_request", "with": {"url": "https://api.example.com", **config}}
    each = {"id": "each", "kind": "foreach", "with": {"items": "input", "body": {"nodes": [inner]}}}
    document = json.dumps({"format": "perdure/v1", "name": slug, "nodes": [each]})
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE workflow_versions SET document = $1 WHERE id = $2", document, version.id)
    await connection.close()
    return version


@pytest.mark.parametrize("where", ["credential", "marker", "id"])
async def test_what_uses_it_keeps_it(api: httpx.AsyncClient, services: Services, database_url: str, where: str) -> None:
    made = await create(api)
    config = {
        "credential": {"credential": "stripe"},
        "marker": {"json": {"deep": [{"key": {"$credential": "stripe"}}]}},
        "id": {"credential": made["id"]},
    }[where]
    await store(services, "refunds", config, database_url)
    usage = (await api.get("/v1/credentials/stripe/usage")).json()
    assert usage["drafts"] == []
    assert usage["versions"] == [
        {
            "workflow": "refunds",
            "name": "Test flow",
            "version": 1,
            "nodes": ["each.call"],
            "newest": True,
            "unfinished_runs": 0,
        }
    ]
    for refused in (
        await api.delete("/v1/credentials/stripe"),
        await api.patch("/v1/credentials/stripe", json={"name": "other"}),
    ):
        assert refused.status_code == 409
        assert refused.json()["details"]["workflows"] == ["refunds"]
        assert "`refunds`" in refused.json()["detail"]
    assert (await api.delete("/v1/credentials/stripe", params={"force": "true"})).status_code == 204
    assert (await api.get("/v1/credentials/stripe")).status_code == 404


async def test_other_data_of_the_same_text_is_no_use(
    api: httpx.AsyncClient, services: Services, database_url: str
) -> None:
    await create(api)
    await store(services, "refunds", {"json": {"credential": "stripe", "text": "stripe"}}, database_url)
    assert (await api.get("/v1/credentials/stripe/usage")).json()["versions"] == []
    assert (await api.delete("/v1/credentials/stripe")).status_code == 204


async def test_an_unfinished_run_of_an_archived_workflow_keeps_it(
    api: httpx.AsyncClient, services: Services, database: Database, database_url: str
) -> None:
    await create(api)
    version = await store(services, "refunds", {"credential": "stripe"}, database_url)
    async with database.tenant(services.workspace_id) as session:
        session.add(
            Run(
                id=uuid4(),
                workspace_id=services.workspace_id,
                workflow_id=version.workflow_id,
                version_id=version.id,
                status="running",
            )
        )
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE workflows SET archived_at = now() WHERE id = $1", version.workflow_id)
    refused = await api.delete("/v1/credentials/stripe")
    assert refused.json()["details"]["uses"][0]["unfinished_runs"] == 1
    await connection.execute("UPDATE runs SET status = 'completed' WHERE version_id = $1", version.id)
    await connection.close()
    assert (await api.delete("/v1/credentials/stripe")).status_code == 204
