"""Callbacks: signed, tried again, the same at every attempt; a dead receiver is disabled, and somebody hears of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from standardwebhooks.webhooks import Webhook

from db import callbacks
from db.tables import Subscription
from schemas.roles import Role
from tests.support.http_server import HttpServer, Received, answer, http_server
from tests.support.people import new_member
from tests.support.perdure import Perdure
from tests.support.polling import eventually


@asynccontextmanager
async def receiver(*statuses: int) -> AsyncIterator[HttpServer]:
    """Answers with these statuses, then with the last of them."""
    left = list(statuses)

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        status = left.pop(0) if len(left) > 1 else left[0]
        writer.write(answer(status=status))

    async with http_server(handle) as server:
        yield server


async def subscribed(perdure: Perdure, url: str, events: list[str], **more: Any) -> dict[str, Any]:
    body = {"name": "ERP", "url": url, "events": events, **more}
    made = await perdure.api.post("/v1/subscriptions", json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def settled(perdure: Perdure, made: dict[str, Any], status: str, count: int) -> list[dict[str, Any]]:
    """Waits for deliveries with a status."""

    async def look() -> list[dict[str, Any]] | None:
        path = f"/v1/subscriptions/{made['id']}/deliveries"
        page = (await perdure.api.get(path, params={"status": status})).json()["items"]
        return page if len(page) >= count else None

    found = await eventually(look, seconds=40)
    assert found is not None
    return found


async def test_runs_and_approvals_are_told_signed_and_once(perdure: Perdure) -> None:
    ask = {"id": "ask", "kind": "approval", "with": {"title": "Go on?"}}
    say = {"id": "say", "kind": "transform", "with": {"value": 7}}
    slug = await perdure.publish([ask, say], ["ask.approved>say"], output="{{ nodes.say.output }}")
    other = await perdure.publish([say])
    async with receiver(500, 200) as server:
        events = ["run.started", "run.completed", "approval.opened", "approval.decided"]
        made = await subscribed(perdure, f"{server.url}/secret-path", events, workflows=[slug])
        assert "secret-path" not in made["hint"]
        assert (await perdure.run([say]))["status"] == "completed"
        await perdure.start(other)
        run = await perdure.start(slug)
        await perdure.decide(run, "approved")
        await perdure.ended(run)
        told = await settled(perdure, made, "sent", 4)
        assert sorted(one["event"] for one in told) == sorted(events)
        assert {one["run_id"] for one in told} == {run}
        assert sorted(one["attempts"] for one in told) == [1, 1, 1, 2]
        [twice] = [one["log"] for one in told if one["attempts"] == 2]
        assert [(one["status"], one["error"] is None) for one in twice] == [(500, False), (200, True)]
        seen = [(Webhook(made["signing_secret"]).verify(one.body, one.headers), one) for one in server.received]
        assert len(seen) == 5
        assert len({one.headers["webhook-id"] for _, one in seen}) == 4
        done = next(body for body, _ in seen if body["type"] == "run.completed")
        assert (done["data"]["output"], done["data"]["workflow"], done["data"]["run_id"]) == (7, slug, run)
        again = await repeated_with_both_secrets(perdure, made, told[0], server)
        assert again["message_id"] == told[0]["message_id"]


async def repeated_with_both_secrets(
    perdure: Perdure, made: dict[str, Any], first: dict[str, Any], server: HttpServer
) -> dict[str, Any]:
    """What was sent is sent once more, and both the new secret and the one before fit."""
    path = f"/v1/subscriptions/{made['id']}"
    fresh = (await perdure.api.post(f"{path}/rotate")).json()["signing_secret"]
    again = await perdure.api.post(f"{path}/deliveries/{first['id']}/redeliver")
    assert again.status_code == 202, again.text
    await settled(perdure, made, "sent", 5)
    last = server.received[-1]
    for secret in (made["signing_secret"], fresh):
        assert Webhook(secret).verify(last.body, last.headers) == first["body"]
    found: dict[str, Any] = again.json()
    return found


async def test_who_answers_no_more_is_disabled(perdure: Perdure, database_url: str) -> None:
    owner = await new_member(perdure.database, perdure.workspace_id, Role.OWNER, email="erp@example.com")
    slug = await perdure.publish([{"id": "a", "kind": "transform", "with": {"value": 1}}])
    async with receiver(410) as gone, receiver(400) as broken:
        done = await subscribed(perdure, gone.url, ["run.completed"])
        dead = await subscribed(perdure, broken.url, ["run.completed"])
        connection = await asyncpg.connect(database_url)
        # One was made by a member, the other one with an API key, which has no mail address: admins hear of it.
        admin = await new_member(perdure.database, perdure.workspace_id, Role.ADMIN)
        await new_member(perdure.database, perdure.workspace_id, Role.EDITOR)
        await connection.execute("UPDATE subscriptions SET owner_id = $1 WHERE id = $2", owner.id, done["id"])
        await perdure.ended(await perdure.start(slug))
        await settled(perdure, done, "failed", 1)
        assert (await perdure.api.get(f"/v1/subscriptions/{done['id']}")).json()["enabled"] is False

        async def tried() -> bool:
            return (await perdure.api.get(f"/v1/subscriptions/{dead['id']}")).json()["failing_since"] is not None

        await eventually(tried, seconds=30)
        # Three days go by.
        since = "UPDATE subscriptions SET failing_since = now() - interval '71 hours' WHERE id = $1"
        await connection.execute(since, dead["id"])
        [waiting] = await settled(perdure, dead, "pending", 1)
        assert (waiting["response_status"], waiting["attempts"] >= 1) == (400, True)
        await time_is_over(perdure, waiting["id"])
        shown = (await perdure.api.get(f"/v1/subscriptions/{dead['id']}")).json()
        assert (shown["enabled"], shown["disabled_reason"][:30]) == (False, "Nothing could be delivered sin")
        told = await who_was_told(connection, perdure.workspace_id)
        assert told == {done["id"]: {owner.id}, dead["id"]: {owner.id, admin.id}}
        await who_has_left_is_not_told(perdure, connection, done["id"], owner.id, admin.id)
        await connection.close()
        before = len(broken.received)
        await perdure.ended(await perdure.start(slug))
        assert (await perdure.api.post(f"/v1/subscriptions/{dead['id']}/test")).status_code == 409
        enabled = await perdure.api.patch(f"/v1/subscriptions/{dead['id']}", json={"enabled": True})
        assert (enabled.json()["enabled"], enabled.json()["failing_since"]) == (True, None)
        assert len(broken.received) == before


async def who_was_told(connection: asyncpg.Connection, workspace_id: UUID) -> dict[str, set[UUID]]:
    """Who has a mail about which subscription."""
    notices = (
        "SELECT key, user_id FROM notification_messages WHERE event = 'subscription_disabled' AND workspace_id = $1"
    )
    found: dict[str, set[UUID]] = {}
    for row in await connection.fetch(notices, workspace_id):
        found.setdefault(row["key"].split(":")[1], set()).add(row["user_id"])
    return found


async def who_has_left_is_not_told(
    perdure: Perdure, connection: asyncpg.Connection, subscription: str, gone: UUID, admin: UUID
) -> None:
    """The same once more, after who made the subscription has left: admins hear of it."""
    mine = "WHERE workspace_id = $1"
    await connection.execute(f"DELETE FROM notification_messages {mine}", perdure.workspace_id)
    await connection.execute(f"DELETE FROM memberships {mine} AND user_id = $2", perdure.workspace_id, gone)
    await connection.execute("UPDATE subscriptions SET enabled = true WHERE id = $1", subscription)
    async with perdure.database.tenant(perdure.workspace_id) as session:
        row = await session.get_one(Subscription, UUID(subscription))
        await callbacks.disable(session, row, "Nobody answers.")
    assert await who_was_told(connection, perdure.workspace_id) == {subscription: {admin}}


async def time_is_over(perdure: Perdure, callback: str) -> None:
    """What the delivery does at the end of its three days."""
    await perdure.temporal.get_workflow_handle(f"callback-{callback}").terminate()
    async with perdure.database.tenant(perdure.workspace_id) as session:
        await callbacks.give_up(session, UUID(callback), "Its time was over.")
