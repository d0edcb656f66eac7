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
from pydantic import ValidationError

from api.settings import ApiSettings
from tests.api.conftest import AUTHORIZED, TOKEN
from tests.api.documents import publish, start
from tests.support.polling import eventually

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
