"""`notify`: a receiver that knows the secret can trust and recognise the message."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from activities.step import Services
from db.session import Database
from schemas.errors import ErrorCode
from tests.activities.credentials.test_permissions import Steps, store
from tests.support.http_server import Handler, HttpServer, Received, answer, http_server
from tests.support.steps import WEBHOOK_SECRET, environment, run_step, services, step_failure, step_input
from tests.support.workspaces import new_run


async def accept(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(status=204, headers={"content-length": ""}))


@asynccontextmanager
async def receiver(handler: Handler = accept) -> AsyncIterator[tuple[Services, HttpServer, dict[str, object]]]:
    async with http_server(handler) as server, services(server.allowed) as given:
        yield given, server, {"url": f"{server.url}/hook", "type": "refund.paid", "data": {"order": "A-7", "ü": None}}


async def test_the_message_verifies_and_carries_the_event() -> None:
    async with receiver() as (given, server, config):
        output = (await run_step(given, step_input("notify", config))).output
        [received] = server.received
        event = Webhook(WEBHOOK_SECRET).verify(received.body, received.headers)
        assert (event["type"], event["data"]) == ("refund.paid", {"order": "A-7", "ü": None})
        assert event["timestamp"].endswith("Z")
        assert output == {"status": 204, "id": received.headers["webhook-id"]}
        assert received.headers["content-type"] == "application/json"
        with pytest.raises(WebhookVerificationError):
            Webhook(WEBHOOK_SECRET).verify(received.body + b" ", received.headers)


async def test_every_attempt_is_the_same_message_and_another_step_is_another() -> None:
    async with receiver() as (given, server, config):
        for attempt in (1, 2):
            await run_step(given, step_input("notify", config), env=environment(attempt=attempt))
        await run_step(given, step_input("notify", config, path="other"))
        first, second, third = server.received
        assert first.headers["webhook-id"] == second.headers["webhook-id"] != third.headers["webhook-id"]
        assert first.body == second.body
        assert "00000000" not in first.headers["webhook-id"]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_ab!", "a"])
async def test_without_a_usable_secret_nothing_is_sent(secret: str) -> None:
    async with receiver() as (given, server, config):
        info = await step_failure(replace(given, webhook_secret=secret), step_input("notify", config))
        assert info.code is ErrorCode.MISSING_CREDENTIAL
        assert server.received == []


async def test_a_redirect_is_not_followed() -> None:
    async def elsewhere(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status=307, headers={"location": "/other"}))

    async with receiver(elsewhere) as (given, server, config):
        assert (await step_failure(given, step_input("notify", config))).code is ErrorCode.UPSTREAM_REFUSED
        assert len(server.received) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(410, ErrorCode.UPSTREAM_REFUSED), (429, ErrorCode.RATE_LIMITED), (502, ErrorCode.UPSTREAM_FAILED)],
)
async def test_receivers_that_do_not_accept(status: int, code: ErrorCode) -> None:
    async def refuse(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status=status))

    async with receiver(refuse) as (given, _, config):
        assert (await step_failure(given, step_input("notify", config))).code is code


async def test_text_that_json_cannot_hold_is_cleaned() -> None:
    async with receiver() as (given, server, config):
        await run_step(given, step_input("notify", {**config, "data": ["\x00", "\ud800"]}))
        assert json.loads(server.received[0].body)["data"] == ["\ufffd", "\ufffd"]


async def test_a_private_address_is_denied() -> None:
    async with services() as given:
        info = await step_failure(given, step_input("notify", {"url": "http://10.0.0.1/hook"}))
        assert info.code is ErrorCode.ADDRESS_DENIED


async def test_a_credential_signs_in_place_of_the_operators_secret(database: Database, workspace_id: UUID) -> None:
    secret = "whsec_" + base64.b64encode(b"w" * 24).decode()
    await store(database, workspace_id, "hook", type="webhook_signing", secret={"secret": secret})
    async with receiver() as (given, server, config):
        steps = Steps(database, workspace_id, (await new_run(database, workspace_id)).id, server)
        step = steps.step({**config, "credential": "hook"}, kind="notify")
        await run_step(replace(given, vault=steps.vault), step)
        [received] = server.received
        Webhook(secret).verify(received.body, received.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(WEBHOOK_SECRET).verify(received.body, received.headers)
