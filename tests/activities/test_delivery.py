"""What becomes of calls that must not be made twice, against a server that answers as no decent one would."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from activities.delivery import Delivery, NoCallRecord
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import StepInput
from schemas.nodes import specs
from schemas.unknown_outcomes import Lost, SentCall
from tests.support.http_server import Handler, Received, answer, http_server
from tests.support.steps import environment, run_step, services, step_failure, step_input


class KeptCalls(NoCallRecord):
    """Remembers in this process, in the order of what happened."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.calls: list[SentCall] = []

    async def step_sending(self, step: StepInput, attempt: int, call: dict[str, Any]) -> SentCall:
        self.told.append("sending")
        self.calls.append(SentCall(**call, attempt=attempt, at="2026-01-01T00:00:00Z"))
        return self.calls[-1]

    async def step_answered(self, step: StepInput, attempt: int) -> None:
        self.told.append("answered")


def post(url: str, **config: Any) -> StepInput:
    given = {"url": url, "method": "POST", "json": {"a": 1}, "idempotency_header": None, **config}
    return step_input("http_request", given)


async def fails(
    handler: Handler, *, seconds: float = 5, path: str = "/x", **config: Any
) -> tuple[ErrorInfo, KeptCalls, list[Received]]:
    """How a step fails against a server, what was remembered of its call, what the server has received."""
    kept = KeptCalls()
    async with http_server(handler) as server, services(server.allowed) as given:
        step = post(f"{server.url}{path}", **config)
        env = environment(seconds=seconds)
        error = await step_failure(replace(given, calls=kept), step, env=env)
        return error, kept, server.received


async def silence(request: Received, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def hang_up(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def cut(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(b"half of it", status=201, headers={"content-length": "100"}))
    await writer.drain()
    writer.close()


def status(code: int) -> Handler:
    async def tell(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"so", status=code))

    return tell


@pytest.mark.parametrize(
    ("handler", "lost", "seen"),
    [
        (silence, Lost.TIMEOUT, None),
        (hang_up, Lost.CONNECTION, None),
        (cut, Lost.CUT, 201),
        (status(504), Lost.GATEWAY, 504),
        (status(502), Lost.GATEWAY, 502),
    ],
    ids=["silence", "hang up", "cut", "504", "502"],
)
async def test_a_lost_answer_is_an_unknown_outcome(handler: Handler, lost: Lost, seen: int | None) -> None:
    error, kept, received = await fails(handler, seconds=1)
    assert error.code is ErrorCode.OUTCOME_UNKNOWN
    assert not error.reaction.retryable
    assert (error.details["lost"], error.details["status"]) == (lost, seen)
    assert error.details["call"] == kept.calls[0].model_dump()
    assert error.details["call"]["to"].startswith("POST http://127.0.0.1:")
    assert error.details["cause"]
    assert kept.told == ["sending"]
    assert len(received) == 1


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (status(503), ErrorCode.UPSTREAM_FAILED),
        (status(429), ErrorCode.RATE_LIMITED),
        (status(500), ErrorCode.UPSTREAM_FAILED),
        (status(404), ErrorCode.UPSTREAM_REFUSED),
    ],
)
async def test_an_answer_that_says_no_is_known(handler: Handler, code: ErrorCode) -> None:
    error, kept, _ = await fails(handler)
    assert error.code is code
    assert kept.told == ["sending", "answered"]


async def test_a_server_that_is_not_there_was_never_sent_anything() -> None:
    async with http_server() as server:
        url, allowed = server.url, server.allowed
    kept = KeptCalls()
    async with services(allowed) as given:
        error = await step_failure(replace(given, calls=kept), post(url))
    assert error.code is ErrorCode.NETWORK
    assert kept.told == []


async def test_a_call_that_cannot_be_remembered_does_not_leave() -> None:
    class Away(NoCallRecord):
        async def step_sending(self, step: StepInput, attempt: int, call: dict[str, Any]) -> SentCall:
            raise PerdureError(ErrorCode.UNAVAILABLE, "The database is away.")

    async with http_server() as server, services(server.allowed) as given:
        error = await step_failure(replace(given, calls=Away()), post(server.url))
        assert server.received == []
    assert error.code is ErrorCode.UNAVAILABLE


