"""The caller's own account: who one is, name, address, password."""

from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from api.access.permissions import GRANTS
from api.services import Services
from db.tables import AuditEntry, Throttle, User
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.people import PASSWORD, Member, member, new_member, nobody, signed_in

NEW = "another rather long password"


@pytest.mark.parametrize("role", list(Role))
async def test_one_sees_what_one_may(app: FastAPI, role: Role) -> None:
    async with member(app, role) as client:
        me = (await client.get("/v1/me")).json()
    assert me["kind"] == "user"
    assert me["workspace"]["role"] == role
    assert set(me["permissions"]) == {permission.value for permission in GRANTS[role]}
    assert [one["id"] for one in me["workspaces"]] == [me["workspace"]["id"]]
    assert (me["has_password"], me["second_factor"]) == (True, False)


async def test_a_key_sees_itself(as_owner: httpx.AsyncClient) -> None:
    made = (await as_owner.post("/v1/api-keys", json={"name": "robot", "scopes": ["runs:read"]})).json()
    me = (await as_owner.get("/v1/me", headers={"Authorization": f"Bearer {made['key']}"})).json()
    assert (me["kind"], me["name"], me["user"], me["session_id"]) == ("key", "robot", None, None)
    assert me["permissions"] == ["runs:read"]
    assert len(me["workspaces"]) == 1


async def test_the_name_can_be_changed(as_owner: httpx.AsyncClient, services: Services, owner: Member) -> None:
    assert (await as_owner.patch("/v1/me", json={"name": "Ada"})).json()["user"]["name"] == "Ada"
    assert (await as_owner.patch("/v1/me", json={})).json()["user"]["name"] == "Ada"
    async with services.database.tenant(services.workspace_id) as session:
        query = select(AuditEntry).where(AuditEntry.action == "user.updated", AuditEntry.actor_id == owner.id)
        entry = (await session.scalars(query)).one()
    assert (entry.before["name"], entry.after["name"]) == ("Owner", "Ada")


@pytest.mark.parametrize("body", [{"name": ""}, {"name": " "}, {"name": "x" * 201}, {"email": "x"}, {"role": "owner"}])
async def test_what_is_wrong_is_refused(as_owner: httpx.AsyncClient, body: dict[str, str]) -> None:
    check_problem(await as_owner.patch("/v1/me", json=body), 422, "invalid_request")


async def test_the_address_of_an_account_stays(as_owner: httpx.AsyncClient, owner: Member) -> None:
    check_problem(await as_owner.patch("/v1/me", json={"email": "eve@example.com"}), 409, "conflict")
    assert (await as_owner.patch("/v1/me", json={"email": owner.email})).status_code == 200


async def test_the_account_of_a_login_link_gets_an_address_and_a_password(
    app: FastAPI, as_owner: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    async with services.database.identity() as session:
        bare = update(User).where(User.id == owner.id).values(email=f"{owner.id}@localhost", password_hash=None)
        await session.execute(bare)
    taken = await new_member(services.database, services.workspace_id)
    check_problem(await as_owner.patch("/v1/me", json={"email": taken.email}), 409, "conflict")
    assert (await as_owner.patch("/v1/me", json={"email": owner.email})).json()["user"]["email"] == owner.email
    assert (await as_owner.post("/v1/me/password", json={"new_password": NEW})).status_code == 204
    async with nobody(app) as client:
        answer = await client.post("/v1/auth/login", json={"email": owner.email, "password": NEW})
        assert answer.status_code == 200


async def test_a_new_password_ends_all_other_sessions(app: FastAPI, as_owner: httpx.AsyncClient, owner: Member) -> None:
    async with signed_in(app, owner) as other:
        body = {"old_password": PASSWORD, "new_password": NEW}
        assert (await as_owner.post("/v1/me/password", json=body)).status_code == 204
        check_problem(await other.get("/v1/me"), 401, "unauthenticated")
        assert (await as_owner.get("/v1/me")).status_code == 200
    async with nobody(app) as client:
        check_problem(await client.post("/v1/auth/login", json=owner.credentials), 401, "unauthenticated")
        again = await client.post("/v1/auth/login", json={"email": owner.email, "password": NEW})
        assert again.status_code == 200


@pytest.mark.parametrize("old", [None, "", "wrong wrong wrong"])
async def test_the_old_password_must_be_right(as_owner: httpx.AsyncClient, old: str | None) -> None:
    answer = await as_owner.post("/v1/me/password", json={"old_password": old, "new_password": NEW})
    check_problem(answer, 422, "invalid_request")
    assert [error["field"] for error in answer.json()["errors"]] == ["body.old_password"]


async def test_guessing_the_old_password_is_slowed_down(
    as_owner: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.access.throttle.FIRST_DELAY", 600.0)
    body = {"old_password": "wrong wrong wrong", "new_password": NEW}
    answers = [await as_owner.post("/v1/me/password", json=body) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    async with services.database.identity() as session:
        await session.execute(update(Throttle).values(blocked_until=datetime.now(UTC)))
    assert (await as_owner.post("/v1/me/password", json={**body, "old_password": PASSWORD})).status_code == 204


@pytest.mark.parametrize("new", ["short", "password123", "OWNER"])
async def test_the_new_password_must_be_good(as_owner: httpx.AsyncClient, owner: Member, new: str) -> None:
    new = owner.email.upper() if new == "OWNER" else new
    answer = await as_owner.post("/v1/me/password", json={"old_password": PASSWORD, "new_password": new})
    check_problem(answer, 422, "invalid_request")
    assert [error["field"] for error in answer.json()["errors"]] == ["body.new_password"]


async def test_passwords_are_not_audited(as_owner: httpx.AsyncClient, services: Services, owner: Member) -> None:
    await as_owner.post("/v1/me/password", json={"old_password": PASSWORD, "new_password": NEW})
    async with services.database.tenant(services.workspace_id) as session:
        entries = list(await session.scalars(select(AuditEntry).where(AuditEntry.actor_id == owner.id)))
    assert "user.password_changed" in {entry.action for entry in entries}
    assert all("argon2" not in str(entry.after) and NEW not in str(entry.after) for entry in entries)


async def test_programs_have_no_account(api: httpx.AsyncClient) -> None:
    check_problem(await api.patch("/v1/me", json={"name": "x"}), 403, "forbidden")
    check_problem(await api.post("/v1/me/password", json={"new_password": NEW}), 403, "forbidden")
