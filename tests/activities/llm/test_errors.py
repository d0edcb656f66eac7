from typing import Any

import pytest

from activities.llm.errors import judge, translate
from activities.llm.litellm_strictness import read_event
from activities.llm.reply import Reply, Said, Usage
from activities.llm.routing import route
from schemas.conversation import Finish
from schemas.errors import ErrorCode, PerdureError

ROUTE = route("gpt-4o")


SAID = [Said(pieces=["x"])]


class VendorError(Exception):
    """As the SDKs raise them."""

    def __init__(self, status: int, message: str, **body: Any) -> None:
        super().__init__(message)
        self.status_code = status
        self.body = {"error": {"message": message, **body}}


def translated(error: Exception, secrets: tuple[str, ...] = ()) -> PerdureError:
    found = translate(error, ROUTE, Reply(), secrets)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, ErrorCode.INVALID_CONFIG),
        (409, ErrorCode.UPSTREAM_FAILED),
        (408, ErrorCode.TIMEOUT),
        (418, ErrorCode.INVALID_CONFIG),
        (422, ErrorCode.INVALID_CONFIG),
        (504, ErrorCode.TIMEOUT),
        (599, ErrorCode.UPSTREAM_FAILED),
    ],
)
def test_by_status(status: int, code: ErrorCode) -> None:
    assert translated(VendorError(status, "no")).code is code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("overloaded_error", ErrorCode.UPSTREAM_FAILED),
        ("rate_limit_error", ErrorCode.RATE_LIMITED),
        ("authentication_error", ErrorCode.AUTH_FAILED),
        ("timeout_error", ErrorCode.TIMEOUT),
        ("something new", ErrorCode.UPSTREAM_FAILED),
    ],
)
def test_by_the_kind_of_an_error_event_in_a_stream_that_began_well(kind: str, code: ErrorCode) -> None:
    assert translated(VendorError(200, "no", type=kind)).code is code


def test_prompts_that_vendors_refuse() -> None:
    assert translated(VendorError(400, "no", code="content_policy_violation")).code is ErrorCode.CONTENT_REFUSED


def test_what_vendors_say_is_shown_without_keys_and_short() -> None:
    text = "Bad: my-own-secret sk-abcdef123456 Bearer xyz.abc AIzaSyD-1234567890 " + "x" * 5_000
    message = translated(VendorError(400, text), ("my-own-secret",)).info.message
    for secret in ("my-own-secret", "sk-abcdef", "xyz.abc", "AIzaSyD"):
        assert secret not in message
    assert "Bad: ***" in message
    assert len(message) < 700


def test_unexpected_errors_are_left_alone() -> None:
    assert translate(KeyError("x"), ROUTE, Reply()) is None
    ours = PerdureError(ErrorCode.MISSING_CREDENTIAL, "x")
    assert translate(ours, ROUTE, Reply()) is ours


def test_a_time_out_may_be_wrapped() -> None:
    error = VendorError(500, "wrapped")
    error.__cause__ = TimeoutError()
    assert translated(error).code is ErrorCode.TIMEOUT


@pytest.mark.parametrize(
    ("reply", "structured", "code"),
    [
        (Reply(said=SAID), False, ErrorCode.STREAM_CUT),
        (Reply(finish=Finish.STOP), False, ErrorCode.OUTPUT_INVALID),
        (Reply(finish=Finish.TOOL_CALLS), False, ErrorCode.OUTPUT_INVALID),
        (Reply(finish=Finish.REFUSED, said=SAID), False, ErrorCode.CONTENT_REFUSED),
        (Reply(finish=Finish.LENGTH, said=SAID), True, ErrorCode.OUTPUT_INVALID),
        (Reply(finish=Finish.LENGTH), False, ErrorCode.OUTPUT_INVALID),
        (Reply(finish=Finish.CONTEXT_FULL), False, ErrorCode.INVALID_CONFIG),
    ],
)
def test_answers_that_are_no_use(reply: Reply, structured: bool, code: ErrorCode) -> None:
    with pytest.raises(PerdureError) as caught:
        judge(reply, ROUTE, structured)
    assert caught.value.code is code


def test_answers_that_are() -> None:
    judge(Reply(said=SAID, finish=Finish.STOP), ROUTE, structured=True)
    judge(Reply(said=SAID, finish=Finish.LENGTH), ROUTE, structured=False)
    judge(Reply(said=SAID, finish=Finish.CONTEXT_FULL, usage=Usage(fresh_in=1)), ROUTE, structured=False)


def test_events_that_litellm_would_skip() -> None:
    assert read_event('data: {"a": 1}') == {"a": 1}
    assert read_event('{"a": 1}') == {"a": 1}
    for line in ("", ": comment", "event: ping", "data: [DONE]", "data:", "data: 3"):
        assert read_event(line) is None
    for line in ('data: {"a": ', "data: x", '{"a": '):
        with pytest.raises(ValueError, match=r"."):
            read_event(line)
