"""The set-up of a fresh installation: once, and only for whoever is at the machine or reads its log."""

import asyncio
import logging
import re
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select, text

from api.app import create_app
from api.identity import setup
from api.services import Services
from api.settings import ApiSettings
from db.session import Database
from db.tables import AuditEntry, Workspace
from tests.api.conftest import TOKEN
from tests.api.test_gate import check_problem
from tests.support.people import nobody

LOCAL = {"base_url": "http://127.0.0.1:8321", "address": "127.0.0.1"}


def wish(**changes: object) -> dict[str, object]:
    body = {"name": "Ada", "password": "a rather long password", "workspace_name": "Engines"}
    return {"email": f"ada-{uuid4().hex}@example.com", **body, **changes}


@pytest.fixture(autouse=True)
async def _nobody_is_known(database: Database) -> None:
    """Accounts are of the installation, not of a workspace: those of earlier tests must not be in the way."""
    async with database.identity() as session:
        await session.execute(text("UPDATE users SET email = id::text || '@gone.example' WHERE email LIKE 'ada%'"))


async def test_who_is_at_the_machine_needs_no_ticket(app: FastAPI, services: Services) -> None:
    async with nobody(app, **LOCAL) as client:
        assert (await client.get("/v1/setup")).json() == {"done": False, "ticket_required": False}
        answer = await client.post("/v1/setup", json=wish(email="Ada@Example.com"))
        assert answer.status_code == 201, answer.text
        assert answer.json()["user"]["email"] == "ada@example.com"
        assert answer.json()["workspace"]["name"] == "Engines"
        assert answer.json()["workspace"]["role"] == "owner"
        assert (await client.get("/v1/setup")).json()["done"] is True
        again = await client.post("/v1/auth/login", json={"email": "ada@example.com", "password": wish()["password"]})
        assert again.status_code == 200


async def test_it_works_once(app: FastAPI) -> None:
    async with nobody(app, **LOCAL) as client:
        assert (await client.post("/v1/setup", json=wish())).status_code == 201
        check_problem(await client.post("/v1/setup", json=wish(email="eve@example.com")), 409, "conflict")


