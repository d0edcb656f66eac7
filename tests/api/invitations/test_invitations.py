"""Inviting people: the link is shown once, works once, and only for who is meant."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.orm import undefer

from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from db.tables import NotificationMessage
from engine.secrets.purposes import MESSAGE
from schemas.roles import Role
from tests.api.conftest import AUTHORIZED, TOKEN
from tests.api.second_factor.conftest import set_up
from tests.api.test_gate import check_problem
from tests.support.people import Member, member, new_member, nobody, signed_in
from tests.support.polling import eventually
from tests.support.workspaces import new_workspace

PASSWORD = "correct horse battery"


def address() -> str:
    return f"new-{uuid4().hex[:12]}@example.com"


async def invite(api: httpx.AsyncClient, email: str, role: Role = Role.EDITOR) -> dict[str, Any]:
    answer = await api.post("/v1/invitations", json={"email": email, "role": role})
    assert answer.status_code == 201, answer.text
    sent: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/invitations/{sent['id']}"
    return sent


async def accept(app: FastAPI, token: str, **body: Any) -> httpx.Response:
    async with nobody(app) as client:
        return await client.post("/v1/invitations/accept", json={"token": token, **body})


async def inspect(app: FastAPI, token: str) -> httpx.Response:
    async with nobody(app) as client:
        return await client.post("/v1/invitations/inspect", json={"token": token})


async def mail_of(services: Services, invitation_id: str) -> str:
    """The token in the mail of an invitation."""
    async with services.database.system() as session:
        query = select(NotificationMessage).options(undefer(NotificationMessage.sealed))
        mine = query.where(NotificationMessage.facts["invitation_id"].astext == invitation_id)
        row = (await session.scalars(mine)).one()
    secret = services.encryption.decrypt(MESSAGE, row.workspace_id, row.id, row.sealed or b"")
    return str(json.loads(secret)["path"]).removeprefix("/invitation#token=")


async def expire(services: Services, invitation_id: str) -> None:
    async with services.database.tenant(services.workspace_id) as session:
        expired = text("UPDATE invitations SET expires_at = now() - interval '1 second' WHERE id = :id")
        await session.execute(expired, {"id": invitation_id})


async def verified(api: httpx.AsyncClient, email: str) -> bool:
    """Whether the members page calls an address verified."""
    found = (await api.get("/v1/members", params={"text": email})).json()["items"]
    assert [one["email"] for one in found] == [email]
    return bool(found[0]["email_verified"])


@pytest.fixture
async def by_mail(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A client where the installation has a mail server."""
    reach = services.reach.model_copy(update={"smtp_host": "mail.example.com"})
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), replace(services, reach=reach))
    async with nobody(app, **AUTHORIZED) as client:
        yield client


async def test_a_new_person_comes_in(app: FastAPI, api: httpx.AsyncClient) -> None:
    email = address()
    sent = await invite(api, email.upper())
    assert (sent["email"], sent["role"], sent["state"], sent["invited_by"]) == (email, "editor", "open", "operator")
    assert (sent["mailed"], sent["path"]) == (False, f"/invitation#token={sent['token']}")
    seen = (await inspect(app, sent["token"])).json()
    assert (seen["email"], seen["role"], seen["account_exists"]) == (email, "editor", False)
    answer = await accept(app, sent["token"], name="Nia", password=PASSWORD)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert (given["user"]["email"], given["user"]["name"], given["workspace"]["role"]) == (email, "Nia", "editor")
    async with nobody(app, Authorization=f"Bearer {given['access_token']}") as client:
        assert (await client.get("/v1/runs")).status_code == 200
    async with signed_in(app, Member(given["user"]["id"], email, PASSWORD)):
        pass
    assert (await api.get(f"/v1/invitations/{sent['id']}")).json()["state"] == "accepted"
    query = {"subject_kind": "invitation", "subject_id": sent["id"]}
    newest, first = (await api.get("/v1/audit", params=query)).json()["items"]
    assert (first["action"], newest["action"]) == ("invitation.created", "invitation.accepted")
    assert newest["after"] | {"account_created": True, "address_verified": False} == newest["after"]
    assert await verified(api, email) is False
    assert newest["actor"]["name"] == email
    assert sent["token"] not in (await api.get("/v1/audit/export")).text


