"""The whole product as `perdure up` starts it, with the simulator, and a browser to look at it."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cli.data_folder import DataFolder
from cli.embedded.processes import pick_port
from tests.support.polling import eventually

ROOT = Path(__file__).parents[2]
ADA = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "password": "correct horse battery",
    "workspace_name": "Analytical Engines",
}
"""As frontend/tests/browser/people.ts knows her."""

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is here: the shell has no windows to draw, and takes a quarter less time."""


@dataclass(frozen=True)
class Product:
    """A running Perdure."""

    url: str
    token: str
    folder: Path


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing = "no Chromium here: apt install chromium-headless-shell, or name one in CHROMIUM"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return str(found)


@pytest.fixture
async def fresh_product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """An installation that nobody owns yet."""
    async with _running(tmp_path_factory.mktemp("fresh")) as product:
        yield product


@pytest.fixture(scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """An installation of Ada's for all journeys of a file. It ends with them: idle, it still takes its share."""
    async with _running(tmp_path_factory.mktemp("product")) as product, httpx.AsyncClient() as client:
        (await client.post(f"{product.url}/v1/setup", json=ADA)).raise_for_status()
        yield product


@contextlib.asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[Product]:
    port = pick_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "cli.main", "up", "--simulator", "--workers", "1"]
    # Where a journey has a mail server of its own.
    environment = {**os.environ, "PERDURE_EGRESS_ALLOW": "127.0.0.1"}
    with (folder / "up.log").open("wb") as log:
        running = subprocess.Popen(
            [*command, "--data-dir", str(folder), "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        await eventually(lambda: _is_ready(url, running, folder / "up.log"), seconds=120, pause=0.2)
        yield Product(url, DataFolder.at(folder).token(), folder)
    finally:
        running.terminate()
        running.wait(60)


async def _is_ready(url: str, running: subprocess.Popen[bytes], log: Path) -> bool:
    if running.poll() is not None:
        pytest.fail(f"perdure up has ended:\n{log.read_text()[-3_000:]}")
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            return (await client.get(f"{url}/readyz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
