"""A workspace that asks its members for a second factor."""

import httpx
import pytest
from fastapi import FastAPI

from api.services import Services
from schemas.roles import Role
from tests.api.second_factor.conftest import BASE, set_up
from tests.api.test_gate import check_problem
from tests.support.people import Member, member, new_member, nobody, signed_in

POLICY = "/v1/workspace/second-factor"


async def test_members_without_one_can_only_set_it_up(
    api: httpx.AsyncClient, as_ada: httpx.AsyncClient, ada: Member
) -> None:
    assert (await as_ada.get("/v1/runs")).status_code == 200
    answer = await api.put(POLICY, json={"required": True})
    assert answer.json() == {"required": True, "members_without": 1}
    problem = check_problem(await as_ada.get("/v1/runs"), 403, "forbidden")
    assert problem["details"] == {"second_factor_required": True}
    assert (await as_ada.get("/v1/me")).json()["permissions"] == []
    assert (await as_ada.get(BASE)).json()["required"] is True
    await set_up(as_ada, ada)
    assert (await as_ada.get("/v1/runs")).status_code == 200
    assert (await api.get(POLICY)).json() == {"required": True, "members_without": 0}


async def test_it_holds_for_keys_of_such_members_and_not_for_those_of_the_operator(
    app: FastAPI, api: httpx.AsyncClient, as_ada: httpx.AsyncClient, services: Services
) -> None:
    admin = await new_member(services.database, services.workspace_id, Role.ADMIN)
    body = {"name": "nightly", "scopes": ["runs:read"]}
    async with signed_in(app, admin) as as_admin, nobody(app) as program:
        of_admin = (await as_admin.post("/v1/api-keys", json=body)).json()["key"]
        of_operator = (await api.post("/v1/api-keys", json=body)).json()["key"]
        await api.put(POLICY, json={"required": True})
        refused = await program.get("/v1/runs", headers={"Authorization": f"Bearer {of_admin}"})
        check_problem(refused, 403, "forbidden")
        assert (await program.get("/v1/runs", headers={"Authorization": f"Bearer {of_operator}"})).status_code == 200
        await set_up(as_admin, admin)
        assert (await program.get("/v1/runs", headers={"Authorization": f"Bearer {of_admin}"})).status_code == 200


async def test_nobody_shuts_themselves_out(app: FastAPI, services: Services) -> None:
    owner = await new_member(services.database, services.workspace_id)
    async with signed_in(app, owner) as client:
        check_problem(await client.put(POLICY, json={"required": True}), 409, "conflict")
        assert (await client.put(POLICY, json={"required": False})).status_code == 200
        await set_up(client, owner)
        assert (await client.put(POLICY, json={"required": True})).json()["required"] is True


async def test_it_is_audited_when_it_changes(api: httpx.AsyncClient) -> None:
    for required in (True, True, False):
        assert (await api.put(POLICY, json={"required": required})).json()["required"] is required
    items = (await api.get("/v1/audit", params={"action": "workspace.updated"})).json()["items"]
    assert [item["after"] for item in items] == [{"second_factor_required": False}, {"second_factor_required": True}]


async def test_another_workspace_is_not_bound_by_it(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    await api.put(POLICY, json={"required": True})
    assert (await other_api.get(POLICY)).json() == {"required": False, "members_without": 0}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.VIEWER])
async def test_only_owners_change_it(app: FastAPI, role: Role) -> None:
    async with member(app, role) as person:
        assert (await person.get(POLICY)).status_code == 200
        check_problem(await person.put(POLICY, json={"required": True}), 403, "forbidden")
