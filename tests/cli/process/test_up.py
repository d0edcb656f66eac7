"""`perdure up` with real processes: keeps its data, brings back what dies, leaves nothing behind."""

import os
import signal
import socket
import time
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from cli.data_folder import DataFolder
from cli.embedded.postgres import start as start_postgres
from cli.embedded.processes import find_by_command
from tests.cli.conftest import Up

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

HELLO = """\
format: perdure/v1
name: Hello
nodes:
  - id: think
    kind: llm
    with: {model: gpt-4o-mini, prompt: "Say hello."}
"""


def wait_until(look: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def ready(up: Up) -> bool:
    folder = DataFolder(up.folder).remembered()
    try:
        urls = (f"{folder['api_url']}/readyz", f"http://127.0.0.1:{folder['worker_port']}/readyz")
        return all(httpx.get(url, trust_env=False, timeout=10).is_success for url in urls)
    except httpx.HTTPError:
        return False


def test_it_refuses_to_run_twice_on_one_folder(up: Up) -> None:
    second = up.run("up")
    assert second.returncode == 1
    assert "perdure already runs on" in second.stderr


def test_it_serves_the_web_app_of_the_named_folder(up: Up) -> None:
    home = DataFolder(up.folder).remembered()["api_url"]
    assert "A web app of one's own" in httpx.get(str(home), trust_env=False, timeout=10).text


def test_pages_that_others_lead_back_to_are_where_it_listens(up: Up) -> None:
    known = DataFolder(up.folder)
    home, token = str(known.remembered()["api_url"]), known.token()
    headers = {"Authorization": f"Bearer {token}"}
    shown = httpx.get(f"{home}/v1/sign-on", headers=headers, trust_env=False, timeout=10).json()
    assert shown["redirect_uri"] == f"{home}/login/callback"


def is_complete_without(up: Up, name: str, killed: int, size: int) -> bool:
    return len(up.pids_of(name) - {killed}) == size


def test_what_dies_is_brought_back(up: Up) -> None:
    for name in ("worker", "api"):
        all_of_them = up.pids_of(name)
        killed = min(all_of_them)
        os.kill(killed, signal.SIGKILL)
        wait_until(partial(is_complete_without, up, name, killed, len(all_of_them)))
    os.kill(start_postgres(up.folder).pid, signal.SIGKILL)
    (server,) = find_by_command(str(up.folder / "temporal" / "temporal.db"))
    server.kill()
    wait_until(lambda: "Temporal has ended" in up.said and "PostgreSQL has ended" in up.said)
    wait_until(lambda: ready(up))


@pytest.mark.longer
def test_after_a_kill_the_next_start_goes_on_with_the_same_data(up: Up) -> None:
    token = DataFolder(up.folder).token()
    (up.folder / "hello.yaml").write_text(HELLO)
    assert up.run("publish", str(up.folder / "hello.yaml")).stdout.startswith("hello version 1")
    up.kill()
    wait_until(lambda: not find_by_command("--supervised-from", str(up.folder)))
    assert len(up.remains()) == 2, "the servers live on, everything else has ended"
    up.start()
    assert DataFolder(up.folder).token() == token
    ran = up.run("run", str(up.folder / "hello.yaml"), "--exit-code")
    assert ran.returncode == 0, ran.stderr
    assert "hello" in up.run("runs", "list").stdout


def test_ctrl_c_stops_everything(up: Up) -> None:
    assert up.stop(signal.SIGINT) == 0
    assert up.said.rstrip().endswith("stopped")
    assert up.remains() == []


def test_a_taken_port_is_a_sentence(up: Up) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = up.run("up", "--port", str(port))
    assert refused.returncode == 1
    assert f"port {port} is taken" in refused.stderr
