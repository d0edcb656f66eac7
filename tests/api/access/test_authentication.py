"""Who a request comes from: the operator's token, a signed-in person, a program's key, or nobody."""

from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import update

from api.access.directory import Directory
from api.access.signing_keys import SigningKeys
from api.access.tokens import AccessToken, Tokens
from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from db.tables import LoginSession, Membership
from schemas.roles import Role
from tests.api.conftest import TOKEN
from tests.api.test_gate import check_problem
from tests.support.people import new_member, nobody, signed_in
from tests.support.workspaces import new_workspace


async def me(app: FastAPI, credential: str) -> httpx.Response:
    async with nobody(app, Authorization=f"Bearer {credential}") as client:
        return await client.get("/v1/me")


async def test_the_operator_owns_the_default_workspace(app: FastAPI, services: Services) -> None:
    answer = (await me(app, TOKEN)).json()
    assert (answer["kind"], answer["name"], answer["user"]) == ("operator", "operator", None)
    assert answer["workspace"]["id"] == str(services.workspace_id)
    assert answer["workspace"]["role"] == "owner"


async def test_a_token_of_another_installation_is_refused(app: FastAPI, services: Services) -> None:
    async with signed_in(app, await new_member(services.database, services.workspace_id)) as client:
        assert (await client.get("/v1/me")).status_code == 200
        elsewhere = replace(services, tokens=Tokens(SigningKeys.random()))
        other = create_app(ApiSettings(token=SecretStr(TOKEN)), elsewhere)
        credential = client.headers["Authorization"].removeprefix("Bearer ")
    check_problem(await me(other, credential), 401, "unauthenticated")


async def test_a_token_for_the_session_of_somebody_else_is_refused(app: FastAPI, services: Services) -> None:
    """Cannot be had without the key; if it could, person and session would still have to fit."""
    member = await new_member(services.database, services.workspace_id)
    other = await new_member(services.database, services.workspace_id)
    async with signed_in(app, member) as client:
        session_id = UUID((await client.get("/v1/me")).json()["session_id"])
    right = services.tokens.issue_access(AccessToken(member.id, session_id, services.workspace_id))
    wrong = services.tokens.issue_access(AccessToken(other.id, session_id, services.workspace_id))
    assert (await me(app, right)).status_code == 200
    check_problem(await me(app, wrong), 401, "unauthenticated")
    unknown = services.tokens.issue_access(AccessToken(member.id, uuid4(), services.workspace_id))
    check_problem(await me(app, unknown), 401, "unauthenticated")


async def test_a_token_for_a_workspace_of_others_is_refused(
    app: FastAPI, services: Services, database_url: str
) -> None:
    member = await new_member(services.database, services.workspace_id)
    async with signed_in(app, member) as client:
        session_id = UUID((await client.get("/v1/me")).json()["session_id"])
    elsewhere = await new_workspace(database_url)
    token = services.tokens.issue_access(AccessToken(member.id, session_id, elsewhere))
    check_problem(await me(app, token), 401, "unauthenticated")


async def test_a_lower_role_holds_in_every_process_within_seconds(app: FastAPI, services: Services) -> None:
    """The other process remembers for five seconds; a fresh directory is one that has forgotten."""
    member = await new_member(services.database, services.workspace_id, Role.ADMIN)
    async with signed_in(app, member) as client:
        assert (await client.get("/v1/api-keys")).status_code == 200
        async with services.database.identity() as session:
            await session.execute(update(Membership).where(Membership.user_id == member.id).values(role="viewer"))
        later = create_app(
            ApiSettings(token=SecretStr(TOKEN)), replace(services, directory=Directory(services.database))
        )
        async with nobody(later, Authorization=client.headers["Authorization"]) as elsewhere:
            check_problem(await elsewhere.get("/v1/api-keys"), 403, "forbidden")


async def test_a_session_that_was_moved_by_hand_is_still_bound_to_membership(
    app: FastAPI, services: Services, database_url: str
) -> None:
    """The workspace of a session row is where to go on, never a right to be there."""
    member = await new_member(services.database, services.workspace_id)
    elsewhere = await new_workspace(database_url)
    async with nobody(app) as client:
        begun = (await client.post("/v1/auth/login", json=member.credentials)).json()
        async with services.database.identity() as session:
            moved = update(LoginSession).where(LoginSession.user_id == member.id)
            await session.execute(moved.values(workspace_id=elsewhere))
        answer = await client.post("/v1/auth/refresh", json={"refresh_token": begun["refresh_token"]})
    assert answer.json()["workspace"]["id"] == str(services.workspace_id)


@pytest.mark.parametrize(
    "credential",
    [
        "pdk_",
        "pdk_x",
        "pdk_" + "0" * 12 + "_" + "0" * 64,
        "pdr_" + "0" * 32 + "_" + "0" * 64,
        "..",
        "a.b.c",
        "x" * 9_000,
    ],
)
async def test_anything_else_is_nobody(app: FastAPI, credential: str) -> None:
    check_problem(await me(app, credential), 401, "unauthenticated")


async def test_a_refresh_token_is_no_access_token(app: FastAPI, services: Services) -> None:
    member = await new_member(services.database, services.workspace_id)
    async with nobody(app) as client:
        begun = (await client.post("/v1/auth/login", json=member.credentials)).json()
    check_problem(await me(app, begun["refresh_token"]), 401, "unauthenticated")


async def test_a_wrong_credential_does_not_keep_from_what_needs_none(app: FastAPI) -> None:
    async with nobody(app, Authorization="Bearer wrong") as client:
        assert (await client.get("/v1/setup")).status_code == 200
