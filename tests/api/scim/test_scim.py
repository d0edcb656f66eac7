"""The directory of a company: RFC 7643 and RFC 7644, and what Entra ID and Okta make of them."""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.scim import resources
from api.scim.errors import ScimError
from api.scim.filters import parse_path
from api.scim.patching import patched
from api.services import Services
from db.tables import Membership
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.people import Member, new_member, nobody, signed_in
from tests.support.workspaces import new_workspace

MEDIA: Final = "application/scim+json"
USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Json = dict[str, Any]


@pytest.fixture
async def directory(app: FastAPI, api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A directory with a token of the workspace."""
    made = (await api.post("/v1/sign-on/scim-tokens", json={"name": "Entra ID"})).json()
    headers = {"Authorization": f"Bearer {made['token']}", "Content-Type": MEDIA}
    async with nobody(app, **headers) as client:
        yield client


def person(name: str = "ada", **more: Any) -> Json:
    """A person as a directory sends it; nobody else has the address."""
    address = f"{name}-{uuid4().hex[:8]}@corp.example.com"
    named = {"givenName": name.title(), "familyName": "Lovelace"}
    return {"schemas": [USER], "userName": address, "name": named, "externalId": uuid4().hex, "active": True, **more}


async def create(directory: httpx.AsyncClient, path: str, body: Json) -> Json:
    answer = await directory.post(f"/scim/v2/{path}", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == MEDIA
    made: Json = answer.json()
    assert answer.headers["location"] == made["meta"]["location"]
    return made


async def change(directory: httpx.AsyncClient, path: str, *operations: Json) -> Json:
    answer = await directory.patch(f"/scim/v2/{path}", json={"schemas": [PATCH], "Operations": list(operations)})
    assert answer.status_code == 200, answer.text
    changed: Json = answer.json()
    return changed


def refused(answer: httpx.Response, status: int, kind: str | None = None) -> Json:
    """A refusal in the words of RFC 7644, section 3.12."""
    body: Json = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert (body["status"], body.get("scimType")) == (str(status), kind), body
    return body


async def members(api: httpx.AsyncClient, text: str) -> list[Json]:
    return list((await api.get("/v1/members", params={"text": text})).json()["items"])


async def find(directory: httpx.AsyncClient, path: str, **query: Any) -> Json:
    answer = await directory.get(f"/scim/v2/{path}", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_who_may_call(app: FastAPI, api: httpx.AsyncClient, directory: httpx.AsyncClient) -> None:
    async with nobody(app) as stranger:
        refused(await stranger.get("/scim/v2/Users"), 401)
    refused(await api.get("/scim/v2/Users"), 401)  # the token of the operator is none of a directory
    answer = await directory.get("/v1/members")
    check_problem(answer, 401, "unauthenticated")  # and the other way round
    [token] = (await api.get("/v1/sign-on/scim-tokens")).json()["items"]
    assert (await find(directory, "Users"))["totalResults"] == 0
    assert (await api.delete(f"/v1/sign-on/scim-tokens/{token['id']}")).status_code == 204
    refused(await directory.get("/scim/v2/Users"), 401)


async def test_what_the_server_says_about_itself(directory: httpx.AsyncClient) -> None:
    config = await find(directory, "ServiceProviderConfig")
    offered = {name: config[name]["supported"] for name in ("patch", "bulk", "filter", "etag", "sort")}
    assert offered == {"patch": True, "bulk": False, "filter": True, "etag": True, "sort": False}
    assert [one["id"] for one in (await find(directory, "ResourceTypes"))["Resources"]] == ["User", "Group"]
    assert (await find(directory, f"Schemas/{USER}"))["name"] == "User"
    assert len((await find(directory, "Schemas"))["Resources"]) == 3
    refused(await directory.get("/scim/v2/Schemas/nonsense"), 404)
    refused(await directory.post("/scim/v2/Bulk", json={}), 501)
    refused(await directory.get("/scim/v2/Nothing"), 404)
    refused(await directory.delete("/scim/v2/Schemas"), 405)


async def test_a_person_comes_is_changed_and_goes(
    app: FastAPI, api: httpx.AsyncClient, services: Services, directory: httpx.AsyncClient
) -> None:
    body = person(**{ENTERPRISE: {"department": "R&D"}, "password": "of no interest"})
    made = await create(directory, "Users", body)
    path, email = f"Users/{made['id']}", body["userName"]
    assert made["schemas"] == [USER, ENTERPRISE]
    assert (made["meta"]["version"], made["active"], made.get("password")) == ('W/"1"', True, None)
    [member] = await members(api, email)
    assert (member["role"], member["name"]) == ("viewer", "Ada Lovelace")
    refused(await directory.post("/scim/v2/Users", json=body), 409, "uniqueness")

    read = await directory.get(f"/scim/v2/{path}")
    assert (await directory.get(f"/scim/v2/{path}", headers={"If-None-Match": read.headers["etag"]})).status_code == 304
    changed = await change(
        directory,
        path,
        {"op": "Replace", "path": "name.familyName", "value": "King"},
        {"op": "add", "path": 'emails[type eq "work"].value', "value": email},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Engines"},
        {"op": "replace", "value": {"title": "Countess", "id": "ignored"}},
    )
    assert changed["emails"] == [{"type": "work", "value": email}]
    assert (changed["title"], changed[ENTERPRISE]["department"]) == ("Countess", "Engines")
    assert [one["name"] for one in await members(api, email)] == ["Ada King"]
    stale = {"If-Match": 'W/"1"'}
    refused(await directory.put(f"/scim/v2/{path}", json=body, headers=stale), 412, "mutability")
    replaced = await directory.put(f"/scim/v2/{path}", json=body, headers={"If-Match": changed["meta"]["version"]})
    assert "title" not in replaced.json()

    ada = Member(UUID(member["user_id"]), email)
    async with signed_in(app, ada) as session:
        assert (await session.get("/v1/me")).status_code == 200
        # A key that she has made, as an administrator, before she goes.
        await api.patch(f"/v1/members/{ada.id}", json={"role": "admin"})
        key = (await session.post("/v1/api-keys", json={"name": "k", "scopes": ["runs:read"]})).json()["key"]
        async with nobody(app, Authorization=f"Bearer {key}") as program:
            assert (await program.get("/v1/runs")).status_code == 200
            gone = await change(directory, path, {"op": "Replace", "path": "active", "value": "False"})
            assert gone["active"] is False
            assert (await program.get("/v1/runs")).status_code == 401
        assert (await session.get("/v1/me")).status_code == 401
    assert await members(api, email) == []
    assert (await change(directory, path, {"op": "replace", "value": {"active": True}}))["active"] is True
    assert [one["role"] for one in await members(api, email)] == ["viewer"]
    assert (await directory.delete(f"/scim/v2/{path}")).status_code == 204
    refused(await directory.get(f"/scim/v2/{path}"), 404)
    assert await members(api, email) == []
    actions = [entry["action"] for entry in (await api.get("/v1/audit", params={"actor": "Entra ID"})).json()["items"]]
    assert set(actions) == {
        *("directory_user.created", "directory_user.updated", "directory_user.deleted"),
        *("member.provisioned", "member.removed"),
    }


async def test_groups_bring_roles(api: httpx.AsyncClient, directory: httpx.AsyncClient) -> None:
    await api.put("/v1/sign-on/mappings", json={"mappings": [{"external": "Builders", "role": "editor"}]})
    ada, eve = [await create(directory, "Users", person(name)) for name in ("ada", "eve")]
    group = await create(directory, "Groups", {"displayName": "Builders", "members": [{"value": ada["id"]}]})
    path = f"Groups/{group['id']}"

    async def roles() -> list[str]:
        return [(await members(api, one["userName"]))[0]["role"] for one in (ada, eve)]

    assert await roles() == ["editor", "viewer"]
    assert [one["display"] for one in (await find(directory, f"Users/{ada['id']}"))["groups"]] == ["Builders"]
    await change(directory, path, {"op": "add", "path": "members", "value": [{"value": eve["id"]}]})
    assert await roles() == ["editor", "editor"]
    changed = await change(directory, path, {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'})
    assert [one["value"] for one in changed["members"]] == [eve["id"]]
    assert await roles() == ["viewer", "editor"]
    await change(directory, f"Users/{eve['id']}", {"op": "replace", "path": "active", "value": False})
    assert [one["value"] for one in (await find(directory, path))["members"]] == [eve["id"]]
    await change(directory, f"Users/{eve['id']}", {"op": "replace", "path": "active", "value": True})
    assert await roles() == ["viewer", "editor"]  # her groups have waited for her
    await change(directory, path, {"op": "replace", "path": "displayName", "value": "Idlers"})
    assert await roles() == ["viewer", "viewer"]
    assert "members" not in await find(directory, path, excludedAttributes="members")
    refused(await directory.post("/scim/v2/Groups", json={"displayName": "idlers"}), 409, "uniqueness")
    nobody_there = {"displayName": "X", "members": [{"value": str(uuid4())}]}
    refused(await directory.post("/scim/v2/Groups", json=nobody_there), 400, "invalidValue")
    assert (await directory.delete(f"/scim/v2/{path}")).status_code == 204
    assert (await api.get("/v1/groups")).json()["items"] == []


async def test_lists_and_filters(directory: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(resources.USERS), "at_once", 2)
    monkeypatch.setitem(vars(resources.USERS), "most", 5)
    made = [await create(directory, "Users", person(f"p{number}", title=f"t{number}")) for number in range(5)]
    names = [one["userName"] for one in made]
    refused(await directory.post("/scim/v2/Users", json=person()), 403)

    async def found(text: str, **more: Any) -> list[str]:
        page = await find(directory, "Users", filter=text, **more)
        assert page["itemsPerPage"] == len(page["Resources"])
        return [one["userName"] for one in page["Resources"]]

    assert await found(f'userName eq "{names[1].upper()}"') == [names[1]]
    assert await found(f'externalId eq "{made[2]["externalId"]}"') == [names[2]]
    assert await found('title eq "t3" or title eq "t4"') == names[3:]
    assert await found('title sw "t" and not (title co "2")', startIndex=2, count=2) == [names[1], names[3]]
    assert await found('name[givenName eq "P0"] and active eq true') == [names[0]]
    assert await found("nickName pr") == []
    page = await find(directory, "Users", startIndex=4, count=1, attributes="userName")
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 4, 1)
    assert page["Resources"][0].keys() == {"schemas", "id", "meta", "userName"}
    assert (await find(directory, "Users", count=0))["Resources"] == []
    search = {"filter": f'userName eq "{names[0]}"', "attributes": ["id"]}
    searched = (await directory.post("/scim/v2/Users/.search", json=search)).json()
    assert [one["id"] for one in searched["Resources"]] == [made[0]["id"]]
    for wrong in ("userName eq", "nonsense", "(" * 50 + "a pr", 'a eq "' + "x" * 3000 + '"'):
        refused(await directory.get("/scim/v2/Users", params={"filter": wrong}), 400, "invalidFilter")
    refused(await directory.get("/scim/v2/Users", params={"count": "many"}), 400, "invalidValue")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ([], 400, "invalidSyntax"),
        ({}, 400, "invalidValue"),
        ({"userName": 7}, 400, "invalidValue"),
        ({"userName": "no address"}, 400, "invalidValue"),
        ({"userName": "a@example.com", "active": "maybe"}, 400, "invalidValue"),
        ({"userName": "a@example.com\0"}, 400, "invalidSyntax"),
        ({"userName": "a@example.com", "title": "x" * 70_000}, 400, "invalidValue"),
    ],
)
async def test_what_cannot_be_a_person(directory: httpx.AsyncClient, body: Any, status: int, kind: str) -> None:
    refused(await directory.post("/scim/v2/Users", json=body), status, kind)


@pytest.mark.parametrize("text", ["a" + " " * 1_990 + "]", "a" + " " * 1_000_000 + "]", "a" * 2_001, "[" * 2_000])
def test_a_path_is_read_in_time_that_grows_with_its_length_only(text: str) -> None:
    """With a cube of the length, the second one would keep the process busy for centuries."""
    with pytest.raises(ScimError) as refused_path:
        parse_path(text)
    assert refused_path.value.kind == "invalidPath"


def test_changes_of_many_members_take_no_square_of_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.scim.patching.MAX_WORK", 100_000)
    group = {"members": [{"value": str(number)} for number in range(20_000)]}
    assert patched(group, {"Operations": [{"op": "remove", "path": "members[value pr]"}]}) == {"members": []}
    adding = {"op": "add", "path": "members", "value": [{"value": "7"}]}
    assert patched(group, {"Operations": [adding] * 2}) == group
    with pytest.raises(ScimError) as too_much:
        patched(group, {"Operations": [adding] * 6})
    assert too_much.value.status == 413


async def test_changes_that_are_refused(directory: httpx.AsyncClient) -> None:
    path = f"/scim/v2/Users/{(await create(directory, 'Users', person()))['id']}"
    for operations, kind in (
        ([], "invalidSyntax"),
        ([{"op": "move", "path": "title"}], "invalidSyntax"),
        ([{"op": "remove"}], "noTarget"),
        ([{"op": "add", "path": "title"}], "invalidValue"),
        ([{"op": "replace", "path": "id", "value": "x"}], "mutability"),
        ([{"op": "replace", "path": "a b", "value": "x"}], "invalidPath"),
        ([{"op": "replace", "path": 'emails[value sw "x"].type', "value": "x"}], "noTarget"),
    ):
        refused(await directory.patch(path, json={"Operations": operations}), 400, kind)
    refused(await directory.patch(path, content=b"{", headers={"Content-Type": MEDIA}), 400, "invalidSyntax")
    refused(await directory.patch(path, content=b"a=b", headers={"Content-Type": "text/plain"}), 415)


async def test_a_directory_reaches_its_own_workspace_only(
    app: FastAPI,
    api: httpx.AsyncClient,
    other_api: httpx.AsyncClient,
    services: Services,
    directory: httpx.AsyncClient,
    database_url: str,
) -> None:
    """It may bring an account of another workspace in, but changes and closes nothing of it there."""
    elsewhere = await new_workspace(database_url)
    bob = await new_member(services.database, elsewhere, Role.OWNER, email=person("bob")["userName"])
    made = await create(directory, "Users", person(userName=bob.email, displayName="Robert"))
    assert [one["name"] for one in await members(api, bob.email)] == ["Owner"]  # the name that he has chosen himself
    await change(directory, f"Users/{made['id']}", {"op": "replace", "path": "active", "value": False})
    async with services.database.identity() as session:
        assert await session.get(Membership, (elsewhere, bob.id)) is not None
    link_only = await new_member(services.database, elsewhere, email=person("eve")["userName"], email_verified_at=None)
    refused(await directory.post("/scim/v2/Users", json=person(userName=link_only.email)), 409, "uniqueness")
    assert await members(api, link_only.email) == []
    token = (await other_api.post("/v1/sign-on/scim-tokens", json={"name": "Okta"})).json()["token"]
    async with nobody(app, Authorization=f"Bearer {token}", **{"Content-Type": MEDIA}) as other:
        assert (await find(other, "Users"))["totalResults"] == 0
        for path in (f"Users/{made['id']}", f"Groups/{uuid4()}", "Users/nonsense"):
            for method in ("GET", "PUT", "PATCH", "DELETE"):
                refused(await other.request(method, f"/scim/v2/{path}", json=person()), 404)
        group = await create(directory, "Groups", {"displayName": "Ours", "members": [{"value": made["id"]}]})
        theirs = {"displayName": "Theirs", "members": [{"value": made["id"]}]}
        refused(await other.post("/scim/v2/Groups", json=theirs), 400, "invalidValue")
        refused(await other.delete(f"/scim/v2/Groups/{group['id']}"), 404)


async def test_the_last_owner_stays(api: httpx.AsyncClient, services: Services, directory: httpx.AsyncClient) -> None:
    boss = await new_member(services.database, services.workspace_id, Role.OWNER, email=person("boss")["userName"])
    made = await create(directory, "Users", person(userName=boss.email))
    body = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
    refused(await directory.patch(f"/scim/v2/Users/{made['id']}", json=body), 409)
    refused(await directory.delete(f"/scim/v2/Users/{made['id']}"), 409)
    assert [one["role"] for one in await members(api, boss.email)] == ["owner"]
