"""Groups of members."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.services import Services
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.people import new_member


async def create(api: httpx.AsyncClient, name: str, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/v1/groups", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    group: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/groups/{group['id']}"
    return group


async def audited(api: httpx.AsyncClient, group: dict[str, Any]) -> list[str]:
    query = {"subject_kind": "group", "subject_id": group["id"]}
    return [entry["action"] for entry in (await api.get("/v1/audit", params=query)).json()["items"]]


async def test_a_group_from_its_making_to_its_end(api: httpx.AsyncClient) -> None:
    group = await create(api, "  Approvers ", description="Refunds above 100")
    assert (group["name"], group["description"], group["members"]) == ("Approvers", "Refunds above 100", 0)
    path = f"/v1/groups/{group['id']}"
    assert (await api.get(path)).json() == group
    changed = (await api.patch(path, json={"name": "Deciders"})).json()
    assert (changed["name"], changed["description"]) == ("Deciders", "Refunds above 100")
    assert (await api.patch(path, json={})).json() == changed
    assert (await api.delete(path)).status_code == 204
    check_problem(await api.get(path), 404, "not_found")
    check_problem(await api.delete(path), 404, "not_found")
    assert await audited(api, group) == ["group.deleted", "group.updated", "group.created"]


async def test_a_name_is_given_once(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    first, second = await create(api, "Approvers"), await create(api, "Others")
    check_problem(await api.post("/v1/groups", json={"name": "APPROVERS"}), 409, "conflict")
    check_problem(await api.patch(f"/v1/groups/{second['id']}", json={"name": "approvers"}), 409, "conflict")
    assert (await api.patch(f"/v1/groups/{first['id']}", json={"name": "approvers"})).json()["name"] == "approvers"
    await create(other_api, "Approvers")


async def test_of_many_who_take_one_name_one_gets_it(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(api.post("/v1/groups", json={"name": "Approvers"}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, None])
async def test_odd_names_are_refused(api: httpx.AsyncClient, name: str | None) -> None:
    check_problem(await api.post("/v1/groups", json={"name": name}), 422, "invalid_request")


async def test_members_come_and_go(api: httpx.AsyncClient, services: Services) -> None:
    group = await create(api, "Approvers")
    ada, bob = [await new_member(services.database, services.workspace_id, Role.EDITOR) for _ in range(2)]
    path = f"/v1/groups/{group['id']}"
    for person in (ada, ada, bob):
        assert (await api.put(f"{path}/members/{person.id}")).status_code == 204
    assert (await api.get(path)).json()["members"] == 2
    listed = (await api.get("/v1/members", params={"group": group["id"]})).json()["items"]
    assert {item["user_id"] for item in listed} == {str(ada.id), str(bob.id)}
    for _ in range(2):
        assert (await api.delete(f"{path}/members/{ada.id}")).status_code == 204
    assert (await api.get("/v1/members", params={"group": group["id"]})).json()["items"][0]["user_id"] == str(bob.id)
    expected = ["group.member_removed", "group.member_added", "group.member_added", "group.created"]
    assert await audited(api, group) == expected
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(f"/v1/members/{bob.id}")).json()["groups"] == []


async def test_only_members_of_the_workspace_can_be_in_it(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, services: Services
) -> None:
    foreign = await create(other_api, "Theirs")
    ours = await create(api, "Ours")
    person = await new_member(services.database, services.workspace_id)
    for answer in (
        await other_api.put(f"/v1/groups/{foreign['id']}/members/{person.id}"),
        await api.put(f"/v1/groups/{ours['id']}/members/{uuid4()}"),
        await api.put(f"/v1/groups/{ours['id']}/members/nonsense"),
        await api.put(f"/v1/groups/{foreign['id']}/members/{person.id}"),
    ):
        check_problem(answer, 404, "not_found")


async def test_groups_of_others_are_not_there(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    group = await create(api, "Approvers")
    for name, client in ((group["id"], other_api), (str(uuid4()), api), ("nonsense", api)):
        path = f"/v1/groups/{name}"
        for answer in (
            await client.get(path),
            await client.patch(path, json={"name": "x"}),
            await client.delete(path),
            await client.delete(f"{path}/members/{uuid4()}"),
        ):
            check_problem(answer, 404, "not_found")
    assert (await other_api.get("/v1/groups")).json()["items"] == []


async def test_groups_are_listed_by_name(api: httpx.AsyncClient) -> None:
    for name in ("delta", "Alpha", "charlie", "Bravo", "echo_x"):
        await create(api, name)
    found: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2, **({} if cursor is None else {"cursor": cursor})}
        page = (await api.get("/v1/groups", params=query)).json()
        found += [item["name"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == ["Alpha", "Bravo", "charlie", "delta", "echo_x"]
    listed = (await api.get("/v1/groups", params={"text": "_"})).json()["items"]
    assert [item["name"] for item in listed] == ["echo_x"]
    check_problem(await api.get("/v1/groups", params={"cursor": "odd"}), 422, "invalid_request")
