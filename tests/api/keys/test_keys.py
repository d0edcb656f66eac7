"""API keys: shown once, with at most the permissions of who made them, ended at once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update
from sqlalchemy.orm import undefer_group

from api.services import Services
from db.tables import SECRETS, ApiKey, AuditEntry, Membership, User
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support import postgres
from tests.support.people import Member, member, new_member, nobody, signed_in

SCOPES = ["runs:read", "workflows:read"]


async def new_key(client: httpx.AsyncClient, scopes: list[str] | None = None, **more: object) -> dict[str, object]:
    answer = await client.post("/v1/api-keys", json={"name": "robot", "scopes": scopes or SCOPES, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()
    return made


async def call(app: FastAPI, key: object, path: str = "/v1/runs") -> httpx.Response:
    async with nobody(app, Authorization=f"Bearer {key}") as client:
        return await client.get(path)


async def test_a_key_is_shown_once(as_owner: httpx.AsyncClient, services: Services, owner: Member) -> None:
    made = await new_key(as_owner)
    key = str(made.pop("key"))
    mark, prefix, secret = key.split("_")
    assert (mark, made["prefix"], made["state"]) == ("pdk", f"pdk_{prefix}", "active")
    assert made["created_by"] == {"id": str(owner.id), "email": owner.email, "name": "Owner"}
    for path in (f"/v1/api-keys/{made['id']}", "/v1/api-keys"):
        assert secret not in (await as_owner.get(path)).text
    assert (await as_owner.get(f"/v1/api-keys/{made['id']}")).json() == made
    async with services.database.identity() as session:
        kept = (
            await session.scalars(select(ApiKey).options(undefer_group(SECRETS)).where(ApiKey.prefix == prefix))
        ).one()
    assert secret not in kept.secret_hash.hex()


async def test_a_key_may_what_its_scopes_say(app: FastAPI, as_owner: httpx.AsyncClient) -> None:
    key = (await new_key(as_owner))["key"]
    assert (await call(app, key)).status_code == 200
    assert (await call(app, key, "/v1/workflows")).status_code == 200
    refused = check_problem(await call(app, key, "/v1/approvals"), 403, "forbidden")
    assert refused["details"] == {"permission": "approvals:read"}
    assert "robot" in str(refused["detail"])


async def test_a_wrong_secret_is_refused(app: FastAPI, as_owner: httpx.AsyncClient) -> None:
    key = str((await new_key(as_owner))["key"])
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    check_problem(await call(app, wrong), 401, "unauthenticated")
    assert (await call(app, key)).status_code == 200
    check_problem(await call(app, wrong), 401, "unauthenticated")


async def test_nobody_gives_what_they_do_not_have(app: FastAPI) -> None:
    async with member(app, Role.ADMIN) as client:
        answer = await client.post("/v1/api-keys", json={"name": "x", "scopes": ["runs:read", "workspace:own"]})
        assert check_problem(answer, 403, "forbidden")["details"] == {"permissions": ["workspace:own"]}


async def test_a_key_makes_no_keys(app: FastAPI, as_owner: httpx.AsyncClient) -> None:
    key = (await new_key(as_owner, ["keys:manage", "runs:read"]))["key"]
    async with nobody(app, Authorization=f"Bearer {key}") as client:
        answer = await client.post("/v1/api-keys", json={"name": "child", "scopes": ["runs:read"]})
        check_problem(answer, 403, "forbidden")
        assert (await client.get("/v1/api-keys")).status_code == 200


async def test_a_revoked_key_is_refused_at_once(app: FastAPI, as_owner: httpx.AsyncClient) -> None:
    made = await new_key(as_owner)
    assert (await call(app, made["key"])).status_code == 200
    for _ in range(2):
        assert (await as_owner.delete(f"/v1/api-keys/{made['id']}")).status_code == 204
    check_problem(await call(app, made["key"]), 401, "unauthenticated")
    assert (await as_owner.get(f"/v1/api-keys/{made['id']}")).json()["state"] == "revoked"


async def test_an_expired_key_is_refused(
    app: FastAPI, as_owner: httpx.AsyncClient, services: Services, database_url: str
) -> None:
    made = await new_key(as_owner, expires_at=(datetime.now(UTC) + timedelta(days=1)).isoformat())
    assert (await call(app, made["key"])).status_code == 200
    # As time goes by; no role of the API may change this column.
    await postgres.run(database_url, f"UPDATE api_keys SET expires_at = now() WHERE id = '{made['id']}'")
    services.directory.forget()
    check_problem(await call(app, made["key"]), 401, "unauthenticated")
    assert (await as_owner.get(f"/v1/api-keys/{made['id']}")).json()["state"] == "expired"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": ["*"]},
        {"name": "", "scopes": SCOPES},
        {"name": "x", "scopes": SCOPES, "role": "owner"},
        {"name": "x", "scopes": SCOPES, "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "x", "scopes": SCOPES, "expires_at": "2099-01-01T00:00:00"},
        {"name": "x", "scopes": SCOPES, "expires_at": "soon"},
    ],
)
async def test_what_is_wrong_is_refused(as_owner: httpx.AsyncClient, body: dict[str, object]) -> None:
    check_problem(await as_owner.post("/v1/api-keys", json=body), 422, "invalid_request")


async def test_a_key_is_lowered_with_who_made_it(app: FastAPI, services: Services) -> None:
    maker = await new_member(services.database, services.workspace_id, Role.ADMIN)
    async with signed_in(app, maker) as client:
        made = await new_key(client, ["runs:read", "audit:read", "keys:manage"])
    assert (await call(app, made["key"], "/v1/api-keys")).status_code == 200
    async with services.database.identity() as session:
        await session.execute(update(Membership).where(Membership.user_id == maker.id).values(role="viewer"))
    services.directory.forget()
    assert (await call(app, made["key"])).status_code == 200
    check_problem(await call(app, made["key"], "/v1/api-keys"), 403, "forbidden")


@pytest.mark.parametrize("how", ["removed", "disabled"])
async def test_a_key_of_who_is_gone_is_refused(
    app: FastAPI, services: Services, as_owner: httpx.AsyncClient, how: str
) -> None:
    maker = await new_member(services.database, services.workspace_id, Role.ADMIN)
    async with signed_in(app, maker) as client:
        made = await new_key(client)
    async with services.database.identity() as session:
        if how == "removed":
            await session.execute(text("DELETE FROM memberships WHERE user_id = :id"), {"id": maker.id})
        else:
            await session.execute(update(User).where(User.id == maker.id).values(disabled_at=datetime.now(UTC)))
    services.directory.forget()
    check_problem(await call(app, made["key"]), 401, "unauthenticated")
    assert (await as_owner.get(f"/v1/api-keys/{made['id']}")).json()["state"] == "suspended"


async def test_keys_are_listed_in_pages_the_newest_first(as_owner: httpx.AsyncClient) -> None:
    made = [str((await new_key(as_owner))["id"]) for _ in range(5)]
    await as_owner.delete(f"/v1/api-keys/{made[2]}")
    first = (await as_owner.get("/v1/api-keys", params={"limit": 2})).json()
    second = (await as_owner.get("/v1/api-keys", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [key["id"] for key in first["items"] + second["items"]] == [made[4], made[3], made[1], made[0]]
    assert second["next_cursor"] is None
    everything = (await as_owner.get("/v1/api-keys", params={"ended": True})).json()
    assert [key["id"] for key in everything["items"]] == made[::-1]
    check_problem(await as_owner.get("/v1/api-keys", params={"cursor": "x"}), 422, "invalid_request")


async def test_keys_of_another_workspace_are_like_none(
    as_owner: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    theirs = await new_key(other_api)
    assert (await as_owner.get("/v1/api-keys")).json()["items"] == []
    for key_id in (theirs["id"], uuid4(), "nonsense"):
        check_problem(await as_owner.get(f"/v1/api-keys/{key_id}"), 404, "not_found")
        check_problem(await as_owner.delete(f"/v1/api-keys/{key_id}"), 404, "not_found")
    assert (await other_api.get(f"/v1/api-keys/{theirs['id']}")).json()["state"] == "active"


async def test_the_operator_makes_keys_too(app: FastAPI, api: httpx.AsyncClient) -> None:
    made = await new_key(api)
    assert made["created_by"] is None
    assert (await call(app, made["key"])).status_code == 200


async def test_changes_are_audited_without_the_key(
    app: FastAPI, as_owner: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    made = await new_key(as_owner)
    secret = str(made["key"]).split("_")[2]
    await as_owner.delete(f"/v1/api-keys/{made['id']}")
    await as_owner.delete(f"/v1/api-keys/{made['id']}")
    async with services.database.tenant(services.workspace_id) as session:
        query = select(AuditEntry).where(AuditEntry.subject_kind == "api_key").order_by(AuditEntry.id)
        entries = list(await session.scalars(query))
    assert [entry.action for entry in entries] == ["api_key.created", "api_key.revoked"]
    assert {entry.actor_name for entry in entries} == {owner.email}
    assert all(secret not in f"{entry.before}{entry.after}" for entry in entries)


async def test_the_last_use_is_shown(app: FastAPI, as_owner: httpx.AsyncClient) -> None:
    made = await new_key(as_owner)
    assert made["last_used_at"] is None
    await call(app, made["key"])
    shown = (await as_owner.get(f"/v1/api-keys/{made['id']}")).json()["last_used_at"]
    assert datetime.now(UTC) - datetime.fromisoformat(shown) < timedelta(minutes=1)
