"""Mails survive kill -9 of the worker: none is lost, and none that the mail server had accepted is sent again.

One moment is left in which nobody can know: the server has the mail, and its answer is on the way. A mail whose worker
dies just then is sent again under the same id, and the log says that it may have arrived twice.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.processes import Program, wait_for
from tests.faults.runs import StartedRun, publish
from tests.faults.stack import Stack
from tests.schemas.documents import document, node
from tests.support.smtp_sink import SmtpSink, smtp_sink

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@contextmanager
def mail_server() -> Iterator[SmtpSink]:
    """A mail server in a thread of its own, so that the test may block."""
    ready, stop, found = threading.Event(), threading.Event(), list[SmtpSink]()

    async def serve() -> None:
        async with smtp_sink() as sink:
            found.append(sink)
            ready.set()
            while not stop.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait(30)
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def sink(stack: Stack) -> Iterator[SmtpSink]:
    """A mail server that the worker of the stack uses."""
    with mail_server() as running:
        settings = {"PERDURE_SMTP_HOST": "127.0.0.1", "PERDURE_SMTP_PORT": str(running.port)}
        before = stack.worker
        stack.worker.kill()
        stack.worker = Program(
            before.name,
            before.arguments,
            {**before.environment, **settings, "PERDURE_SMTP_SECURITY": "none"},
            before.log,
            before.ready_url,
        )
        stack.worker.start()
        stack.worker.wait_until_ready()
        yield running
        stack.worker.kill()
        stack.worker = before


def ask(stack: Stack, email: str) -> None:
    """A member, and a run that asks them."""
    made = stack.query(f"INSERT INTO users (email, name) VALUES ('{email}', 'A') RETURNING id")
    workspace = stack.query("SELECT id FROM workspaces WHERE slug = 'default'")
    stack.query(f"INSERT INTO memberships (workspace_id, user_id, role) VALUES ('{workspace}', '{made}', 'operator')")
    asking: dict[str, Any] = node("ask", "approval", title="Pay?", assignees={"users": [email]})
    slug = publish(stack, document([asking], name=f"Asking {email}"))
    run = StartedRun(stack, stack.call("POST", "/v1/runs", json={"workflow": slug}).json()["id"])
    run.wait_for_approval()


def held_at(sink: SmtpSink, command: str) -> threading.Event:
    """From now on the server answers nothing to a command; the event tells that one came."""
    came = threading.Event()

    async def hold() -> None:
        came.set()
        await asyncio.sleep(3_600)

    sink.hold[command] = hold
    return came


def logged(stack: Stack, email: str, status: str) -> dict[str, Any]:
    """Waits for a message with a status."""

    def look() -> dict[str, Any] | None:
        page = stack.read("/v1/notifications/messages", status=status)["items"]
        return next((one for one in page if one["address"] == email), None)

    found = wait_for(look, f"a message to {email} is {status}")
    assert found is not None
    return found


@pytest.mark.parametrize("command", ["MAIL", pytest.param("RCPT", marks=pytest.mark.longer)])
def test_killed_before_the_mail_was_handed_over(stack: Stack, sink: SmtpSink, command: str):
    email = f"{command.lower()}@example.com"
    came = held_at(sink, command)
    ask(stack, email)
    assert came.wait(60)
    stack.worker.kill()
    sink.hold.clear()
    stack.worker.start()
    told = logged(stack, email, "sent")
    assert (len(sink.to(email)), told["uncertain"]) == (1, False)


def test_killed_after_the_mail_server_has_accepted_it(stack: Stack, sink: SmtpSink):
    email = "accepted@example.com"
    ask(stack, email)
    logged(stack, email, "sent")
    stack.worker.kill()
    stack.worker.start()
    # However often its delivery is begun again, the row says that it is done.
    stack.query(
        "UPDATE notification_messages SET dispatched_at = now() - interval '1 day' "
        f"WHERE address = '{email}' RETURNING 1"
    )
    ask(stack, "next@example.com")
    logged(stack, "next@example.com", "sent")
    assert len(sink.to(email)) == 1


def test_killed_while_nobody_can_know(stack: Stack, sink: SmtpSink):
    email = "unknown@example.com"
    came = held_at(sink, ".")
    ask(stack, email)
    assert came.wait(60)
    stack.worker.kill()
    sink.hold.clear()
    stack.worker.start()
    told = logged(stack, email, "sent")
    assert (told["uncertain"], told["attempts"]) == (True, 2)
    assert len(sink.to(email)) in (1, 2)
    assert len({one.mail["Message-ID"] for one in sink.to(email)}) == 1


@pytest.mark.longer
def test_killed_right_after_the_request_was_opened(stack: Stack, sink: SmtpSink):
    email = "cause@example.com"
    ask(stack, email)
    stack.worker.kill()
    stack.worker.start()
    told = logged(stack, email, "sent")
    assert len(sink.to(email)) == 1 or told["uncertain"]
    assert len({one.mail["Message-ID"] for one in sink.to(email)}) == 1
