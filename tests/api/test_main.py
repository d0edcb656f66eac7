"""The API as a process: it serves with the environment's settings and ends in order on SIGTERM."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from api.app import create_app
from api.main import server_config
from api.services import Services
from api.settings import ApiSettings
from tests.api.conftest import AUTHORIZED, TOKEN
from tests.api.documents import publish, start
from tests.support.people import new_member
from tests.support.polling import eventually
from tests.support.serving import served_as

SERVE = "import asyncio; from api.main import serve; asyncio.run(serve())"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def process(database_url: str, temporal_address: str) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    port = free_port()
    environment = {
        **os.environ,
        "PERDURE_API_TOKEN": TOKEN,
        "PERDURE_API_PORT": str(port),
        "PERDURE_DATABASE_URL": database_url,
        "PERDURE_TEMPORAL_ADDRESS": temporal_address,
    }
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, env=environment, stderr=asyncio.subprocess.PIPE
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, headers=AUTHORIZED, timeout=30) as client:

            async def alive() -> bool:
                try:
                    return (await client.get("/healthz")).is_success
                except httpx.TransportError:
                    return False

            await eventually(alive, seconds=60, pause=0.1)
            yield running, client
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_it_serves_and_ends_in_order(database_url: str, temporal_address: str) -> None:
    async with process(database_url, temporal_address) as (running, client):
        version = await publish(client, name="Process test")
        run_id = (await start(client, version["slug"]))["id"]
        stream = client.stream("GET", f"/v1/runs/{run_id}/events", headers={"Accept": "text/event-stream"})
        async with stream as answer:
            lines = answer.aiter_lines()
            assert await anext(lines)
            running.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(running.wait(), 20) == 0


async def test_it_starts_while_its_servers_are_away(closed_port: int) -> None:
    away = f"127.0.0.1:{closed_port}"
    async with process(f"postgresql://nobody@{away}/nothing", away) as (_, client):
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["missing"].keys() == {"database", "temporal", "workers"}
        assert (await client.get("/v1/runs")).status_code == 503


def test_there_is_no_api_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERDURE_API_TOKEN", raising=False)
    with pytest.raises(ValidationError):
        ApiSettings()
    monkeypatch.setenv("PERDURE_API_TOKEN", "")
    with pytest.raises(ValidationError):
        ApiSettings()


@pytest.mark.parametrize(
    ("proxies", "believed"), [("127.0.0.0/8,10.0.0.0/8", True), ("10.0.0.0/8", False), ("", False)]
)
async def test_only_trusted_proxies_say_who_calls_and_how(services: Services, proxies: str, believed: bool) -> None:
    owner = await new_member(services.database, services.workspace_id)
    settings = ApiSettings(token=SecretStr(TOKEN), port=0, trusted_proxies=proxies)
    # What a proxy adds stands behind what the client has said about itself, and another proxy's address behind both.
    told = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9, 198.51.100.7, 10.1.2.3",
        "Host": "perdure.example.com",
        "X-Perdure-Client": "web",
    }
    async with served_as(server_config(create_app(settings, services), settings)) as url:
        async with httpx.AsyncClient(base_url=url, headers=told) as client:
            signed_in = await client.post("/v1/auth/login", json=owner.credentials)
            bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
            sessions = (await client.get("/v1/auth/sessions", headers=bearer)).json()
        refused = await live_status(url, told | {"Origin": "https://perdure.example.com"})
    assert sessions["items"][0]["address"] == ("198.51.100.7" if believed else "127.0.0.1")
    assert ("; Secure" in signed_in.headers["set-cookie"]) is believed
    assert ("strict-transport-security" in signed_in.headers) is believed
    assert refused == (None if believed else 403)


async def live_status(url: str, headers: dict[str, str]) -> int | None:
    """How a browser's live connection is refused, if it is."""
    given = {name: value for name, value in headers.items() if name != "Host"}
    host = headers["Host"]
    port = int(url.rpartition(":")[2])
    try:
        async with connect(f"ws://{host}/v1/live", additional_headers=given, host="127.0.0.1", port=port, proxy=None):
            return None
    except InvalidStatus as error:
        return error.response.status_code


def test_what_is_no_address_is_no_proxy() -> None:
    with pytest.raises(ValidationError, match="CIDR"):
        ApiSettings(token=SecretStr(TOKEN), trusted_proxies="proxy.example.com")
    assert ApiSettings(token=SecretStr(TOKEN)).trusted_proxies == ("127.0.0.1", "::1")
