"""What browsers are told with every answer, and which web pages may read one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from tests.api.conftest import AUTHORIZED, TOKEN

PAGE = "https://app.example.com"
STRANGER = "https://evil.example.com"
ANSWERS = [
    ("GET", "/v1/node-kinds", 200),
    ("GET", "/v1/nothing", 404),
    ("POST", "/v1/node-kinds", 405),
    ("POST", "/v1/events", 422),
    ("GET", "/healthz", 200),
]


@asynccontextmanager
async def client(
    services: Services, *, base_url: str = "http://api", **settings: str
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(ApiSettings(token=SecretStr(TOKEN), **settings), services)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=base_url, headers=AUTHORIZED) as made:
        yield made


def access_headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_is_protected(api: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == status
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    if path.startswith("/v1"):
        assert headers.get_list("cache-control") == ["no-store"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
    else:
        assert "script-src 'self';" in headers["content-security-policy"]


async def test_a_refusal_by_the_gate_itself_is_protected_too(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/events", content=b"x", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_https_is_for_good(services: Services) -> None:
    async with client(services, base_url="https://api") as api:
        assert (await api.get("/healthz")).headers["strict-transport-security"] == "max-age=63072000"


@pytest.mark.parametrize("origin", [PAGE, STRANGER, "null", "http://api"])
async def test_no_origin_may_read_by_default(api: httpx.AsyncClient, origin: str) -> None:
    answer = await api.get("/v1/node-kinds", headers={"Origin": origin})
    assert access_headers(answer) == {}
    preflight = await api.options("/v1/runs", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 405
    assert access_headers(preflight) == {}


async def test_a_listed_origin_may_read_without_cookies(services: Services) -> None:
    async with client(services, cors_origins=f"{PAGE}, https://other.example.com:8443") as api:
        answer = await api.get("/v1/node-kinds", headers={"Origin": PAGE})
        preflight = await api.options("/v1/runs", headers={"Origin": PAGE, "Access-Control-Request-Method": "POST"})
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers["vary"].split(", ")
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == PAGE
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    for one in (answer, preflight):
        assert "access-control-allow-credentials" not in one.headers


@pytest.mark.parametrize(
    "origin",
    [
        STRANGER,
        "null",
        "*",
        "",
        f"{PAGE}.evil.example.com",
        f"{PAGE}:443",
        f"{PAGE}/",
        "http://app.example.com",
        "https://APP.example.com",
        f"{PAGE} https://evil.example.com",
        "https://evilapp.example.com",
    ],
)
async def test_an_origin_that_only_looks_listed_may_not(services: Services, origin: str) -> None:
    async with client(services, cors_origins=PAGE) as api:
        answer = await api.get("/v1/node-kinds", headers={"Origin": origin})
        preflight = await api.options("/v1/runs", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert access_headers(answer) == {}
    assert "Origin" in answer.headers["vary"].split(", ")
    assert preflight.status_code == 405
    assert access_headers(preflight) == {}


async def test_a_problem_can_be_read_by_a_listed_origin(services: Services) -> None:
    async with client(services, cors_origins=PAGE) as api:
        answer = await api.get("/v1/runs/nothing", headers={"Origin": PAGE})
    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize(
    "origin", ["*", "null", "app.example.com", "https://app.example.com/", "https://*.example.com"]
)
def test_what_is_no_exact_origin_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(ValidationError, match="no origin"):
        ApiSettings(token=SecretStr(TOKEN), cors_origins=origin)
