"""Refresh tokens: each works once, a copied one ends its family, a lost answer can be given again."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update

from api.identity.sessions import IDLE, LONGEST, LOST_ANSWER
from api.services import Services
from db.tables import AuditEntry, LoginSession, Membership, User
from tests.api.test_gate import check_problem
from tests.support.people import Member, nobody


async def login(client: httpx.AsyncClient, member: Member) -> str:
    token: str = (await client.post("/v1/auth/login", json=member.credentials)).json()["refresh_token"]
    return token


async def refresh(client: httpx.AsyncClient, token: str, **more: object) -> httpx.Response:
    return await client.post("/v1/auth/refresh", json={"refresh_token": token, **more})


async def next_of(client: httpx.AsyncClient, token: str) -> str:
    answer = await refresh(client, token)
    assert answer.status_code == 200, answer.text
    following: str = answer.json()["refresh_token"]
    assert following != token
    return following


async def let_time_pass(services: Services, member: Member, seconds: timedelta = LOST_ANSWER) -> None:
    """As if the sessions of a person had been refreshed so much earlier."""
    async with services.database.identity() as session:
        earlier = LoginSession.rotated_at - seconds
        await session.execute(update(LoginSession).where(LoginSession.user_id == member.id).values(rotated_at=earlier))


async def row_of(services: Services, member: Member) -> LoginSession:
    async with services.database.identity() as session:
        return (await session.scalars(select(LoginSession).where(LoginSession.user_id == member.id))).one()


async def test_a_refresh_gives_both_tokens_anew(stranger: httpx.AsyncClient, owner: Member) -> None:
    token = await login(stranger, owner)
    answer = (await refresh(stranger, token)).json()
    me = await stranger.get("/v1/me", headers={"Authorization": f"Bearer {answer['access_token']}"})
    assert me.status_code == 200
    assert answer["refresh_token"].split("_")[1] == token.split("_")[1], "the family stays"
    await next_of(stranger, answer["refresh_token"])


async def test_a_replayed_token_ends_its_family(stranger: httpx.AsyncClient, services: Services, owner: Member) -> None:
    stolen = await login(stranger, owner)
    answer = (await refresh(stranger, stolen)).json()
    await let_time_pass(services, owner)
    check_problem(await refresh(stranger, stolen), 401, "unauthenticated")
    check_problem(await refresh(stranger, answer["refresh_token"]), 401, "unauthenticated")
    me = await stranger.get("/v1/me", headers={"Authorization": f"Bearer {answer['access_token']}"})
    check_problem(me, 401, "unauthenticated")


async def test_a_replay_ends_no_other_session(stranger: httpx.AsyncClient, services: Services, owner: Member) -> None:
    stolen, other = await login(stranger, owner), await login(stranger, owner)
    await next_of(stranger, stolen)
    await let_time_pass(services, owner)
    check_problem(await refresh(stranger, stolen), 401, "unauthenticated")
    await next_of(stranger, other)


async def test_a_replay_is_audited(stranger: httpx.AsyncClient, services: Services, owner: Member) -> None:
    stolen = await login(stranger, owner)
    await next_of(stranger, await next_of(stranger, stolen))
    check_problem(await refresh(stranger, stolen), 401, "unauthenticated")
    async with services.database.tenant(services.workspace_id) as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "session.revoked"))).one()
    assert entry.after["user"] == str(owner.id)
    assert entry.actor_kind == "system"


async def test_an_answer_that_was_lost_is_given_again(stranger: httpx.AsyncClient, owner: Member) -> None:
    token = await login(stranger, owner)
    lost = await next_of(stranger, token)
    assert await next_of(stranger, token) == lost
    await next_of(stranger, lost)


async def test_two_tabs_that_refresh_at_once_get_the_same_token(stranger: httpx.AsyncClient, owner: Member) -> None:
    token = await login(stranger, owner)
    answers = await asyncio.gather(*(refresh(stranger, token) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_a_lost_answer_is_not_given_again_once_it_was_used(stranger: httpx.AsyncClient, owner: Member) -> None:
    """So whoever copied the token is found out as soon as the owner goes on."""
    token = await login(stranger, owner)
    following = await next_of(stranger, token)
    last = await next_of(stranger, following)
    check_problem(await refresh(stranger, token), 401, "unauthenticated")
    check_problem(await refresh(stranger, last), 401, "unauthenticated")


async def test_a_thief_within_the_moment_of_grace_is_found_at_the_next_refresh(
    stranger: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    token = await login(stranger, owner)
    owners, thiefs = await next_of(stranger, token), await next_of(stranger, token)
    assert owners == thiefs
    last = await next_of(stranger, thiefs)
    await let_time_pass(services, owner)
    check_problem(await refresh(stranger, owners), 401, "unauthenticated")
    check_problem(await refresh(stranger, last), 401, "unauthenticated")


async def test_a_guess_at_a_known_family_ends_it(stranger: httpx.AsyncClient, owner: Member) -> None:
    """Only who has had a token of the family can name it."""
    token = await login(stranger, owner)
    mark, family, _ = token.split("_")
    check_problem(await refresh(stranger, f"{mark}_{family}_{'0' * 64}"), 401, "unauthenticated")
    check_problem(await refresh(stranger, token), 401, "unauthenticated")


@pytest.mark.parametrize("token", ["", "x", "pdr_x_y", f"pdr_{'0' * 32}_{'0' * 64}", "ä" * 20])
async def test_anything_else_is_refused(stranger: httpx.AsyncClient, token: str) -> None:
    check_problem(await refresh(stranger, token), 401, "unauthenticated")


async def test_without_a_token_there_is_nothing_to_refresh(stranger: httpx.AsyncClient) -> None:
    check_problem(await stranger.post("/v1/auth/refresh"), 401, "unauthenticated")
    check_problem(await stranger.post("/v1/auth/refresh", json={}), 401, "unauthenticated")


@pytest.mark.parametrize("statement", ["DELETE FROM memberships WHERE user_id = :id", "disable"])
async def test_who_was_shut_out_cannot_refresh(
    stranger: httpx.AsyncClient, services: Services, owner: Member, statement: str
) -> None:
    token = await login(stranger, owner)
    async with services.database.identity() as session:
        if statement == "disable":
            await session.execute(update(User).where(User.id == owner.id).values(disabled_at=datetime.now(UTC)))
        else:
            await session.execute(text(statement), {"id": owner.id})
    check_problem(await refresh(stranger, token), 401, "unauthenticated")


async def test_a_session_that_is_not_used_is_over(
    stranger: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    token = await login(stranger, owner)
    kept = await row_of(services, owner)
    assert abs(kept.expires_at - kept.created_at - IDLE) < timedelta(seconds=5)
    async with services.database.identity() as session:
        over = update(LoginSession).where(LoginSession.user_id == owner.id)
        await session.execute(over.values(expires_at=datetime.now(UTC)))
    check_problem(await refresh(stranger, token), 401, "unauthenticated")


async def test_a_session_ends_however_often_it_is_used(
    stranger: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    token = await login(stranger, owner)
    begun = datetime.now(UTC) - LONGEST + timedelta(hours=1)
    async with services.database.identity() as session:
        await session.execute(update(LoginSession).where(LoginSession.user_id == owner.id).values(created_at=begun))
    await next_of(stranger, token)
    assert (await row_of(services, owner)).expires_at == begun + LONGEST


async def test_a_refresh_may_name_a_workspace_of_ones_own_only(
    as_owner: httpx.AsyncClient, stranger: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    made = (await as_owner.post("/v1/workspaces", json={"name": "Other"})).json()["id"]
    token = await login(stranger, owner)
    check_problem(await refresh(stranger, token, workspace_id=str(uuid4())), 404, "not_found")
    answer = (await refresh(stranger, token, workspace_id=made)).json()
    assert (answer["workspace"]["id"], answer["workspace"]["role"]) == (made, "owner")
    assert (await refresh(stranger, answer["refresh_token"])).json()["workspace"]["id"] == made, "and stays there"
    assert (await row_of_session(services, answer["session_id"])).workspace_id == UUID(made)


async def row_of_session(services: Services, session_id: str) -> LoginSession:
    async with services.database.identity() as session:
        return await session.get_one(LoginSession, UUID(session_id))


async def test_who_lost_one_workspace_goes_on_in_another(
    as_owner: httpx.AsyncClient, stranger: httpx.AsyncClient, services: Services, owner: Member
) -> None:
    made = (await as_owner.post("/v1/workspaces", json={"name": "Other"})).json()["id"]
    token = await login(stranger, owner)
    async with services.database.identity() as session:
        first = await session.get_one(Membership, (services.workspace_id, owner.id))
        await session.delete(first)
    assert (await refresh(stranger, token)).json()["workspace"]["id"] == made


async def test_a_refresh_notes_where_it_came_from(app: FastAPI, services: Services, owner: Member) -> None:
    async with nobody(app) as client:
        token = await login(client, owner)
    async with nobody(app, address="192.0.2.9", **{"User-Agent": "Elsewhere/1"}) as client:
        await next_of(client, token)
    kept = await row_of(services, owner)
    assert (kept.address, kept.user_agent) == ("192.0.2.9", "Elsewhere/1")
