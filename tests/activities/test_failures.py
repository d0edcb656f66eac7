"""Errors as Temporal carries them."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.failures import to_application_error
from schemas.errors import ErrorCode, ErrorInfo, PerdureError


def test_our_errors_keep_code_details_and_posture() -> None:
    error = to_application_error(
        PerdureError(ErrorCode.RATE_LIMITED, "Busy.", retry_after=7.5, details={"status": 429})
    )
    assert (error.message, error.type, error.non_retryable) == ("Busy.", "rate_limited", False)
    assert error.next_retry_delay == timedelta(seconds=7.5)
    info = ErrorInfo.model_validate(error.details[0])
    assert (info.code, info.details) == (ErrorCode.RATE_LIMITED, {"status": 429})


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_code_has_its_retry_posture(code: ErrorCode) -> None:
    error = to_application_error(PerdureError(code, "x"))
    assert error.type == code.value
    assert error.non_retryable is not ErrorInfo(code=code, message="x").reaction.retryable
    assert error.next_retry_delay is None


def test_nobody_makes_us_wait_longer_than_a_day() -> None:
    error = to_application_error(PerdureError(ErrorCode.RATE_LIMITED, "x", retry_after=1e12))
    assert error.next_retry_delay == timedelta(days=1)


def test_an_unexpected_error_says_its_type_only() -> None:
    error = to_application_error(KeyError("password=hunter2"))
    assert error.type == "internal"
    assert "KeyError" in error.message
    assert "hunter2" not in error.message + str(error.details)
    assert error.non_retryable is False


def test_text_that_cannot_be_stored_is_cleaned_and_cut() -> None:
    error = to_application_error(PerdureError(ErrorCode.NETWORK, "a\x00\ud800" + "b" * 9_000, details={"k": "\x00"}))
    assert error.message.startswith("a\ufffd?b")
    assert len(error.message) == 8_000
    assert error.details[0]["details"] == {"k": "\ufffd"}


def test_a_finished_mapping_is_left_alone() -> None:
    error = ApplicationError("x")
    assert to_application_error(error) is error


def test_details_that_are_no_json_are_left_out() -> None:
    error = to_application_error(PerdureError(ErrorCode.NETWORK, "x", details={"k": object()}))
    assert error.details[0]["details"] == {}
