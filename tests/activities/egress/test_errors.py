"""Retry-After in each of its forms, and what an answer's beginning looks like in a message."""

from datetime import UTC, datetime

import pytest

from activities.egress.errors import excerpt, retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("30", 30.0),
        (" 30 ", 30.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("Sun Mar  1 12:00:30 2026", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("Sun, 99 Mar 2026 12:00:30 GMT", None),
        ("9" * 500, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_an_excerpt_is_one_short_clean_line() -> None:
    assert excerpt(b"") == ""
    assert excerpt(b" a\r\n\tb ") == "a b"
    assert excerpt(b"\x00\xff") == "\ufffd\ufffd"
    assert len(excerpt(b"x" * 10_000)) == 500
