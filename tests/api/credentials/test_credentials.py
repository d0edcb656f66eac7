"""Credentials over HTTP: written once, never shown, changed and deleted with care."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.orm import undefer

from api.app import create_app
from api.credentials import testing
from api.services import Services
from api.settings import ApiSettings
from db.session import Database
from db.tables import Credential
from engine.secrets import Encryption, EncryptionSettings
from engine.secrets.purposes import CREDENTIAL
from tests.api.conftest import AUTHORIZED, TOKEN

VALUE = "tok-live-4242-abcdefghij-TAIL"


async def create(api: httpx.AsyncClient, name: str = "stripe", **body: Any) -> dict[str, Any]:
    body = {"type": "bearer", "secret": {"token": VALUE}, **body}
    answer = await api.post("/v1/credentials", json={"name": name, **body})
    assert answer.status_code == 201, answer.text
    assert VALUE not in answer.text
    made: dict[str, Any] = answer.json()
    return made


async def stored(database: Database, workspace_id: UUID, identity: str) -> Credential:
    async with database.tenant(workspace_id) as session:
        query = select(Credential).options(undefer(Credential.sealed)).where(Credential.id == UUID(identity))
        return (await session.scalars(query)).one()


async def opened(services: Services, identity: str) -> Any:
    row = await stored(services.database, services.workspace_id, identity)
    return orjson.loads(services.encryption.decrypt(CREDENTIAL, services.workspace_id, row.id, row.sealed))


async def test_a_credential_is_described_without_its_value(api: httpx.AsyncClient, services: Services) -> None:
    made = await create(api, description="Payments", hosts=["api.stripe.com"], workflows=["refunds"])
    assert made["hint"] == "TAIL"
    assert made["created_by"] == made["updated_by"] == "operator"
    assert made["last_used_at"] is None
    for path in (made["id"], "stripe"):
        answer = await api.get(f"/v1/credentials/{path}")
        assert answer.json() == made
        assert VALUE not in answer.text
    assert await opened(services, made["id"]) == {"token": VALUE}


async def test_nothing_of_the_value_is_stored_in_the_open(
    api: httpx.AsyncClient, services: Services, database: Database
) -> None:
    made = await create(api)
    await api.patch("/v1/credentials/stripe", json={"secret": {"token": VALUE + "-new"}, "description": "again"})
    async with database.tenant(services.workspace_id) as session:
        for table in ("credentials", "audit_log"):
            rows = (await session.scalars(text(f"SELECT t::text FROM {table} t"))).all()
            assert rows
            assert not any(VALUE in row or VALUE.encode().hex() in row for row in rows)
    row = await stored(database, services.workspace_id, made["id"])
    assert VALUE.encode() not in row.sealed


async def test_changes_are_audited_without_the_value(
    api: httpx.AsyncClient, services: Services, database: Database
) -> None:
    await create(api)
    await api.patch("/v1/credentials/stripe", json={"name": "payments", "secret": {"token": "x" * 30}})
    await api.delete("/v1/credentials/payments")
    async with database.tenant(services.workspace_id) as session:
        query = text("SELECT action, before, after FROM audit_log WHERE subject_kind = 'credential' ORDER BY id")
        rows = [tuple(row) for row in await session.execute(query)]
    assert [row[0] for row in rows] == ["credential.created", "credential.updated", "credential.deleted"]
    assert rows[1][1]["name"] == "stripe"
    assert rows[1][2]["name"] == "payments"
    assert rows[1][2]["value"] == "replaced"
    assert "x" * 30 not in json.dumps([row[1:] for row in rows])


@pytest.mark.parametrize(
    ("type_name", "public", "secret"),
    [
        ("api_key", {"name": "X-Token", "place": "query"}, {"key": "abcdef"}),
        ("api_key", {}, {"key": "abcdef\n"}),
        ("basic", {"username": "ada"}, {"password": "pässwörd"}),
        ("header", {"name": "Authorization"}, {"value": "Token abcdef"}),
        ("llm_provider", {"provider": "openai", "base_url": "https://models.example.com/v1"}, {"api_key": "sk-abcdef"}),
        ("llm_provider", {"provider": "anthropic"}, {"api_key": "sk-abcdef"}),
        ("webhook_signing", {}, {"secret": "whsec_" + "QUFB" * 8}),
        ("generic", {"client_id": "me"}, {"client_secret": "abcdef", "private_key": "-----BEGIN\nabc\n-----END"}),
    ],
)
async def test_every_type_can_be_made(
    api: httpx.AsyncClient, services: Services, type_name: str, public: dict[str, Any], secret: dict[str, Any]
) -> None:
    made = await create(api, type=type_name, public=public, secret=secret)
    assert made["public"].items() >= public.items()
    assert made["hint"] is None or len(made["hint"]) == 4
    assert await opened(services, made["id"]) == {key: value.rstrip("\n") for key, value in secret.items()}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "nope"}, "body.type"),
        ({"type": "oauth2", "secret": {}}, "body.type"),
        ({"secret": {}}, "body.secret.token"),
        ({"secret": {"token": "short"}}, "body.secret.token"),
        ({"secret": {"token": "two\nlines here"}}, "body.secret.token"),
        ({"secret": {"token": VALUE, "more": "s3cret-more"}}, "body.secret.more"),
        ({"secret": {"token": 12345678}}, "body.secret.token"),
        ({"public": {"username": "x"}}, "body.public.username"),
        ({"type": "basic", "public": {"username": "a:b"}, "secret": {"password": VALUE}}, "body.public.username"),
        ({"type": "webhook_signing", "secret": {"secret": "whsec_c2hvcnQ="}}, "body.secret"),
        ({"type": "generic", "secret": {}}, "body.secret"),
        ({"type": "generic", "secret": {"a b": VALUE}}, "body.secret.a b"),
        (
            {
                "type": "llm_provider",
                "public": {"provider": "openai", "base_url": "https://u:p@h/"},
                "secret": {"api_key": VALUE},
            },
            "body.public.base_url",
        ),
        ({"name": "Upper"}, "body.name"),
        ({"name": str(uuid4())}, "body.name"),
        ({"hosts": ["https://api.stripe.com"]}, "body.hosts.0"),
        ({"hosts": ["*"]}, "body.hosts.0"),
        ({"workflows": ["No Slug"]}, "body.workflows.0"),
    ],
)
async def test_what_is_wrong_is_named_and_never_quoted(
    api: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    body = {"name": "stripe", "type": "bearer", "secret": {"token": VALUE}, **change}
    answer = await api.post("/v1/credentials", json=body)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert (problem["code"], [item["field"] for item in problem["errors"]]) == ("invalid_request", [field])
    for secret in (VALUE, "s3cret-more", "12345678", "two", "c2hvcnQ="):
        assert secret not in answer.text


async def test_a_value_is_not_quoted_by_a_broken_body_either(api: httpx.AsyncClient) -> None:
    for body in (f'{{"secret": {{"token": "{VALUE}"', f'{{"name": "{VALUE}", "secret": "{VALUE}"}}', f'["{VALUE}"]'):
        answer = await api.post("/v1/credentials", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422)
        assert VALUE not in answer.text


async def test_a_name_is_taken_once(api: httpx.AsyncClient) -> None:
    await create(api)
    await create(api, "other")
    twice = await api.post("/v1/credentials", json={"name": "stripe", "type": "bearer", "secret": {"token": VALUE}})
    renamed = await api.patch("/v1/credentials/other", json={"name": "stripe"})
    assert [(a.status_code, a.json()["code"]) for a in (twice, renamed)] == [(409, "conflict")] * 2
    assert (await api.get("/v1/credentials/other")).status_code == 200


async def test_lists_are_paged_and_filtered(api: httpx.AsyncClient) -> None:
    for name in ("c", "a", "b"):
        await create(api, name)
    await create(api, "d", type="basic", public={"username": "ada"}, secret={"password": "abcdef"})
    first = (await api.get("/v1/credentials", params={"limit": 3})).json()
    rest = (await api.get("/v1/credentials", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == ["a", "b", "c", "d"]
    assert rest["next_cursor"] is None
    basic = (await api.get("/v1/credentials", params={"type": "basic"})).json()
    assert [one["name"] for one in basic["items"]] == ["d"]


async def test_an_update_changes_what_it_names(api: httpx.AsyncClient, services: Services) -> None:
    made = await create(api, hosts=["a.example.com", "b.example.com"], workflows=["one"])
    narrowed = await api.patch("/v1/credentials/stripe", json={"hosts": ["a.example.com"], "workflows": None})
    assert narrowed.status_code == 200, narrowed.text
    changed = narrowed.json()
    assert (changed["hosts"], changed["workflows"]) == (["a.example.com"], None)
    assert changed["value_changed_at"] == made["value_changed_at"]
    assert changed["updated_at"] > made["updated_at"]
    replaced = (await api.patch("/v1/credentials/stripe", json={"secret": {"token": "y" * 20}})).json()
    assert replaced["value_changed_at"] > made["value_changed_at"]
    assert await opened(services, made["id"]) == {"token": "y" * 20}


@pytest.mark.parametrize(
    "change", [{"hosts": ["a.example.com", "evil.example"]}, {"hosts": None}, {"public": {"name": "X-Other"}}]
)
async def test_a_value_goes_elsewhere_only_if_it_is_entered_again(
    api: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    await create(api, type="api_key", secret={"key": VALUE}, hosts=["a.example.com"])
    refused = await api.patch("/v1/credentials/stripe", json=change)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    allowed = await api.patch("/v1/credentials/stripe", json={**change, "secret": {"key": VALUE}})
    assert allowed.status_code == 200


async def test_of_another_workspace_it_is_as_if_it_were_not_there(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    made = await create(api)
    unknown = str(uuid4())

    def same(text: str, reference: str) -> str:
        problem = json.loads(text.replace(reference, "<ref>"))
        problem.pop("request_id")
        return json.dumps(problem)

    for method, path, body in (
        ("GET", "", None),
        ("GET", "/usage", None),
        ("PATCH", "", {"description": "mine"}),
        ("DELETE", "", None),
        ("DELETE", "?force=true", None),
    ):
        theirs = await other_api.request(method, f"/v1/credentials/{made['id']}{path}", json=body)
        nobodys = await other_api.request(method, f"/v1/credentials/{unknown}{path}", json=body)
        named = await other_api.request(method, f"/v1/credentials/stripe{path}", json=body)
        assert theirs.status_code == nobodys.status_code == named.status_code == 404
        assert same(theirs.text, made["id"]) == same(nobodys.text, unknown) == same(named.text, "stripe")
    assert (await other_api.get("/v1/credentials")).json()["items"] == []
    await create(other_api)
    assert (await api.get("/v1/credentials/stripe")).json() == made


async def test_types_say_what_they_are_made_of(api: httpx.AsyncClient) -> None:
    items = {one["name"]: one for one in (await api.get("/v1/credential-types")).json()["items"]}
    assert items["basic"]["secret_schema"]["properties"]["password"]["writeOnly"] is True
    assert items["basic"]["public_schema"]["required"] == ["username"]
    assert not items["oauth2"]["available"]
    assert not items["llm_provider"]["sendable"]


async def test_without_a_worker_a_test_says_so(api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await create(api, hosts=["api.example.com"])
    monkeypatch.setattr(testing, "PATIENCE", timedelta(seconds=1))
    answer = await api.post("/v1/credentials/stripe/test", json={"url": "https://api.example.com/me"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_without_encryption_keys_nothing_is_stored(services: Services, api: httpx.AsyncClient) -> None:
    keyless = replace(services, encryption=Encryption(EncryptionSettings(keys=None, keys_file=None)))
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), keyless)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=AUTHORIZED) as client:
        body = {"name": "stripe", "type": "bearer", "secret": {"token": VALUE}}
        answer = await client.post("/v1/credentials", json=body)
    assert (answer.status_code, answer.json()["code"]) == (424, "missing_credential")
    assert "PERDURE_ENCRYPTION_KEYS" in answer.json()["detail"]
    assert (await api.get("/v1/credentials")).json()["items"] == []
