"""Where one is signed in, and signing out: at once, everywhere, and of nobody else."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.services import Services
from db.tables import AuditEntry
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.people import Member, new_member, nobody, signed_in


async def sessions_of(client: httpx.AsyncClient) -> list[dict[str, object]]:
    answer = await client.get("/v1/auth/sessions")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def test_sessions_are_listed_with_the_own_one_marked(app: FastAPI, owner: Member) -> None:
    async with signed_in(app, owner) as first, signed_in(app, owner) as second:
        items = await sessions_of(second)
        assert [item["current"] for item in items] == [True, False]
        assert [item["current"] for item in await sessions_of(first)] == [False, True]
        assert items[0].keys() == {
            "id",
            "current",
            "created_at",
            "last_used_at",
            "expires_at",
            "address",
            "user_agent",
        }


async def test_signing_out_holds_at_once(app: FastAPI, owner: Member) -> None:
    async with signed_in(app, owner) as client:
        assert (await client.post("/v1/auth/logout")).status_code == 204
        check_problem(await client.get("/v1/me"), 401, "unauthenticated")
        assert (await client.post("/v1/auth/logout")).status_code == 204, "again changes nothing"


async def test_signing_out_by_the_refresh_token_needs_no_access_token(app: FastAPI, owner: Member) -> None:
    async with nobody(app) as client:
        begun = (await client.post("/v1/auth/login", json=owner.credentials)).json()
        answer = await client.post("/v1/auth/logout", json={"refresh_token": begun["refresh_token"]})
        assert answer.status_code == 204
        headers = {"Authorization": f"Bearer {begun['access_token']}"}
        check_problem(await client.get("/v1/me", headers=headers), 401, "unauthenticated")
        again = await client.post("/v1/auth/refresh", json={"refresh_token": begun["refresh_token"]})
        check_problem(again, 401, "unauthenticated")


async def test_one_session_can_be_ended_from_another(app: FastAPI, owner: Member) -> None:
    async with signed_in(app, owner) as first, signed_in(app, owner) as second:
        (other,) = [item["id"] for item in await sessions_of(second) if not item["current"]]
        assert (await second.delete(f"/v1/auth/sessions/{other}")).status_code == 204
        check_problem(await first.get("/v1/me"), 401, "unauthenticated")
        check_problem(await second.delete(f"/v1/auth/sessions/{other}"), 404, "not_found")
        assert len(await sessions_of(second)) == 1


async def test_sessions_of_others_are_like_none(app: FastAPI, services: Services, owner: Member) -> None:
    other = await new_member(services.database, services.workspace_id, Role.VIEWER)
    async with signed_in(app, owner) as mine, signed_in(app, other) as theirs:
        (session,) = await sessions_of(theirs)
        ours = await mine.delete(f"/v1/auth/sessions/{session['id']}")
        none = await mine.delete(f"/v1/auth/sessions/{uuid4()}")
        check_problem(ours, 404, "not_found")
        assert ours.json().keys() == none.json().keys()
        check_problem(await mine.delete("/v1/auth/sessions/nonsense"), 404, "not_found")
        assert (await theirs.get("/v1/me")).status_code == 200


async def test_signing_out_everywhere(app: FastAPI, services: Services, owner: Member) -> None:
    other = await new_member(services.database, services.workspace_id)
    async with signed_in(app, owner) as first, signed_in(app, owner) as second, signed_in(app, other) as theirs:
        assert (await first.post("/v1/auth/logout-everywhere")).status_code == 204
        for client in (first, second):
            check_problem(await client.get("/v1/me"), 401, "unauthenticated")
        assert (await theirs.get("/v1/me")).status_code == 200


async def test_signing_out_everywhere_else(app: FastAPI, owner: Member) -> None:
    async with signed_in(app, owner) as first, signed_in(app, owner) as second:
        assert (await first.post("/v1/auth/logout-everywhere", json={"keep_this": True})).status_code == 204
        assert (await first.get("/v1/me")).status_code == 200
        check_problem(await second.get("/v1/me"), 401, "unauthenticated")


async def test_ends_are_audited(app: FastAPI, services: Services, owner: Member) -> None:
    async with signed_in(app, owner) as first, signed_in(app, owner) as second:
        await first.post("/v1/auth/logout")
        await second.post("/v1/auth/logout-everywhere")
    async with services.database.tenant(services.workspace_id) as session:
        query = select(AuditEntry.action).where(AuditEntry.actor_id == owner.id).order_by(AuditEntry.id)
        actions = list(await session.scalars(query))
    assert actions == ["session.ended", "sessions.ended"]


async def test_switching_gives_the_role_of_the_other_workspace(app: FastAPI, services: Services) -> None:
    viewer = await new_member(services.database, services.workspace_id, Role.VIEWER)
    async with signed_in(app, viewer) as client:
        check_problem(await client.patch("/v1/workspace", json={"name": "Mine"}), 403, "forbidden")
        made = (await client.post("/v1/workspaces", json={"name": "Mine"})).json()
        answer = (await client.post("/v1/auth/workspace", json={"workspace_id": made["id"]})).json()
        assert answer["workspace"]["role"] == "owner"
        there = {"Authorization": f"Bearer {answer['access_token']}"}
        assert (await client.patch("/v1/workspace", json={"name": "Ours"}, headers=there)).json()["name"] == "Ours"
        check_problem(await client.patch("/v1/workspace", json={"name": "Ours"}), 403, "forbidden")


@pytest.mark.parametrize("path", ["/v1/auth/workspace"])
async def test_one_cannot_switch_to_a_workspace_of_others(
    as_owner: httpx.AsyncClient, app: FastAPI, services: Services, path: str
) -> None:
    other = await new_member(services.database, services.workspace_id)
    async with signed_in(app, other) as theirs:
        made = (await theirs.post("/v1/workspaces", json={"name": "Theirs"})).json()
    ours = await as_owner.post(path, json={"workspace_id": made["id"]})
    none = await as_owner.post(path, json={"workspace_id": str(uuid4())})
    check_problem(ours, 404, "not_found")
    check_problem(none, 404, "not_found")


async def test_programs_have_no_sessions(api: httpx.AsyncClient) -> None:
    check_problem(await api.get("/v1/auth/sessions"), 403, "forbidden")
    check_problem(await api.post("/v1/auth/logout-everywhere"), 403, "forbidden")
    check_problem(await api.delete(f"/v1/auth/sessions/{uuid4()}"), 403, "forbidden")
    check_problem(await api.post("/v1/auth/workspace", json={"workspace_id": str(uuid4())}), 403, "forbidden")
    assert (await api.post("/v1/auth/logout")).status_code == 204
    assert (await api.get("/v1/me")).status_code == 200, "the operator's token cannot be signed out"
