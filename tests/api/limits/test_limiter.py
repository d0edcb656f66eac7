"""Limits of requests, through the whole application."""

import math
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from starlette.types import Scope

from api.access.authentication import Authenticator
from api.access.caller import Caller, CallerKind
from api.access.permissions import GRANTS
from api.app import create_app
from api.limits.limiter import network_of
from api.limits.settings import LimitSettings
from api.services import Services
from api.settings import ApiSettings
from schemas.roles import Role
from tests.api.conftest import AUTHORIZED, TOKEN

Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def connect(services: Services) -> AsyncIterator[Connect]:
    """Opens clients of one application with small limits, each from an address of its own."""
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), services, LimitSettings(user=4, key=6, address=3, open=2))
    async with AsyncExitStack() as stack:

        def open_client(address: str = "192.0.2.1", **headers: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app=app, client=(address, 1))
            client = httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)
            stack.push_async_callback(client.aclose)
            return client

        yield open_client


@pytest.fixture
def callers(monkeypatch: pytest.MonkeyPatch, workspace_id: UUID) -> Callable[[CallerKind], dict[str, str]]:
    """Makes callers of a kind; gives the header that names them."""
    known: dict[str, Caller] = {}
    real = Authenticator.__call__

    async def authenticate(self: Authenticator, scope: Scope) -> Caller | None:
        token = dict(scope["headers"]).get(b"authorization", b"").decode()
        return known.get(token) or await real(self, scope)

    def make(kind: CallerKind) -> dict[str, str]:
        token = f"Bearer {uuid4().hex}"
        known[token] = Caller(workspace_id, kind, uuid4(), "somebody", Role.VIEWER, GRANTS[Role.VIEWER])
        return {"Authorization": token}

    monkeypatch.setattr(Authenticator, "__call__", authenticate)
    return make


@pytest.mark.parametrize(("kind", "allowed"), [(CallerKind.USER, 4), (CallerKind.KEY, 6)])
async def test_each_caller_has_a_limit(
    connect: Connect, callers: Callable[[CallerKind], dict[str, str]], kind: CallerKind, allowed: int
) -> None:
    one, other = connect(**callers(kind)), connect(**callers(kind))
    answers = [await one.get("/v1/runs") for _ in range(allowed + 1)]
    assert [answer.status_code for answer in answers] == [200] * allowed + [429]
    assert answers[0].headers["RateLimit-Policy"] == f'"{kind}";q={allowed};w=60'
    left = [answer.headers["RateLimit"].split(";") for answer in answers]
    assert [parts[1] for parts in left] == [f"r={n}" for n in [*range(allowed - 1, -1, -1), 0]]
    assert all(0 < int(parts[2].removeprefix("t=")) <= 60 for parts in left)
    refused = answers[-1].json()
    assert refused["code"] == "rate_limited"
    assert refused["details"] == {"limit": str(kind), "per_minute": allowed}
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= math.ceil(60 / allowed)
    assert (await one.post("/codec/decode", json={"payloads": []})).status_code == 429
    assert (await other.get("/v1/runs")).status_code == 200


async def test_errors_carry_the_headers_too(connect: Connect, callers: Callable[[CallerKind], dict[str, str]]) -> None:
    client = connect(**callers(CallerKind.USER))
    for path, status in (("/v1/runs/no-id", 404), ("/v1/nothing", 404), ("/v1/runs?limit=x", 422)):
        answer = await client.get(path)
        assert answer.status_code == status
        assert answer.headers["RateLimit"].startswith('"user";r=')


async def test_whoever_is_not_known_is_limited_by_address(connect: Connect) -> None:
    wrong = connect("192.0.2.7", Authorization="Bearer wrong")
    assert [(await wrong.get("/v1/runs")).status_code for _ in range(4)] == [401, 401, 401, 429]
    none = connect("192.0.2.7")
    assert (await none.get("/v1/runs")).status_code == 429
    assert (await connect("192.0.2.8").get("/v1/runs")).status_code == 401
    assert (await connect("192.0.2.7", **AUTHORIZED).get("/v1/runs")).status_code == 200


async def test_a_forged_address_does_not_help(connect: Connect) -> None:
    for n in range(4):
        headers = {
            "X-Forwarded-For": f"198.51.100.{n}",
            "X-Real-IP": f"198.51.100.{n}",
            "Forwarded": f"for=198.51.100.{n}",
        }
        answer = await connect("192.0.2.9").get("/v1/runs", headers=headers)
    assert answer.status_code == 429


async def test_the_operator_has_no_limit(connect: Connect) -> None:
    client = connect(**AUTHORIZED)
    answers = [await client.get("/v1/runs") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[-1].headers


async def test_probes_are_never_refused(connect: Connect) -> None:
    client = connect()
    assert {(await client.get("/healthz")).status_code for _ in range(20)} == {200}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_one_customer_is_one_address(address: str, network: str):
    assert network_of(address) == network
