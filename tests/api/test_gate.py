"""What stands before every route: token, size, request id, problems instead of exceptions."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from api.bodies import MAX_BODY_BYTES
from api.services import Services
from api.settings import ApiSettings
from db.session import Database
from tests.api.conftest import AUTHORIZED, TOKEN


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["type"] == f"urn:perdure:problem:{code}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert str(problem["detail"]).endswith(".")
    return problem


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", TOKEN, f"bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ä"]
)
@pytest.mark.parametrize("path", ["/v1/runs", "/v1/runs/nothing", "/v1/node-kinds"])
async def test_everything_needs_the_token(app: FastAPI, header: str | None, path: str) -> None:
    headers = {} if header is None else {"Authorization": header.encode()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api") as client:
        answer = await client.get(path, headers=headers)
    check_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_health_needs_no_token(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api") as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).status_code in (200, 503)


async def test_unknown_routes_and_methods_are_problems(api: httpx.AsyncClient) -> None:
    check_problem(await api.get("/v1/nothing"), 404, "not_found")
    check_problem(await api.get("/v1/runs/"), 404, "not_found")
    check_problem(await api.delete("/v1/runs"), 405, "invalid_request")


async def test_a_request_id_is_kept_if_it_is_sane(api: httpx.AsyncClient) -> None:
    assert (await api.get("/healthz", headers={"X-Request-Id": "abc-1"})).headers["x-request-id"] == "abc-1"
    made = (await api.get("/healthz", headers={"X-Request-Id": "a b\x01"})).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


async def test_a_body_that_is_announced_as_too_large_is_not_read(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/runs", content=b"x" * (MAX_BODY_BYTES + 1))
    check_problem(answer, 413, "body_too_large")


async def test_a_body_of_unknown_length_is_counted(api: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 65_536 + 2):
            yield b"x" * 65_536

    headers = {"Content-Type": "application/json"}
    check_problem(await api.post("/v1/runs", content=chunks(), headers=headers), 413, "body_too_large")


async def test_a_small_body_of_unknown_length_is_read(api: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"type": "t", '
        yield b'"key": "k"}'

    answer = await api.post("/v1/events", content=chunks(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_request"),
        (b"{", "invalid_request"),
        (b"[]", "invalid_request"),
        (b"nul", "invalid_request"),
        (b'{"type": "t", "key": "k", "data": NaN}', "invalid_request"),
        (b'{"type": "t", "key": "k", "data": -Infinity}', "invalid_request"),
        (b'{"type": "t", "key": "k", "data": 1e999}', "invalid_request"),
        (b'{"type": "t", "key": "k", "data": 9223372036854775808}', "invalid_request"),
        (b'{"type": "t", "key": "k", "data": ' + b"9" * 5_000 + b"}", "invalid_request"),
        (b'{"type": "t", "key": "k", "more": 1}', "invalid_request"),
        (b'{"type": "", "key": "k"}', "invalid_request"),
        (b'{"type": "t", "key": "k", "data": ' + b"[" * 101 + b"]" * 101 + b"}", "invalid_request"),
        (b'{"type": "t", "key": "k", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid_request"),
        (b'{"type": "t", "key": "k", "data": "a\\u0000b"}', "invalid_text"),
        (b'{"type": "t", "key": "k", "data": {"a\\u0000b": 1}}', "invalid_text"),
        (b'{"type": "t", "key": "k", "data": ["\\ud800"]}', "invalid_text"),
        (b'{"type": "t", "key": "\\udfff"}', "invalid_text"),
        (b'{"type": "t", "key": "\xff"}', "invalid_text"),
    ],
)
async def test_bodies_that_are_refused(api: httpx.AsyncClient, body: bytes, code: str) -> None:
    answer = await api.post("/v1/events", content=body, headers={"Content-Type": "application/json"})
    check_problem(answer, 422, code)


@pytest.mark.parametrize(
    "data", [b'"\\ud83d\\ude00"', b'"\\\\u0000"', b"9223372036854775807", b"1e-400", b"[" * 50 + b"]" * 50, b"null"]
)
async def test_bodies_that_are_unusual_but_right(api: httpx.AsyncClient, data: bytes) -> None:
    body = b'{"type": "t", "type": "u", "key": "k", "data": ' + data + b"}"
    answer = await api.post("/v1/events", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 202, answer.text
    assert answer.json()["type"] == "u"


async def test_a_body_of_another_type_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/events", content=b"type=t&key=k", headers={"Content-Type": "text/plain"})
    check_problem(answer, 415, "unsupported_media_type")


async def test_each_wrong_field_is_named(api: httpx.AsyncClient) -> None:
    problem = check_problem(await api.post("/v1/events", json={"type": 1, "extra": 2}), 422, "invalid_request")
    errors = problem["errors"]
    assert isinstance(errors, list)
    assert {error["field"] for error in errors} == {"body.type", "body.key", "body.extra"}


async def test_a_database_that_is_away_is_a_503(services: Services, closed_port: int) -> None:
    away = Database(f"postgresql://nobody@127.0.0.1:{closed_port}/nothing")
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), replace(services, database=away))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://api", headers=AUTHORIZED
    ) as client:
        answer = await client.get("/v1/runs")
        check_problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "1"
        ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert "database" in ready.json()["missing"]
    await away.dispose()


async def test_a_bug_is_a_500_that_tells_nothing(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/v1/bug")
    async def bug() -> None:
        raise ZeroDivisionError("secret details")

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://api", headers=AUTHORIZED
    ) as client:
        answer = await client.get("/v1/bug")
    check_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "ZeroDivisionError" in caplog.text
