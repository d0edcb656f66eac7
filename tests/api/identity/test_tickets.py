"""Links that sign the owner in once."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, select, text, update

from api.services import Services
from db.session import Database
from db.tables import AuditEntry, LoginTicket, Membership, User
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.people import Member, member, new_member


@pytest.fixture(autouse=True)
async def _no_local_owner_is_known(database: Database) -> None:
    """The account that a link makes is of the installation: that of an earlier test must not be in the way."""
    async with database.identity() as session:
        await session.execute(
            text("UPDATE users SET email = id::text || '@gone.example' WHERE email LIKE '%localhost'")
        )


async def new_ticket(api: httpx.AsyncClient, purpose: str = "login", **more: object) -> dict[str, str]:
    answer = await api.post("/v1/auth/tickets", json={"purpose": purpose, **more})
    assert answer.status_code == 201, answer.text
    ticket: dict[str, str] = answer.json()
    return ticket


async def use(client: httpx.AsyncClient, ticket: str) -> httpx.Response:
    return await client.post("/v1/auth/ticket", json={"ticket": ticket})


async def test_a_link_signs_the_owner_in(api: httpx.AsyncClient, stranger: httpx.AsyncClient, owner: Member) -> None:
    ticket = await new_ticket(api)
    assert ticket["path"] == f"/login?ticket={ticket['ticket']}"
    answer = await use(stranger, ticket["ticket"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["id"] == str(owner.id)


async def test_a_link_works_once(api: httpx.AsyncClient, stranger: httpx.AsyncClient, owner: Member) -> None:
    ticket = (await new_ticket(api))["ticket"]
    answers = await asyncio.gather(*(use(stranger, ticket) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 4
    check_problem(await use(stranger, ticket), 401, "unauthenticated")


async def test_looking_at_a_link_does_not_use_it(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, owner: Member
) -> None:
    """Chat programs and virus scanners open links."""
    ticket = await new_ticket(api)
    for path in (ticket["path"], f"/v1/auth/ticket?ticket={ticket['ticket']}"):
        for method in ("GET", "HEAD"):
            await stranger.request(method, path)
    assert (await use(stranger, ticket["ticket"])).status_code == 200


async def test_a_link_on_a_fresh_installation_makes_its_owner(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, services: Services
) -> None:
    tickets = [(await new_ticket(api))["ticket"] for _ in range(3)]
    answers = await asyncio.gather(*(use(stranger, ticket) for ticket in tickets))
    assert {answer.status_code for answer in answers} == {200}
    (user,) = {answer.json()["user"]["id"] for answer in answers}
    assert (await stranger.get("/v1/setup")).json()["done"] is True
    async with services.database.tenant(services.workspace_id) as session:
        query = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "user.created")
        assert await session.scalar(query) == 1
    headers = {"Authorization": f"Bearer {answers[0].json()['access_token']}"}
    me = (await stranger.get("/v1/me", headers=headers)).json()
    assert (me["user"]["id"], me["user"]["email"], me["has_password"]) == (user, "owner@localhost", False)


async def test_links_expire(api: httpx.AsyncClient, stranger: httpx.AsyncClient, services: Services) -> None:
    ticket = (await new_ticket(api))["ticket"]
    async with services.database.identity() as session:
        await session.execute(update(LoginTicket).values(expires_at=datetime.now(UTC)))
    check_problem(await use(stranger, ticket), 401, "unauthenticated")
    await new_ticket(api)
    async with services.database.identity() as session:
        expired = select(func.count()).select_from(LoginTicket).where(LoginTicket.expires_at < func.now())
        assert await session.scalar(expired) == 0, "and are removed"


async def test_a_ticket_is_good_for_its_purpose_only(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, services: Services
) -> None:
    setup, login = (await new_ticket(api, "setup"))["ticket"], (await new_ticket(api, "login"))["ticket"]
    check_problem(await use(stranger, setup), 401, "unauthenticated")
    body = {"email": "eve@example.com", "name": "Eve", "password": "a rather long password", "workspace_name": "E"}
    check_problem(await stranger.post("/v1/setup", json={**body, "ticket": login}), 403, "forbidden")
    assert (await stranger.get("/v1/setup")).json()["done"] is False


async def test_what_is_set_up_gets_no_set_up_ticket(api: httpx.AsyncClient, owner: Member) -> None:
    check_problem(await api.post("/v1/auth/tickets", json={"purpose": "setup"}), 409, "conflict")


async def test_only_the_operator_makes_links(app: FastAPI) -> None:
    async with member(app, Role.OWNER) as client:
        check_problem(await client.post("/v1/auth/tickets", json={"purpose": "login"}), 403, "forbidden")
        body = {"name": "k", "scopes": ["workspace:own"]}
        key = (await client.post("/v1/api-keys", json=body)).json()["key"]
        headers = {"Authorization": f"Bearer {key}"}
        answer = await client.post("/v1/auth/tickets", json={"purpose": "login"}, headers=headers)
        check_problem(answer, 403, "forbidden")


async def test_the_first_owner_is_signed_in_and_nobody_else(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, services: Services
) -> None:
    await new_member(services.database, services.workspace_id, Role.ADMIN)
    await new_member(services.database, services.workspace_id, Role.OWNER, disabled_at=datetime.now(UTC))
    first = await new_member(services.database, services.workspace_id, Role.OWNER)
    await new_member(services.database, services.workspace_id, Role.OWNER)
    answer = await use(stranger, (await new_ticket(api))["ticket"])
    assert answer.json()["user"]["id"] == str(first.id)


async def test_a_link_may_be_for_somebody_else(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    other = await new_member(services.database, services.workspace_id, Role.VIEWER)
    answer = await use(stranger, (await new_ticket(api, email=f" {other.email.upper()}"))["ticket"])
    assert answer.json()["user"]["id"] == str(other.id)
    assert answer.json()["workspace"]["role"] == "viewer"
    refused = await api.post("/v1/auth/tickets", json={"purpose": "login", "email": "nobody@example.com"})
    check_problem(refused, 404, "not_found")


async def test_who_forgot_the_password_chooses_another_one(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, as_owner: httpx.AsyncClient, owner: Member
) -> None:
    ticket = (await new_ticket(api, email=owner.email, forget_password=True))["ticket"]
    assert (await as_owner.get("/v1/me")).json()["has_password"] is True, "nothing happens before the link is used"
    given = (await use(stranger, ticket)).json()
    check_problem(await as_owner.get("/v1/me"), 401, "unauthenticated")
    check_problem(await stranger.post("/v1/auth/login", json=owner.credentials), 401, "unauthenticated")
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    body = {"new_password": "another rather long password"}
    assert (await stranger.post("/v1/me/password", json=body, headers=headers)).status_code == 204
    again = {"email": owner.email, "password": body["new_password"]}
    assert (await stranger.post("/v1/auth/login", json=again)).status_code == 200


async def test_a_link_for_somebody_who_was_shut_out_is_worthless(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    ticket = (await new_ticket(api, email=owner.email))["ticket"]
    async with services.database.identity() as session:
        await session.execute(update(User).where(User.id == owner.id).values(disabled_at=datetime.now(UTC)))
    check_problem(await use(stranger, ticket), 401, "unauthenticated")
    check_problem(await api.post("/v1/auth/tickets", json={"purpose": "login", "email": owner.email}), 404, "not_found")


async def test_the_account_of_the_machine_is_used_again_if_nobody_owns_the_rest(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, services: Services
) -> None:
    first = (await use(stranger, (await new_ticket(api))["ticket"])).json()
    async with services.database.identity() as session:
        await session.execute(update(User).where(User.id == first["user"]["id"]).values(disabled_at=datetime.now(UTC)))
        await session.execute(delete(Membership).where(Membership.user_id == first["user"]["id"]))
    again = (await use(stranger, (await new_ticket(api))["ticket"])).json()
    assert again["user"]["id"] == first["user"]["id"]
    assert again["workspace"]["role"] == "owner"


async def test_tickets_are_kept_as_hashes_and_audited_without_them(api: httpx.AsyncClient, services: Services) -> None:
    ticket = (await new_ticket(api))["ticket"]
    async with services.database.identity() as session:
        kept = list(await session.scalars(select(LoginTicket.token_hash)))
    assert all(ticket.encode() not in one and ticket[4:] not in one.hex() for one in kept)
    async with services.database.tenant(services.workspace_id) as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "ticket.created"))).one()
    assert entry.actor_kind == "operator"
    assert ticket not in str(entry.after)


@pytest.mark.parametrize("ticket", ["", "x", "pdt_" + "0" * 64])
async def test_anything_else_is_refused(stranger: httpx.AsyncClient, ticket: str) -> None:
    assert (await use(stranger, ticket)).status_code in (401, 422)
