"""Rooms in Slack and Teams, webhooks, the workspace's own mail server: what they are sent, and what stays secret."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from db.tables import AuditEntry, NotificationChannel
from schemas.roles import Role
from tests.notifications.people import application, ask, mail_to, message, messages, someone, wants
from tests.support.http_server import HttpServer, http_server
from tests.support.people import signed_in
from tests.support.perdure import Perdure
from tests.support.polling import eventually
from tests.support.smtp_sink import SmtpSink

SECRET = "/services/T000/B000/very-secret-path"


@pytest.fixture
async def hooks() -> AsyncIterator[HttpServer]:
    """A receiver of webhooks."""
    async with http_server() as server:
        yield server


async def room(perdure: Perdure, kind: str, url: str, **more: Any) -> dict[str, Any]:
    answer = await perdure.api.post("/v1/notifications/channels", json={"name": kind, "kind": kind, "url": url, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def received(hooks: HttpServer, count: int = 1) -> dict[str, Any]:
    async def look() -> bool:
        return len(hooks.received) >= count

    await eventually(look, seconds=90)
    body: dict[str, Any] = json.loads(hooks.received[-1].body)
    return body


async def test_a_room_is_led_to_the_inbox_and_never_given_a_link(perdure: Perdure, hooks: HttpServer):
    await room(perdure, "slack", hooks.url + SECRET)
    ada = await someone(perdure)
    asked = await ask(perdure, ada, title="Pay <!channel> *now*?")
    body = await received(hooks)
    assert hooks.received[0].target == SECRET
    assert "/link/" not in json.dumps(body)
    assert body["blocks"][2]["elements"][0]["url"].endswith(f"/inbox?request={asked['id']}")
    assert "<!channel>" not in body["text"]
    assert body["blocks"][0]["text"] == {"type": "plain_text", "text": "Pay <!channel> *now*?", "emoji": False}


async def test_teams_gets_a_card(perdure: Perdure, hooks: HttpServer):
    await room(perdure, "teams", hooks.url + "/teams", events=["decided"])
    asked = await ask(perdure)
    await perdure.decide(asked["run_id"], "approved")
    body = await received(hooks)
    assert body["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert len(hooks.received) == 1  # and nothing when it was opened


async def test_a_webhook_is_signed(perdure: Perdure, hooks: HttpServer):
    made = await room(perdure, "webhook", hooks.url + "/hook")
    await ask(perdure)
    await received(hooks)
    got = hooks.received[0]
    verified = Webhook(made["signing_secret"]).verify(got.body, got.headers)
    assert verified["type"] == "notification.opened"
    (logged,) = await messages(perdure)
    assert got.headers["webhook-id"] == f"msg_{logged.id.hex}"


async def test_a_place_of_ones_own_gets_the_link(perdure: Perdure, hooks: HttpServer, sink: SmtpSink):
    ada = await someone(perdure)
    async with signed_in(application(perdure), ada) as as_ada:
        body = {"name": "My DM", "kind": "slack", "url": hooks.url + SECRET}
        made = (await as_ada.post("/v1/me/notifications/channels", json=body)).json()
    await wants(perdure, ada, events={"opened": [made["id"]]})
    await ask(perdure, ada)
    told = await received(hooks)
    assert "/link/pdl_" in told["blocks"][2]["elements"][0]["url"]
    assert sink.to(ada.email) == []


async def test_somebody_elses_place_cannot_be_chosen(perdure: Perdure, hooks: HttpServer):
    ada, eve = await someone(perdure), await someone(perdure)
    async with signed_in(application(perdure), ada) as as_ada:
        body = {"name": "My DM", "kind": "slack", "url": hooks.url + SECRET}
        made = (await as_ada.post("/v1/me/notifications/channels", json=body)).json()
    async with signed_in(application(perdure), eve) as as_eve:
        answer = await as_eve.put("/v1/me/notifications", json={"events": {"opened": [made["id"]]}})
        assert answer.status_code == 422
        assert (await as_eve.delete(f"/v1/me/notifications/channels/{made['id']}")).status_code == 404
        assert (await as_eve.get("/v1/notifications/channels")).status_code == 403
    assert (await perdure.api.get(f"/v1/notifications/channels/{made['id']}")).status_code == 404


async def test_addresses_inside_are_not_reached(perdure: Perdure):
    made = await room(perdure, "webhook", "http://169.254.169.254/latest/meta-data/" + "x" * 20)
    answer = await perdure.api.post(f"/v1/notifications/channels/{made['id']}/test")
    assert answer.status_code == 202
    logged = await message(perdure, "failed", event="test")
    assert "is not a public address" in str(logged.error)
    assert "meta-data" not in str(logged.error)


async def test_neither_are_mail_servers_inside(perdure: Perdure):
    mail = {"host": "10.0.0.1", "port": 25, "security": "none", "sender": "a@example.com"}
    body = {"name": "Mail", "kind": "email", "mail": mail, "password": "hush"}
    made = (await perdure.api.post("/v1/notifications/channels", json=body)).json()
    ada = await someone(perdure, Role.ADMIN)
    async with signed_in(application(perdure), ada) as as_ada:
        assert (await as_ada.post(f"/v1/notifications/channels/{made['id']}/test")).status_code == 202
    assert "is not a public address" in str((await message(perdure, "failed", event="test")).error)


async def test_the_workspaces_own_mail_server_goes_first(perdure: Perdure, sink: SmtpSink):
    sink.password = "the password"
    mail = {
        "host": "127.0.0.1",
        "port": sink.port,
        "security": "none",
        "sender": "Own <own@example.org>",
        "username": "own",
    }
    body = {"name": "Mail", "kind": "email", "mail": mail, "password": "the password"}
    try:
        made = (await perdure.api.post("/v1/notifications/channels", json=body)).json()
        ada = await someone(perdure)
        await ask(perdure, ada)
        assert (await mail_to(sink, ada.email)).mail["From"] == "Own <own@example.org>"
        assert any(line.startswith("AUTH") for line in sink.commands)
    finally:
        sink.password = None
    shown = (await perdure.api.get(f"/v1/notifications/channels/{made['id']}")).json()
    assert "the password" not in json.dumps(shown)


async def test_a_password_does_not_move_to_another_server(perdure: Perdure, sink: SmtpSink):
    mail = {"host": "mail.example.com", "security": "tls", "sender": "a@example.com", "username": "a", "port": 465}
    body = {"name": "Mail", "kind": "email", "mail": mail, "password": "hush"}
    made = (await perdure.api.post("/v1/notifications/channels", json=body)).json()
    before, sink.password = len(sink.commands), "hush"  # it asks for a password, like any thief
    moved = {**mail, "host": "127.0.0.1", "port": sink.port, "security": "none"}
    url = f"/v1/notifications/channels/{made['id']}"
    admin = await someone(perdure, Role.ADMIN)
    try:
        assert (await perdure.api.patch(url, json={"mail": moved})).is_success
        async with signed_in(application(perdure), admin) as as_admin:
            assert (await as_admin.post(f"{url}/test")).status_code == 202

        async def asked() -> bool:
            return any(line.startswith(("AUTH", "MAIL")) for line in sink.commands[before:])

        await eventually(asked, seconds=90)
    finally:
        sink.password = None
    given = [base64.b64decode(line.split()[-1]) for line in sink.commands[before:] if line.startswith("AUTH PLAIN ")]
    assert not any(b"hush" in each for each in given)


async def test_what_waits_for_a_channel_that_was_turned_off_is_not_sent(perdure: Perdure, hooks: HttpServer):
    made = await room(perdure, "webhook", hooks.url + "/status/503")
    await ask(perdure)
    await received(hooks)
    url = f"/v1/notifications/channels/{made['id']}"
    assert (await perdure.api.patch(url, json={"enabled": False, "url": hooks.url + "/hook"})).is_success
    assert "turned off" in str((await message(perdure, "skipped")).error)
    # Whoever sets a channel up tries it out before it is turned on.
    assert (await perdure.api.post(f"{url}/test")).status_code == 202
    await message(perdure, "sent", event="test")


async def test_secrets_are_stored_sealed_and_shown_nowhere(perdure: Perdure, hooks: HttpServer):
    made = await room(perdure, "slack", hooks.url + SECRET)
    url = f"/v1/notifications/channels/{made['id']}"
    changed = await perdure.api.patch(url, json={"url": hooks.url + SECRET + "2", "events": ["opened"]})
    listed = (await perdure.api.get("/v1/notifications/channels")).json()["items"]
    assert changed.is_success
    assert [one["id"] for one in listed] == [made["id"]]
    async with perdure.database.tenant(perdure.workspace_id) as session:
        sealed = await session.scalar(select(NotificationChannel.sealed))
        entries = list(await session.scalars(select(AuditEntry).where(AuditEntry.subject_id == made["id"])))
    assert b"very-secret" not in bytes(sealed or b"")
    assert [entry.action for entry in entries] == ["notification_channel.created", "notification_channel.updated"]
    everything = json.dumps([made, changed.json(), listed, [(e.before, e.after) for e in entries]])
    assert "very-secret" not in everything
    assert (await perdure.api.delete(url)).status_code == 204
    assert (await perdure.api.get(url)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "kind": "slack"},
        {"name": "x", "kind": "slack", "url": "ftp://example.com/"},
        {"name": "x", "kind": "slack", "url": "https://user:pw@example.com/"},
        {"name": "x", "kind": "slack", "url": "https://exa mple.com/"},
        {"name": "x\r\ny", "kind": "slack", "url": "https://example.com/"},
        {"name": "x", "kind": "email", "url": "https://example.com/"},
        {"name": "x", "kind": "email", "mail": {"host": "m.example.com", "sender": "a@b.c\r\nBcc: d@e.f"}},
        {"name": "x", "kind": "slack", "url": "https://example.com/", "events": ["nothing"]},
    ],
)
async def test_what_is_no_channel_is_refused(perdure: Perdure, body: dict[str, Any]):
    answer = await perdure.api.post("/v1/notifications/channels", json=body)
    assert answer.status_code == 422
    assert "user:pw" not in answer.text


@pytest.mark.parametrize(
    "body", [{"time_zone": "Mars/Olympus"}, {"time_zone": "../../etc/passwd"}, {"events": {"opened": ["x"]}}]
)
async def test_preferences_that_make_no_sense_are_refused(perdure: Perdure, body: dict[str, Any]):
    async with signed_in(application(perdure), await someone(perdure)) as client:
        assert (await client.put("/v1/me/notifications", json=body)).status_code == 422
    assert (await perdure.api.get("/v1/me/notifications")).status_code == 403
