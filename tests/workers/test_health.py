"""The health server of a worker tells the truth and does not get in the way."""

import socket

import httpx
import pytest

from engine.side_server import serve
from workers.health import health_app


async def get(port: int, path: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.get(f"http://127.0.0.1:{port}{path}")


async def test_ready_only_without_faults() -> None:
    faults: dict[str, str] = {"database": "away"}

    async def ask() -> dict[str, str]:
        return faults

    async with serve(health_app(ask), "127.0.0.1", 0) as port:
        answer = await get(port, "/readyz")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "faults": {"database": "away"}})
        assert (await get(port, "/healthz")).status_code == 200
        faults.clear()
        answer = await get(port, "/readyz")
        assert (answer.status_code, answer.json()) == (200, {"ready": True, "faults": {}})


async def test_metrics_hold_ours_and_those_of_the_core() -> None:
    async def ask() -> dict[str, str]:
        return {}

    async with (
        serve(health_app(ask), "127.0.0.1", 0) as other,
        serve(health_app(ask, f"http://127.0.0.1:{other}/metrics"), "127.0.0.1", 0) as port,
    ):
        text = (await get(port, "/metrics")).text
    assert text.count("# HELP python_info") == 2


async def test_metrics_do_without_a_core_that_is_gone() -> None:
    async def ask() -> dict[str, str]:
        return {}

    async with serve(health_app(ask, "http://127.0.0.1:1/metrics"), "127.0.0.1", 0) as port:
        assert (await get(port, "/metrics")).status_code == 200


async def test_a_taken_port_is_an_error_at_once() -> None:
    async def ask() -> dict[str, str]:
        return {}

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        async with serve(health_app(ask), "127.0.0.1", taken.getsockname()[1]):
            pass
