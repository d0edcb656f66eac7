"""The web app keeps its refresh token in a cookie that no foreign page can use."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import httpx
import pytest
from fastapi import FastAPI

from api.identity.client import COOKIE_PATH
from tests.api.test_gate import check_problem
from tests.support.people import Member, nobody

WEB = {"X-Perdure-Client": "web"}


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies, behind TLS."""
    async with nobody(app, base_url="https://api.example.com") as client:
        yield client


def cookie_of(answer: httpx.Response) -> tuple[str, dict[str, str | bool]]:
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return morsel.key, {name: value for name, value in morsel.items() if value}


async def test_the_cookie_is_for_signing_in_only(browser: httpx.AsyncClient, owner: Member) -> None:
    answer = await browser.post("/v1/auth/login", json=owner.credentials, headers=WEB)
    assert answer.json()["refresh_token"] is None
    name, facts = cookie_of(answer)
    assert name == "__Secure-perdure_refresh"
    assert facts.pop("max-age") == str(14 * 24 * 3600)
    assert facts == {"path": COOKIE_PATH, "secure": True, "httponly": True, "samesite": "strict"}
    assert answer.json()["access_token"] not in answer.headers["set-cookie"]


async def test_without_tls_the_cookie_is_not_secure_but_all_else(app: FastAPI, owner: Member) -> None:
    async with nobody(app) as client:
        answer = await client.post("/v1/auth/login", json=owner.credentials, headers=WEB)
        name, facts = cookie_of(answer)
        assert (name, "secure" in facts, facts["httponly"], facts["samesite"]) == (
            "perdure_refresh",
            False,
            True,
            "strict",
        )
        assert (await client.post("/v1/auth/refresh", headers=WEB)).status_code == 200


async def test_the_cookie_changes_at_each_refresh(browser: httpx.AsyncClient, owner: Member) -> None:
    await browser.post("/v1/auth/login", json=owner.credentials, headers=WEB)
    seen = set()
    for _ in range(3):
        answer = await browser.post("/v1/auth/refresh", headers=WEB)
        assert answer.status_code == 200, answer.text
        assert answer.json()["refresh_token"] is None
        seen.add(answer.headers["set-cookie"])
    assert len(seen) == 3


async def test_the_cookie_alone_does_nothing(browser: httpx.AsyncClient, owner: Member) -> None:
    """A foreign page can make a browser send the cookie, but not the header."""
    await browser.post("/v1/auth/login", json=owner.credentials, headers=WEB)
    for headers in ({}, {"X-Perdure-Client": "other"}, {"X-Perdure-Client": ""}):
        check_problem(await browser.post("/v1/auth/refresh", headers=headers), 403, "forbidden")
        check_problem(await browser.post("/v1/auth/logout", headers=headers), 403, "forbidden")
    assert (await browser.post("/v1/auth/refresh", headers=WEB)).status_code == 200


async def test_the_cookie_is_no_credential_for_anything_else(browser: httpx.AsyncClient, owner: Member) -> None:
    await browser.post("/v1/auth/login", json=owner.credentials, headers=WEB)
    token = browser.cookies.get("__Secure-perdure_refresh")
    for path in ("/v1/me", "/v1/auth/sessions", "/v1/runs"):
        answer = await browser.get(path, headers={**WEB, "Cookie": f"__Secure-perdure_refresh={token}"})
        check_problem(answer, 401, "unauthenticated")


async def test_the_header_may_not_be_sent_by_pages_of_elsewhere(browser: httpx.AsyncClient) -> None:
    asked = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-perdure-client",
    }
    answer = await browser.options("/v1/auth/refresh", headers=asked)
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-headers" not in answer.headers


async def test_signing_out_takes_the_cookie_away(browser: httpx.AsyncClient, owner: Member) -> None:
    await browser.post("/v1/auth/login", json=owner.credentials, headers=WEB)
    kept = browser.cookies.get("__Secure-perdure_refresh")
    answer = await browser.post("/v1/auth/logout", headers=WEB)
    assert answer.status_code == 204
    assert cookie_of(answer)[1]["path"] == COOKIE_PATH
    assert "__Secure-perdure_refresh" not in browser.cookies
    again = await browser.post("/v1/auth/refresh", json={"refresh_token": kept})
    check_problem(again, 401, "unauthenticated")


async def test_a_cookie_of_a_plain_connection_is_not_believed_on_a_secure_one(
    browser: httpx.AsyncClient, app: FastAPI, owner: Member
) -> None:
    """Whoever can write cookies without TLS cannot slip in a session of their own."""
    async with nobody(app) as plain:
        await plain.post("/v1/auth/login", json=owner.credentials, headers=WEB)
        token = plain.cookies.get("perdure_refresh")
    answer = await browser.post("/v1/auth/refresh", headers={**WEB, "Cookie": f"perdure_refresh={token}"})
    check_problem(answer, 401, "unauthenticated")
