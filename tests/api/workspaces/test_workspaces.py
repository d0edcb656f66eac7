"""Making and naming workspaces."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.services import Services
from db.tables import AuditEntry
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.people import member


async def test_who_makes_a_workspace_owns_it(app: FastAPI, services: Services) -> None:
    async with member(app, Role.VIEWER) as client:
        made = (await client.post("/v1/workspaces", json={"name": "Engines & Söhne"})).json()
        assert made["slug"].startswith("engines-sohne")
        workspaces = (await client.get("/v1/me")).json()["workspaces"]
    assert {(one["id"], one["role"]) for one in workspaces} == {
        (str(services.workspace_id), "viewer"),
        (made["id"], "owner"),
    }


async def test_it_is_audited_there_and_not_here(as_owner: httpx.AsyncClient, services: Services) -> None:
    made = (await as_owner.post("/v1/workspaces", json={"name": "There"})).json()
    query = select(AuditEntry).where(AuditEntry.action == "workspace.created")
    async with services.database.tenant(made["id"]) as session:
        assert (await session.scalars(query)).one().after["name"] == "There"
    async with services.database.tenant(services.workspace_id) as session:
        assert (await session.scalars(query)).all() == []


async def test_the_same_name_gets_another_slug(as_owner: httpx.AsyncClient) -> None:
    slugs = [(await as_owner.post("/v1/workspaces", json={"name": "Twins"})).json()["slug"] for _ in range(3)]
    assert len(set(slugs)) == 3
    assert all(slug.startswith("twins") for slug in slugs)


async def test_a_slug_that_is_asked_for_must_be_free(as_owner: httpx.AsyncClient) -> None:
    slug = (await as_owner.post("/v1/workspaces", json={"name": "Mine"})).json()["slug"] + "-own"
    assert (await as_owner.post("/v1/workspaces", json={"name": "A", "slug": slug})).json()["slug"] == slug
    check_problem(await as_owner.post("/v1/workspaces", json={"name": "B", "slug": slug}), 409, "conflict")


@pytest.mark.parametrize("name", ["日本", "!!!", "-"])
async def test_any_name_makes_a_slug(as_owner: httpx.AsyncClient, name: str) -> None:
    assert (await as_owner.post("/v1/workspaces", json={"name": name})).json()["slug"].startswith("workspace")


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": " "}, {"name": "x" * 201}, {"name": "x", "slug": "No"}, {"name": "x", "id": 1}]
)
async def test_what_is_wrong_is_refused(as_owner: httpx.AsyncClient, body: dict[str, object]) -> None:
    check_problem(await as_owner.post("/v1/workspaces", json=body), 422, "invalid_request")


async def test_a_workspace_can_be_renamed(as_owner: httpx.AsyncClient, services: Services) -> None:
    assert (await as_owner.patch("/v1/workspace", json={"name": "New"})).json()["name"] == "New"
    assert (await as_owner.patch("/v1/workspace", json={"name": "New"})).status_code == 200
    assert (await as_owner.get("/v1/workspace")).json()["name"] == "New"
    async with services.database.tenant(services.workspace_id) as session:
        query = select(AuditEntry).where(AuditEntry.action == "workspace.updated")
        entry = (await session.scalars(query)).one()
    assert (entry.before, entry.after) == ({"name": "Test"}, {"name": "New"})


async def test_programs_make_no_workspaces(api: httpx.AsyncClient) -> None:
    check_problem(await api.post("/v1/workspaces", json={"name": "x"}), 403, "forbidden")
