"""Log lines are JSON with their context, and hold no secret."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from engine.logging import HIDDEN, configure_logging, scrubber

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("worker", secrets=["hunter2hunter2"], stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_both_kinds_of_logger_carry_the_bound_context(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(run_id="r1", path="each[0].pay"):
        structlog.get_logger("ours").info("paid", amount=5)
        logging.getLogger("theirs").warning("slow %s", "network")
    ours, theirs = lines()
    assert (ours["event"], ours["run_id"], ours["path"], ours["amount"]) == ("paid", "r1", "each[0].pay", 5)
    assert (theirs["event"], theirs["run_id"], theirs["level"]) == ("slow network", "r1", "warning")
    assert ours["service"] == theirs["service"] == "worker"


def test_what_temporal_attaches_is_flattened(lines: Lines) -> None:
    attached = {"workflow_id": "run-1", "run_id": "x", "attempt": 2, "namespace": "default"}
    logging.getLogger("temporalio.workflow").info("walked", extra={"temporal_workflow": attached})
    (line,) = lines()
    assert (line["workflow_id"], line["execution_id"], line["attempt"]) == ("run-1", "x", 2)
    assert "temporal_workflow" not in line
    assert "namespace" not in line


def test_secrets_are_hidden_by_name_by_value_and_by_shape(lines: Lines) -> None:
    logging.getLogger("a").info("key sk-abcdefghijklmnop and Bearer abcdef123456")
    structlog.get_logger("b").info("x", headers={"Authorization": "Basic abc"}, api_key="abc", text="hunter2hunter2!")
    try:
        raise ValueError("postgresql://me:topsecret@db/x refused")
    except ValueError:
        logging.getLogger("c").exception("failed")
    text = json.dumps(lines())
    for secret in ("sk-abc", "abcdef123456", "Basic", "hunter2", "topsecret"):
        assert secret not in text
    assert lines()[1]["headers"]["Authorization"] == HIDDEN
    assert "ValueError" in lines()[2]["exception"]


def test_token_counts_are_no_secret(lines: Lines) -> None:
    structlog.get_logger("a").info("answered", tokens_in=12, tokens=3)
    assert (lines()[0]["tokens_in"], lines()[0]["tokens"]) == (12, 3)


def test_short_values_are_not_hidden_everywhere() -> None:
    assert scrubber(["", "a", "abc"])("a cat and abc") == "a cat and abc"