async def test_a_success_is_remembered_before_it_is_sent_and_needs_nothing_after() -> None:
    kept = KeptCalls()
    seen: list[list[str]] = []

    async def look(request: Received, writer: asyncio.StreamWriter) -> None:
        seen.append(list(kept.told))
        writer.write(answer(b"ok"))

    async with http_server(look) as server, services(server.allowed) as given:
        result = await run_step(replace(given, calls=kept), post(server.url))
    assert result.output["status"] == 200
    assert (seen, kept.told) == ([["sending"]], ["sending"])


@pytest.mark.parametrize(
    ("config", "remembered"),
    [
        ({}, True),
        ({"idempotency_header": "Idempotency-Key"}, False),
        ({"idempotency_header": "Idempotency-Key", "repeatable": False}, True),
        ({"idempotency_header": ""}, True),
        ({"repeatable": True}, False),
        ({"method": "GET", "json": None}, False),
        ({"method": "PUT"}, True),
    ],
)
async def test_the_settings_say_what_must_not_be_sent_twice(config: dict[str, Any], remembered: bool) -> None:
    kept = KeptCalls()
    async with http_server() as server, services(server.allowed) as given:
        await run_step(replace(given, calls=kept), post(server.url, **config))
    assert kept.told == (["sending"] if remembered else [])


async def test_the_key_that_the_server_may_know_is_evidence() -> None:
    config = {"idempotency_header": "X-Key", "repeatable": False}
    error, _, received = await fails(hang_up, **config)
    assert error.details["call"]["idempotency_key"] == received[0].headers["x-key"]
    error, _, _ = await fails(hang_up, **config, headers={"x-key": "mine"})
    assert error.details["call"]["idempotency_key"] == "mine"
    error, _, _ = await fails(hang_up)
    assert error.details["call"]["idempotency_key"] is None


async def test_a_secret_of_the_address_is_no_evidence() -> None:
    error, kept, _ = await fails(hang_up, path="/hooks/very-secret?key=more-secret", headers={"x": "also-secret"})
    assert "secret" not in repr(kept.calls) + error.message + repr(error.details)


async def test_whoever_sends_us_on_has_not_done_it() -> None:
    async def elsewhere(request: Received, writer: asyncio.StreamWriter) -> None:
        if request.path == "/x":
            writer.write(answer(status=307, headers={"location": "/y"}))
        else:
            writer.write(answer(status=503))

    error, kept, received = await fails(elsewhere)
    assert error.code is ErrorCode.UPSTREAM_FAILED
    assert [request.method for request in received] == ["POST", "POST"]
    assert kept.told == ["sending", "sending", "answered"]


async def test_whoever_sends_us_to_the_result_has_done_it() -> None:
    async def see_other(request: Received, writer: asyncio.StreamWriter) -> None:
        if request.path == "/x":
            writer.write(answer(status=303, headers={"location": "/result"}))
        else:
            writer.write(answer(status=503))

    error, kept, received = await fails(see_other)
    assert [request.method for request in received] == ["POST", "GET"]
    assert (error.code, error.details["lost"], error.details["status"]) == (ErrorCode.OUTCOME_UNKNOWN, Lost.CUT, 303)
    assert kept.told == ["sending"]


async def test_an_answer_that_is_too_large_is_not_attempted_again_anyway() -> None:
    async def flood(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"x" * 5_000))

    error, kept, _ = await fails(flood, max_bytes=100)
    assert error.code is ErrorCode.RESULT_TOO_LARGE
    assert kept.told == ["sending", "answered"]


async def test_an_error_that_nobody_expects_is_no_answer() -> None:
    delivery = Delivery(KeptCalls(), step_input("http_request", {}), 1)
    await delivery.leaving("POST http://example.test")
    unknown = await delivery.judge(ZeroDivisionError("secret"))
    assert unknown is not None
    assert unknown.info.details["cause"] == "Perdure itself failed here (ZeroDivisionError)."


@pytest.mark.parametrize(("repeatable", "code"), [(True, ErrorCode.NETWORK), (False, ErrorCode.OUTCOME_UNKNOWN)])
async def test_a_webhook_is_repeatable_by_its_id(repeatable: bool, code: ErrorCode) -> None:
    async with http_server(hang_up) as server, services(server.allowed) as given:
        step = step_input("notify", {"url": server.url, "repeatable": repeatable})
        error = await step_failure(given, step)
        assert error.code is code
        if not repeatable:
            assert error.details["call"]["idempotency_key"] == server.received[0].headers["webhook-id"]


@pytest.mark.parametrize("kind", sorted(specs()))
def test_kinds_without_side_effects_are_repeatable(kind: str) -> None:
    spec = specs()[kind]
    assert spec.repeatable is True or spec.side_effects is not False
