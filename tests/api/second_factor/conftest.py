"""People with an authenticator."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pyotp
import pytest
from fastapi import FastAPI

from api.services import Services
from schemas.roles import Role
from tests.support.people import Member, new_member, nobody, signed_in

BASE = "/v1/me/second-factor"


@dataclass
class Phone:
    """An authenticator, and the recovery codes that were written down."""

    secret: str
    recovery_codes: list[str]

    def code(self, later: int = 0) -> str:
        """The code that it shows now, or some steps later. One step later is taken already."""
        return pyotp.TOTP(self.secret).at(int(time.time()) + 30 * later)

    def wrong_code(self) -> str:
        """Six digits that are not valid around now."""
        valid = {self.code(step) for step in range(-3, 4)}
        return next(code for code in (f"{n:06}" for n in range(10)) if code not in valid)


async def begin(client: httpx.AsyncClient, person: Member) -> dict[str, Any]:
    answer = await client.post(f"{BASE}/begin", json={"password": person.password})
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


async def set_up(client: httpx.AsyncClient, person: Member) -> Phone:
    """Give somebody a second factor."""
    phone = Phone((await begin(client, person))["secret"], [])
    answer = await client.post(f"{BASE}/confirm", json={"code": phone.code()})
    assert answer.status_code == 200, answer.text
    phone.recovery_codes = answer.json()["recovery_codes"]
    return phone


async def challenge(client: httpx.AsyncClient, person: Member) -> str:
    """The first step of a sign-in."""
    answer = (await client.post("/v1/auth/login", json=person.credentials)).json()
    assert answer["second_factor_required"] is True
    assert "access_token" not in answer
    given: str = answer["challenge"]
    return given


async def second_step(client: httpx.AsyncClient, person: Member, code: str) -> httpx.Response:
    """A whole sign-in."""
    body = {"challenge": await challenge(client, person), "code": code}
    return await client.post("/v1/auth/login/second-factor", json=body)


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a credential."""
    async with nobody(app) as client:
        yield client


@pytest.fixture
async def ada(services: Services) -> Member:
    """An editor of the workspace."""
    return await new_member(services.database, services.workspace_id, Role.EDITOR)


@pytest.fixture
async def as_ada(app: FastAPI, ada: Member) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is signed in as her."""
    async with signed_in(app, ada) as client:
        yield client


@pytest.fixture
async def phone(as_ada: httpx.AsyncClient, ada: Member) -> Phone:
    """Her second factor."""
    return await set_up(as_ada, ada)
