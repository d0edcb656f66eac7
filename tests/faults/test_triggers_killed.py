"""Triggers survive kill -9: webhook to run, run to callback, schedule to run. Nothing is lost, and nothing twice."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from tests.faults.processes import Program, wait_for
from tests.faults.runs import StartedRun, publish
from tests.faults.stack import Stack
from tests.schemas.documents import document, transform

LASTS = 12
"""Seconds in which the schedule starts runs."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


class Receiver(ThreadingHTTPServer):
    """A program that hears of events; it answers when it may."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.may_answer = threading.Event()
        self.came = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """Notes every request."""

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server.received.append((self.headers["webhook-id"], body))
        server.came.set()
        server.may_answer.wait(60)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(stack: Stack) -> Iterator[Receiver]:
    """A receiver that the worker may reach."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    before = stack.worker
    stack.worker.kill()
    allowed = f"{before.environment['PERDURE_EGRESS_ALLOW']},127.0.0.1:{server.server_port}"
    environment = {**before.environment, "PERDURE_EGRESS_ALLOW": allowed}
    stack.worker = Program(before.name, before.arguments, environment, before.log, before.ready_url)
    stack.worker.start()
    stack.worker.wait_until_ready()
    yield server
    server.may_answer.set()
    stack.worker.kill()
    stack.worker = before
    server.shutdown()
    thread.join()
    server.server_close()


def short(stack: Stack, name: str) -> str:
    """Slug of a workflow that is soon done."""
    return publish(stack, document([transform("say", "{{ input }}")], name=name))


def made(stack: Stack, path: str, **body: Any) -> dict[str, Any]:
    answer = stack.call("POST", path, json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def runs_of(stack: Stack, slug: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.read("/v1/runs", workflow=slug)["items"]
    return found


def test_a_webhook_and_everything_behind_it_is_killed(stack: Stack) -> None:
    slug = short(stack, "Hooked")
    settings = {"signature": "none", "delivery_id": "body.id"}
    hook = made(stack, "/v1/hooks", workflow=slug, name="Shop", settings=settings)
    delivered_to_no_database(stack, hook["path"])
    stack.kill_temporal()  # so that the start cannot follow the commit
    answer = stack.call("POST", hook["path"], json={"id": "1"})
    assert answer.status_code == 202, answer.text
    stack.kill_postgres()  # right behind the commit
    stack.api.kill()
    stack.worker.kill()
    stack.start_postgres()
    stack.start_temporal()
    stack.worker.start()
    stack.api.start()
    stack.api.wait_until_ready()
    # Its sender has not heard the answer, and asks again; another one gets none because the API dies under it.
    again = stack.call("POST", hook["path"], json={"id": "1"})
    assert (again.json()["run_id"], again.json()["status"]) == (answer.json()["run_id"], "repeated")
    sender = threading.Thread(target=lambda: send_and_forget(stack, hook["path"], {"id": "2"}))
    sender.start()
    stack.api.kill()
    sender.join()
    stack.api.start()
    stack.api.wait_until_ready()
    second = stack.call("POST", hook["path"], json={"id": "2"}).json()
    for run in (answer.json()["run_id"], second["run_id"]):
        assert StartedRun(stack, run).wait_until_ended().run["status"] == "completed"
    third = stack.call("POST", hook["path"], json={"id": "0"}).json()
    assert third["status"] == "started"
    assert {run["id"] for run in runs_of(stack, slug)} == {one["run_id"] for one in (answer.json(), second, third)}


def delivered_to_no_database(stack: Stack, path: str) -> None:
    """What comes while the database is away is refused as a whole, and may be sent again."""
    stack.kill_postgres()
    assert stack.call("POST", path, json={"id": "0"}).status_code == 503
    stack.start_postgres()
    wait_for(lambda: stack.call("GET", "/readyz").is_success, "the API has the database again")


def send_and_forget(stack: Stack, path: str, body: dict[str, Any]) -> None:
    try:
        httpx.post(f"http://127.0.0.1:{stack.api_port}{path}", json=body, timeout=10, trust_env=False)
    except httpx.TransportError:
        return


def test_the_worker_is_killed_before_and_while_a_callback_is_sent(stack: Stack, receiver: Receiver) -> None:
    slug = short(stack, "Told")
    url = f"http://127.0.0.1:{receiver.server_port}/"
    told = made(stack, "/v1/subscriptions", name="ERP", url=url, events=["run.completed"], workflows=[slug])
    run = StartedRun(stack, made(stack, "/v1/runs", workflow=slug, input={})["id"])
    run.wait_until_ended()
    stack.worker.kill()  # right after the end of the run was written
    stack.worker.start()
    assert receiver.came.wait(90)
    stack.kill_postgres()  # where the answer is to be noted
    stack.worker.kill()  # while it is on the way
    receiver.may_answer.set()
    stack.start_postgres()
    stack.worker.start()

    def sent() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = stack.read(f"/v1/subscriptions/{told['id']}/deliveries", status="sent")["items"]
        return found

    [delivery] = wait_for(sent, "the callback is sent")
    assert (delivery["run_id"], delivery["uncertain"]) == (run.id, True)
    # Nobody can know whether it had arrived, so it came again: under the same id, and word by word the same.
    assert {identity for identity, _ in receiver.received} == {delivery["message_id"]}
    assert all(body == delivery["body"] for _, body in receiver.received)
    assert len(receiver.received) == delivery["attempts"]


def test_everything_is_killed_around_the_starts_of_a_schedule(stack: Stack) -> None:
    slug = short(stack, "Scheduled")
    stack.kill_temporal()
    now = datetime.now(UTC).replace(microsecond=0)
    times = {"intervals": [{"every": "1s"}], "ends_at": (now + timedelta(seconds=LASTS)).isoformat()}
    schedule = made(stack, "/v1/schedules", workflow=slug, name="S", times=times, overlap="allow_all")
    stack.api.kill()  # what it has promised is not known to Temporal
    stack.start_temporal()
    stack.api.start()
    path = f"/v1/schedules/{schedule['id']}/starts"
    wait_for(lambda: stack.read(path)["items"], "the schedule has begun")
    stack.worker.kill()
    stack.kill_temporal()
    stack.start_temporal()
    stack.worker.start()
    stack.kill_postgres()  # while starts are due
    stack.start_postgres()
    wait_for(lambda: datetime.now(UTC) > now + timedelta(seconds=LASTS + 1), "its time is over", pause=0.2)
    wait_for(lambda: latest(stack, path) >= now + timedelta(seconds=LASTS), "its last time has its run")
    wait_for(lambda: not unfinished(stack, slug), "all runs have ended")
    starts = stack.read(path, limit=200)["items"]
    runs = stack.read("/v1/runs", workflow=slug, limit=200)["items"]
    assert {one["status"] for one in starts} == {"started"}
    assert sorted(one["run_id"] for one in starts) == sorted(run["id"] for run in runs)
    # From the first start to the last, every second has its run, also those in which nothing was alive.
    at = [datetime.fromisoformat(one["scheduled_at"]) for one in starts]
    assert len(set(at)) == len(at) == (max(at) - min(at)).total_seconds() + 1


def latest(stack: Stack, path: str) -> datetime:
    return max(datetime.fromisoformat(one["scheduled_at"]) for one in stack.read(path)["items"])


def unfinished(stack: Stack, slug: str) -> list[dict[str, Any]]:
    query = {"workflow": slug, "status": ["pending", "running"]}
    found: list[dict[str, Any]] = stack.read("/v1/runs", **query)["items"]
    return found