async def test_of_several_at_once_one_becomes_the_owner(app: FastAPI, services: Services) -> None:
    async with nobody(app, **LOCAL) as client:
        bodies = [wish(email=f"ada{number}@example.com") for number in range(6)]
        answers = await asyncio.gather(*(client.post("/v1/setup", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    async with services.database.tenant(services.workspace_id) as session:
        assert len(list(await session.scalars(text("SELECT user_id FROM memberships")))) == 1


@pytest.mark.parametrize(
    ("listens_on", "address", "headers"),
    [
        ("0.0.0.0", "127.0.0.1", {}),
        ("192.0.2.1", "127.0.0.1", {}),
        ("127.0.0.1", "192.0.2.7", {}),
        ("127.0.0.1", "192.0.2.7", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", "192.0.2.7", {"Host": "127.0.0.1"}),
        ("127.0.0.1", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", "127.0.0.1", {"X-Real-Ip": "127.0.0.1"}),
        ("127.0.0.1", "127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", "127.0.0.1", {"Via": "1.1 proxy"}),
        ("127.0.0.1", "127.0.0.1", {"Host": "perdure.example.com"}),
        ("127.0.0.1", "127.0.0.1", {"Host": "127.0.0.1.evil.example"}),
        ("127.0.0.1", "127.0.0.1", {"Host": "evil.example:8321"}),
        ("127.0.0.1", "127.0.0.1", {"Host": "127.0.0.1@evil.example"}),
        ("127.0.0.1", "127.0.0.1", {"Origin": "http://evil.example"}),
        ("127.0.0.1", "127.0.0.1", {"Origin": "null"}),
        ("127.0.0.1", "", {}),
    ],
    ids=str,
)
async def test_everybody_else_needs_one(
    services: Services, listens_on: str, address: str, headers: dict[str, str]
) -> None:
    app = create_app(ApiSettings(token=SecretStr(TOKEN), host=listens_on), services)
    async with nobody(app, base_url="http://127.0.0.1:8321", address=address or "nowhere", **headers) as client:
        assert (await client.get("/v1/setup")).json()["ticket_required"] is True
        check_problem(await client.post("/v1/setup", json=wish()), 403, "forbidden")
        check_problem(await client.post("/v1/setup", json=wish(ticket="pdt_" + "0" * 64)), 403, "forbidden")


@pytest.mark.parametrize(
    ("listens_on", "address", "headers"),
    [
        ("127.0.0.1", "127.0.0.1", {"Origin": "http://127.0.0.1:8321"}),
        ("localhost", "127.0.0.1", {"Host": "localhost:8321", "Origin": "http://localhost:5173"}),
        ("::1", "::1", {"Host": "[::1]:8321"}),
        ("127.0.0.1", "127.0.0.2", {}),
    ],
    ids=str,
)
async def test_the_names_of_this_machine(
    services: Services, listens_on: str, address: str, headers: dict[str, str]
) -> None:
    app = create_app(ApiSettings(token=SecretStr(TOKEN), host=listens_on), services)
    async with nobody(app, base_url="http://127.0.0.1:8321", address=address, **headers) as client:
        assert (await client.get("/v1/setup")).json()["ticket_required"] is False


async def test_with_the_ticket_of_the_log(
    app: FastAPI, services: Services, stranger: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await setup.offer_setup(services, "http://perdure.example.com")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "api.identity.setup"]
    found = re.search(r"http://perdure\.example\.com/setup\?ticket=(pdt_[0-9a-f]{64})$", line)
    assert found is not None, line
    assert (await stranger.post("/v1/setup", json=wish(ticket=found[1]))).status_code == 201
    check_problem(await stranger.post("/v1/setup", json=wish(ticket=found[1])), 409, "conflict")


async def test_the_log_of_an_installation_with_an_owner_offers_nothing(
    services: Services, owner: object, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "api.identity.setup"):
        await setup.offer_setup(services, "http://perdure.example.com")
    assert [record for record in caplog.records if record.name == "api.identity.setup"] == []


async def test_the_log_waits_for_the_database(
    services: Services, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "ASK_AGAIN_AFTER", 0.01)
    away = Database(f"postgresql://nobody@127.0.0.1:{closed_port}/nothing")
    offering = asyncio.create_task(setup.offer_setup(replace(services, database=away), "http://x"))
    done, _ = await asyncio.wait([offering], timeout=0.3)
    assert not done
    offering.cancel()
    await asyncio.wait([offering])
    await away.dispose()


async def test_a_ticket_that_is_wrong_is_no_way_in_at_the_machine_either(app: FastAPI) -> None:
    async with nobody(app, **LOCAL) as client:
        check_problem(await client.post("/v1/setup", json=wish(ticket="pdt_x")), 403, "forbidden")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "body.password"),
        ({"password": "password123"}, "body.password"),
        ({"email": "ada at example"}, "body.email"),
        ({"email": "ada@example.com\n"}, None),
        ({"email": "a" * 250 + "@example.com"}, "body.email"),
        ({"name": "  "}, "body.name"),
        ({"workspace_name": ""}, "body.workspace_name"),
        ({"role": "owner"}, "body.role"),
    ],
)
async def test_what_is_wished_for_is_checked(app: FastAPI, change: dict[str, object], field: str | None) -> None:
    async with nobody(app, **LOCAL) as client:
        answer = await client.post("/v1/setup", json=wish(**change))
        if field is None:
            assert answer.status_code == 201
            return
        check_problem(answer, 422, "invalid_request")
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert (await client.get("/v1/setup")).json()["done"] is False


async def test_an_address_that_is_known_elsewhere_is_not_taken_over(app: FastAPI, services: Services) -> None:
    body = wish(email="ada.taken@example.com")
    async with services.database.identity() as session:
        await session.execute(text("INSERT INTO users (email, name) VALUES ('ada.taken@example.com', 'Other')"))
    async with nobody(app, **LOCAL) as client:
        check_problem(await client.post("/v1/setup", json=body), 409, "conflict")


async def test_it_is_audited(app: FastAPI, services: Services) -> None:
    async with nobody(app, **LOCAL) as client:
        await client.post("/v1/setup", json=wish())
    async with services.database.tenant(services.workspace_id) as session:
        query = select(AuditEntry).where(AuditEntry.action == "installation.set_up")
        entry = (await session.scalars(query)).one()
        assert (await session.get_one(Workspace, services.workspace_id)).name == "Engines"
    assert entry.after["workspace"] == "Engines"
    assert entry.actor_name == entry.after["owner"]
    assert "password" not in str(entry.after)
