"""Members: who is in the workspace, who may give which role, and that an owner always remains."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from api.access.directory import Directory
from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from db.tables import Membership
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.people import Member, new_member, signed_in


class Team:
    """Signed-in members of the workspace of an application."""

    def __init__(self, app: FastAPI, stack: AsyncExitStack) -> None:
        self._app = app
        self._stack = stack
        self.services: Services = app.state.services

    async def join(self, role: Role, **columns: Any) -> Member:
        """A new member."""
        return await new_member(self.services.database, self.services.workspace_id, role, **columns)

    async def client(self, who: Member | Role) -> httpx.AsyncClient:
        """A client that is signed in as a member, a new one for a role."""
        person = await self.join(who) if isinstance(who, Role) else who
        return await self._stack.enter_async_context(signed_in(self._app, person))

    async def roles(self) -> dict[str, str]:
        """Roles by user id."""
        async with self.services.database.tenant(self.services.workspace_id) as session:
            rows = await session.execute(select(Membership.user_id, Membership.role))
            return {str(row[0]): row[1] for row in rows}


@pytest.fixture
async def team(app: FastAPI) -> AsyncIterator[Team]:
    async with AsyncExitStack() as stack:
        yield Team(app, stack)


def path(person: Member) -> str:
    return f"/v1/members/{person.id}"


async def give(client: httpx.AsyncClient, person: Member, role: Role) -> httpx.Response:
    return await client.patch(path(person), json={"role": role})


async def test_members_are_listed_with_what_one_wants_to_know(api: httpx.AsyncClient, team: Team) -> None:
    ada, bob = await team.join(Role.OWNER, name="Ada"), await team.join(Role.VIEWER)
    await team.client(ada)
    group = (await api.post("/v1/groups", json={"name": "approvers"})).json()
    await api.put(f"/v1/groups/{group['id']}/members/{ada.id}")
    first, second = (await api.get("/v1/members")).json()["items"]
    assert (first["user_id"], first["email"], first["name"], first["role"]) == (str(ada.id), ada.email, "Ada", "owner")
    assert first["groups"] == [{"id": group["id"], "name": "approvers"}]
    assert (first["second_factor"], first["disabled"]) == (False, False)
    assert first["last_seen_at"] > first["joined_at"]
    assert (second["user_id"], second["groups"], second["last_seen_at"]) == (str(bob.id), [], None)
    assert (await api.get(path(ada))).json() == first


async def test_members_are_filtered_and_paged(api: httpx.AsyncClient, team: Team) -> None:
    people = [await team.join(role) for role in (Role.OWNER, Role.VIEWER, Role.EDITOR, Role.VIEWER)]
    strange = await team.join(Role.ADMIN, name="100%_sure", email=f"{uuid4().hex}@strange.example")

    async def found(**query: Any) -> list[str]:
        return [item["user_id"] for item in (await api.get("/v1/members", params=query)).json()["items"]]

    assert await found(role="viewer") == [str(people[1].id), str(people[3].id)]
    assert await found(text="strange.ex") == [str(strange.id)]
    assert await found(text="100%_S") == [str(strange.id)]
    assert await found(text="%") == [str(strange.id)]
    pages, cursor = [], None
    while True:
        query = {"limit": 2, **({} if cursor is None else {"cursor": cursor})}
        page = (await api.get("/v1/members", params=query)).json()
        pages.append([item["user_id"] for item in page["items"]])
        if (cursor := page["next_cursor"]) is None:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [one for page in pages for one in page] == [str(person.id) for person in [*people, strange]]
    check_problem(await api.get("/v1/members", params={"cursor": "odd"}), 422, "invalid_request")


async def test_a_new_role_holds_at_once(team: Team, api: httpx.AsyncClient) -> None:
    person = await team.join(Role.EDITOR)
    client = await team.client(person)
    assert (await client.get("/v1/credentials")).status_code == 200
    answer = await give(api, person, Role.VIEWER)
    assert (answer.status_code, answer.json()["role"]) == (200, "viewer")
    check_problem(await client.get("/v1/credentials"), 403, "forbidden")
    await give(api, person, Role.EDITOR)
    assert (await client.get("/v1/credentials")).status_code == 200
    query = {"action": "member.role_changed", "subject_id": str(person.id)}
    newest, first = (await api.get("/v1/audit", params=query)).json()["items"]
    assert (first["before"]["role"], first["after"]["role"]) == ("editor", "viewer")
    assert newest["after"] == {"email": person.email, "role": "editor"}


async def test_the_same_role_again_is_no_change(team: Team, api: httpx.AsyncClient) -> None:
    person = await team.join(Role.EDITOR)
    assert (await give(api, person, Role.EDITOR)).status_code == 200
    assert (await api.get("/v1/audit", params={"subject_id": str(person.id)})).json()["items"] == []


async def test_who_is_removed_is_out_at_once(team: Team, api: httpx.AsyncClient, app: FastAPI) -> None:
    person = await team.join(Role.ADMIN)
    client = await team.client(person)
    key = (await client.post("/v1/api-keys", json={"name": "k", "scopes": ["runs:read"]})).json()["key"]
    group = (await api.post("/v1/groups", json={"name": "all"})).json()
    await api.put(f"/v1/groups/{group['id']}/members/{person.id}")
    as_key = {"Authorization": f"Bearer {key}"}
    assert (await client.get("/v1/runs", headers=as_key)).status_code == 200
    assert (await api.delete(path(person))).status_code == 204
    check_problem(await client.get("/v1/runs"), 401, "unauthenticated")
    check_problem(await client.get("/v1/runs", headers=as_key), 401, "unauthenticated")
    check_problem(await api.get(path(person)), 404, "not_found")
    check_problem(await api.delete(path(person)), 404, "not_found")
    assert (await api.get(f"/v1/groups/{group['id']}")).json()["members"] == 0
    [entry] = (await api.get("/v1/audit", params={"action": "member.removed"})).json()["items"]
    assert entry["before"] == {"email": person.email, "role": "admin"}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.EDITOR, Role.OPERATOR, Role.VIEWER])
async def test_an_admin_manages_everybody_but_owners(team: Team, role: Role) -> None:
    admin, person = await team.client(Role.ADMIN), await team.join(role)
    for other in (Role.VIEWER, Role.ADMIN):
        assert (await give(admin, person, other)).json()["role"] == other
    problem: Any = check_problem(await give(admin, person, Role.OWNER), 403, "forbidden")
    assert problem["details"] == {"permission": "workspace:own"}
    assert (await admin.delete(path(person))).status_code == 204


async def test_an_admin_cannot_touch_owners(team: Team) -> None:
    admin, owner = await team.client(Role.ADMIN), await team.join(Role.OWNER)
    await team.join(Role.OWNER)
    check_problem(await give(admin, owner, Role.VIEWER), 403, "forbidden")
    check_problem(await admin.delete(path(owner)), 403, "forbidden")
    assert (await team.roles())[str(owner.id)] == "owner"


async def test_nobody_raises_themselves(team: Team) -> None:
    await team.join(Role.OWNER)
    for role, higher in ((Role.ADMIN, Role.OWNER), (Role.EDITOR, Role.ADMIN), (Role.VIEWER, Role.OPERATOR)):
        person = await team.join(role)
        check_problem(await give(await team.client(person), person, higher), 403, "forbidden")
        assert (await team.roles())[str(person.id)] == role


async def test_a_key_of_an_owner_without_that_scope_cannot_make_owners(team: Team) -> None:
    owner, person = await team.client(Role.OWNER), await team.join(Role.VIEWER)
    body = {"name": "people", "scopes": ["members:read", "members:manage"]}
    key = (await owner.post("/v1/api-keys", json=body)).json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    answer = await owner.patch(path(person), json={"role": "owner"}, headers=headers)
    check_problem(answer, 403, "forbidden")
    assert (await owner.patch(path(person), json={"role": "admin"}, headers=headers)).status_code == 200


async def test_the_last_owner_stays(team: Team, api: httpx.AsyncClient) -> None:
    owner = await team.join(Role.OWNER)
    await team.join(Role.OWNER, disabled_at=(await closing_time(team)))  # a closed account owns nothing
    client = await team.client(owner)
    for who in (client, api):
        check_problem(await give(who, owner, Role.ADMIN), 409, "conflict")
        check_problem(await who.delete(path(owner)), 409, "conflict")
    check_problem(await client.post("/v1/workspace/leave"), 409, "conflict")
    assert (await give(client, owner, Role.OWNER)).status_code == 200
    second = await team.join(Role.VIEWER)
    assert (await give(client, second, Role.OWNER)).status_code == 200
    assert (await give(client, owner, Role.VIEWER)).status_code == 200
    assert (await team.roles())[str(owner.id)] == "viewer"


async def closing_time(team: Team) -> Any:
    async with team.services.database.tenant(team.services.workspace_id) as session:
        return await session.scalar(select(Membership.created_at).limit(1))


@pytest.mark.parametrize("how", ["demote", "remove", "leave"])
async def test_of_owners_who_go_at_once_one_stays(team: Team, how: str) -> None:
    owners = [await team.join(Role.OWNER) for _ in range(4)]
    clients = [await team.client(owner) for owner in owners]

    async def go(number: int) -> int:
        client, target = clients[number], owners[(number + 1) % 4]
        if how == "demote":
            return (await give(client, target, Role.VIEWER)).status_code
        if how == "remove":
            return (await client.delete(path(target))).status_code
        return (await client.post("/v1/workspace/leave")).status_code

    answers = await asyncio.gather(*(go(number) for number in range(4)))
    remaining = [role for role in (await team.roles()).values() if role == "owner"]
    assert len(remaining) >= 1
    assert len(remaining) == 4 - sum(answer < 300 for answer in answers)
    assert all(answer < 300 or answer in (401, 403, 404, 409) for answer in answers)


async def test_one_leaves_a_workspace(team: Team, api: httpx.AsyncClient) -> None:
    person = await team.join(Role.VIEWER)
    client = await team.client(person)
    assert (await client.post("/v1/workspace/leave")).status_code == 204
    check_problem(await client.get("/v1/runs"), 401, "unauthenticated")
    [entry] = (await api.get("/v1/audit", params={"action": "member.left"})).json()["items"]
    assert (entry["subject"]["id"], entry["actor"]["name"]) == (str(person.id), person.email)
    check_problem(await api.post("/v1/workspace/leave"), 403, "forbidden")


@pytest.mark.parametrize(("role", "revoked"), [(Role.ADMIN, ["owner"]), (Role.EDITOR, ["admin", "owner"])])
async def test_invitations_end_with_the_right_to_make_them(
    team: Team, api: httpx.AsyncClient, role: Role, revoked: list[str]
) -> None:
    await team.join(Role.OWNER)
    inviter = await team.join(Role.OWNER)
    client = await team.client(inviter)
    for invited in (Role.ADMIN, Role.OWNER):
        body = {"email": f"{invited}-{uuid4().hex}@example.com", "role": invited}
        assert (await client.post("/v1/invitations", json=body)).status_code == 201
    assert (await give(api, inviter, role)).status_code == 200
    listed = (await api.get("/v1/invitations", params={"state": "revoked"})).json()["items"]
    assert sorted(item["role"] for item in listed) == revoked
    assert (await api.delete(path(inviter))).status_code == 204
    assert (await api.get("/v1/invitations", params={"state": "open"})).json()["items"] == []


async def test_members_of_other_workspaces_are_not_there(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, team: Team
) -> None:
    person = await team.join(Role.VIEWER)
    for name, client in ((str(person.id), other_api), (str(uuid4()), api), ("nonsense", api)):
        for answer in (
            await client.get(f"/v1/members/{name}"),
            await client.patch(f"/v1/members/{name}", json={"role": "viewer"}),
            await client.delete(f"/v1/members/{name}"),
        ):
            problem: Any = check_problem(answer, 404, "not_found")
            assert problem["detail"] == f"There is no member '{name}'."
    assert (await other_api.get("/v1/members")).json()["items"] == []


@pytest.mark.parametrize("how", ["remove", "demote"])
async def test_another_process_that_remembers_a_lost_role_lets_nobody_use_it(
    team: Team, api: httpx.AsyncClient, how: str
) -> None:
    admin, person = await team.join(Role.ADMIN), await team.join(Role.VIEWER)
    apart = replace(team.services, directory=Directory(team.services.database, clock=lambda: 0.0))
    elsewhere = create_app(ApiSettings(token=SecretStr("x")), apart)
    async with signed_in(elsewhere, admin) as client:
        assert (await client.get("/v1/members")).status_code == 200  # from now on it remembers
        assert (await (api.delete(path(admin)) if how == "remove" else give(api, admin, Role.VIEWER))).is_success
        assert (await client.get("/v1/members")).status_code == 200
        body = {"email": f"{uuid4().hex}@example.com", "role": "admin"}
        check_problem(await client.post("/v1/invitations", json=body), 403, "forbidden")
        check_problem(await give(client, person, Role.ADMIN), 403, "forbidden")
        check_problem(await client.delete(path(person)), 403, "forbidden")
    assert (await team.roles())[str(person.id)] == "viewer"