async def test_a_mailed_link_verifies_the_address(
    app: FastAPI, by_mail: httpx.AsyncClient, api: httpx.AsyncClient, services: Services, database_url: str
) -> None:
    email, there = address(), await new_workspace(database_url)
    elsewhere = await new_member(services.database, there, email_verified_at=None)
    for person, body in ((email, {"name": "Nia"}), (elsewhere.email, {})):
        sent = await invite(by_mail, person)
        link = await mail_of(services, sent["id"])
        answer = await accept(app, link, password=PASSWORD if body else elsewhere.password, **body)
        assert answer.status_code == 200, answer.text
        assert await verified(api, person) is True


async def test_a_link_works_once(app: FastAPI, api: httpx.AsyncClient) -> None:
    sent = await invite(api, address())
    assert (await accept(app, sent["token"], name="Nia", password=PASSWORD)).status_code == 200
    problem: Any = check_problem(await accept(app, sent["token"], name="Eve", password=PASSWORD), 409, "conflict")
    assert problem["details"] == {"state": "accepted"}
    check_problem(await inspect(app, sent["token"]), 409, "conflict")


async def test_of_many_who_use_one_link_one_comes_in(app: FastAPI, api: httpx.AsyncClient) -> None:
    sent = await invite(api, address())
    answers = await asyncio.gather(*(accept(app, sent["token"], name="Nia", password=PASSWORD) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len((await api.get("/v1/members")).json()["items"]) == 1


async def test_to_open_a_link_accepts_nothing(app: FastAPI, api: httpx.AsyncClient) -> None:
    sent = await invite(api, address())
    async with nobody(app) as client:
        for path in ("/v1/invitations/accept", "/v1/invitations/inspect"):
            answer = await client.get(path, params={"token": sent["token"]})
            assert answer.status_code in (401, 404, 405)
    for _ in range(2):
        assert (await inspect(app, sent["token"])).status_code == 200
    assert (await api.get(f"/v1/invitations/{sent['id']}")).json()["state"] == "open"
    assert (await api.get("/v1/members")).json()["items"] == []


async def test_a_token_is_shown_once_and_kept_as_a_hash(api: httpx.AsyncClient, services: Services) -> None:
    sent = await invite(api, address())
    for path in ("/v1/invitations", f"/v1/invitations/{sent['id']}"):
        assert sent["token"] not in (await api.get(path)).text
    async with services.database.identity() as session:
        row = await session.scalar(text("SELECT i::text FROM invitations i WHERE id = :id"), {"id": sent["id"]})
    assert sent["token"].removeprefix("pdi_") not in row


async def test_sending_again_replaces_the_link(app: FastAPI, api: httpx.AsyncClient, services: Services) -> None:
    sent = await invite(api, address())
    await expire(services, sent["id"])
    problem: Any = check_problem(await accept(app, sent["token"], name="N", password=PASSWORD), 409, "conflict")
    assert problem["details"] == {"state": "expired"}
    again = (await api.post(f"/v1/invitations/{sent['id']}/resend")).json()
    assert (again["id"], again["state"]) == (sent["id"], "open")
    assert again["expires_at"] >= sent["expires_at"]
    check_problem(await accept(app, sent["token"], name="N", password=PASSWORD), 404, "not_found")
    assert (await accept(app, again["token"], name="N", password=PASSWORD)).status_code == 200
    check_problem(await api.post(f"/v1/invitations/{sent['id']}/resend"), 409, "conflict")


async def test_a_revoked_invitation_is_worth_nothing(app: FastAPI, api: httpx.AsyncClient) -> None:
    sent = await invite(api, address())
    for _ in range(2):
        assert (await api.delete(f"/v1/invitations/{sent['id']}")).status_code == 204
    problem: Any = check_problem(await accept(app, sent["token"], name="N", password=PASSWORD), 409, "conflict")
    assert problem["details"] == {"state": "revoked"}
    check_problem(await api.post(f"/v1/invitations/{sent['id']}/resend"), 409, "conflict")
    actions = (await api.get("/v1/audit", params={"action": "invitation.revoked"})).json()["items"]
    assert len(actions) == 1


async def test_an_accepted_invitation_cannot_be_taken_back(app: FastAPI, api: httpx.AsyncClient) -> None:
    sent = await invite(api, address())
    await accept(app, sent["token"], name="N", password=PASSWORD)
    check_problem(await api.delete(f"/v1/invitations/{sent['id']}"), 409, "conflict")


async def test_an_address_has_one_open_invitation(api: httpx.AsyncClient, services: Services) -> None:
    email = address()
    first = await invite(api, email)
    problem: Any = check_problem(
        await api.post("/v1/invitations", json={"email": email.title(), "role": "viewer"}), 409, "conflict"
    )
    assert problem["details"] == {"invitation_id": first["id"]}
    await expire(services, first["id"])
    second = await invite(api, email)
    assert (await api.get(f"/v1/invitations/{first['id']}")).json()["state"] == "revoked"
    await api.delete(f"/v1/invitations/{second['id']}")
    answers = await asyncio.gather(
        *(api.post("/v1/invitations", json={"email": email, "role": "viewer"}) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4


async def test_members_are_not_invited(api: httpx.AsyncClient, services: Services) -> None:
    person = await new_member(services.database, services.workspace_id)
    answer = await api.post("/v1/invitations", json={"email": person.email, "role": "viewer"})
    check_problem(answer, 409, "conflict")


@pytest.mark.parametrize("email", ["", "nobody", "a@", "a b@example.com", "a@example.com\n.evil.example", "x" * 300])
async def test_odd_addresses_are_refused(api: httpx.AsyncClient, email: str) -> None:
    check_problem(await api.post("/v1/invitations", json={"email": email, "role": "viewer"}), 422, "invalid_request")


async def test_only_owners_invite_owners(app: FastAPI, api: httpx.AsyncClient, services: Services) -> None:
    async with member(app, Role.ADMIN) as admin, member(app, Role.OWNER) as owner:
        answer = await admin.post("/v1/invitations", json={"email": address(), "role": "owner"})
        check_problem(answer, 403, "forbidden")
        sent = await invite(owner, address(), Role.OWNER)
        check_problem(await admin.post(f"/v1/invitations/{sent['id']}/resend"), 403, "forbidden")
        assert (await admin.delete(f"/v1/invitations/{sent['id']}")).status_code == 204
        await invite(admin, address(), Role.ADMIN)


async def test_an_account_comes_in_signed_in(app: FastAPI, other_api: httpx.AsyncClient, services: Services) -> None:
    ada = await new_member(services.database, services.workspace_id, Role.VIEWER)
    sent = await invite(other_api, ada.email)
    assert (await inspect(app, sent["token"])).json()["account_exists"] is True
    async with signed_in(app, ada) as client:
        answer = await client.post("/v1/invitations/accept", json={"token": sent["token"]})
        assert answer.status_code == 200, answer.text
        grant = answer.json()
        assert grant["workspace"]["role"] == "editor"
        assert grant["workspace"]["id"] != str(services.workspace_id)
        assert "refresh_token" not in grant
        there = {"Authorization": f"Bearer {grant['access_token']}"}
        assert (await client.get("/v1/me", headers=there)).json()["workspace"]["role"] == "editor"
        assert (await client.get("/v1/me")).json()["workspace"]["role"] == "viewer"


async def test_only_who_is_meant_accepts(app: FastAPI, other_api: httpx.AsyncClient, services: Services) -> None:
    ada, eve = [await new_member(services.database, services.workspace_id, Role.VIEWER) for _ in range(2)]
    sent = await invite(other_api, ada.email)
    async with signed_in(app, eve) as client:
        answer = await client.post("/v1/invitations/accept", json={"token": sent["token"]})
        check_problem(answer, 403, "forbidden")
    check_problem(await accept(app, sent["token"]), 401, "unauthenticated")
    check_problem(await accept(app, sent["token"], name="Eve", password="not her password"), 401, "unauthenticated")
    async with nobody(app) as client:  # a program does not join
        operator = {"Authorization": other_api.headers["authorization"]}
        answer = await client.post("/v1/invitations/accept", json={"token": sent["token"]}, headers=operator)
        check_problem(answer, 401, "unauthenticated")
    assert (await other_api.get("/v1/members")).json()["items"] == []


async def test_the_mailbox_gives_an_account_that_others_have_made_its_first_password(
    app: FastAPI, by_mail: httpx.AsyncClient, api: httpx.AsyncClient, services: Services, database_url: str
) -> None:
    """A directory elsewhere has made one for the address; nobody but the mailbox gets the link."""
    elsewhere = await new_workspace(database_url)
    eve = await new_member(services.database, elsewhere, email=address(), email_verified_at=None, password_hash=None)
    sent, other = await invite(by_mail, eve.email), await invite(by_mail, address())
    mailed, mailed_to_others = [await mail_of(services, one["id"]) for one in (sent, other)]
    for answer in (sent, (await by_mail.post(f"/v1/invitations/{other['id']}/resend")).json()):
        assert (answer["mailed"], answer["token"], answer["path"]) == (True, None, None)
    token, _, proof = mailed.partition(".")
    assert proof != ""
    forged = [token, f"{token}.", f"{token}.é", f"{token}.AAAA", f"{token}.{mailed_to_others.partition('.')[2]}"]
    for text_of_link in forged:
        assert (await inspect(app, text_of_link)).json()["account_exists"] is True
        check_problem(await accept(app, text_of_link, name="E", password=PASSWORD), 401, "unauthenticated")
    assert (await inspect(app, mailed)).json()["account_exists"] is False
    answer = await accept(app, mailed, name="Eve", password=PASSWORD)
    assert (answer.status_code, answer.json()["user"]["id"]) == (200, str(eve.id)), answer.text
    assert await verified(api, eve.email) is True
    async with nobody(app) as client:

        async def name() -> str | None:
            again = await client.post("/v1/auth/login", json={"email": eve.email, "password": PASSWORD})
            # After the failures above it may have to wait.
            assert again.status_code in (200, 429), again.text
            found: str | None = again.json().get("user", {}).get("name")
            return found

        assert await eventually(name) == "Eve"
    someone = await new_member(services.database, elsewhere)
    resent = await mail_of(services, (await invite(by_mail, someone.email))["id"])
    assert (await inspect(app, resent)).json()["account_exists"] is True  # it has a password: that is needed
    check_problem(await accept(app, resent, name="E", password="not her password"), 401, "unauthenticated")


async def test_who_was_removed_everywhere_comes_back_by_an_invitation(
    app: FastAPI, api: httpx.AsyncClient, services: Services
) -> None:
    ada = await new_member(services.database, services.workspace_id, Role.VIEWER)
    async with signed_in(app, ada) as client:
        phone = await set_up(client, ada)
    await api.delete(f"/v1/members/{ada.id}")
    sent = await invite(api, ada.email)
    problem: Any = check_problem(await accept(app, sent["token"], password=ada.password), 401, "unauthenticated")
    assert problem["details"] == {"second_factor_required": True}
    wrong = await accept(app, sent["token"], password=ada.password, code=phone.wrong_code())
    check_problem(wrong, 401, "unauthenticated")
    answer = await accept(app, sent["token"], password=ada.password, code=phone.code(1))
    assert answer.json()["workspace"]["role"] == "editor"
    assert answer.json()["user"]["id"] == str(ada.id)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["body.name", "body.password"]),
        ({"name": "Nia"}, ["body.password"]),
        ({"password": PASSWORD}, ["body.name"]),
        ({"name": "Nia", "password": "short"}, ["body.password"]),
    ],
)
async def test_a_new_account_needs_name_and_password(
    app: FastAPI, api: httpx.AsyncClient, body: dict[str, str], fields: list[str]
) -> None:
    sent = await invite(api, address())
    problem: Any = check_problem(await accept(app, sent["token"], **body), 422, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == fields
    assert (await inspect(app, sent["token"])).status_code == 200


@pytest.mark.parametrize("token", ["pdi_" + "0" * 64, "x", "é" * 50])
async def test_unknown_tokens_are_not_found(app: FastAPI, token: str) -> None:
    check_problem(await inspect(app, token), 404, "not_found")
    check_problem(await accept(app, token, name="N", password=PASSWORD), 404, "not_found")


async def test_invitations_of_others_are_not_there(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    sent = await invite(api, address())
    for name, client in ((sent["id"], other_api), (str(uuid4()), api), ("nonsense", api)):
        path = f"/v1/invitations/{name}"
        for answer in (await client.get(path), await client.post(f"{path}/resend"), await client.delete(path)):
            check_problem(answer, 404, "not_found")
    assert (await other_api.get("/v1/invitations")).json()["items"] == []


async def test_invitations_are_listed_by_state_and_paged(api: httpx.AsyncClient, services: Services) -> None:
    sent = [await invite(api, address()) for _ in range(4)]
    await api.delete(f"/v1/invitations/{sent[0]['id']}")
    await expire(services, sent[1]["id"])

    async def found(**query: Any) -> list[str]:
        return [item["id"] for item in (await api.get("/v1/invitations", params=query)).json()["items"]]

    assert await found() == [one["id"] for one in reversed(sent)]
    assert await found(state="open") == [sent[3]["id"], sent[2]["id"]]
    assert await found(state="expired") == [sent[1]["id"]]
    assert await found(state="revoked") == [sent[0]["id"]]
    assert await found(state="accepted") == []
    first = (await api.get("/v1/invitations", params={"limit": 3})).json()
    rest = (await api.get("/v1/invitations", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == await found()
