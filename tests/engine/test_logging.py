"""Log lines are JSON with their context, and hold no secret."""

import base64
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from db.session import Database
from db.tables import PrivacySettings
from engine.log_masking import CUT, LogMasking
from engine.logging import HIDDEN, MOST_CHARS, configure_logging, scrubber
from engine.redaction import Redactor
from schemas.private_data import MAX_TEXT_CHARS
from tests.support.workspaces import new_workspace

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


def test_a_text_that_is_too_long_leaves_the_line_what_it_is(lines: Lines) -> None:
    structlog.get_logger("ours").info("took", text="hunter2hunter2" * MOST_CHARS, run_id="r1")
    (line,) = lines()
    assert (line["run_id"], line["text"]) == ("r1", f"[{14 * MOST_CHARS:,} characters, too many for a log]")


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


@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_learned_while_running_is_hidden_in_every_line(as_json: bool) -> None:
    known: dict[str, str] = {}
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("worker", json=as_json, hide=lambda text: Redactor(known).text(text), stream=stream)
    try:
        secret = 'tok"xyzzy/late'
        known[secret] = "stripe"
        logging.getLogger("a").info("sent %s and %s", secret, base64.b64encode(secret.encode()).decode())
        try:
            held_in_a_variable = ("padding " * 20 + secret)[:]
            raise ValueError(f"refused {'x ' * 33}{secret}" if held_in_a_variable else "")
        except ValueError:
            structlog.get_logger("b").exception("failed", answer={"echo": [secret]})
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    written = stream.getvalue()
    assert written.count("[redacted: stripe]") >= 4
    assert secret not in written
    assert "padding padding" not in written  # the values of variables are not shown at all


async def test_personal_data_are_masked_as_each_workspace_wants_it(own_database: Database) -> None:
    masking, stream, root = LogMasking(), io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    names = [await new_workspace(own_database.url) for _ in range(3)]
    for name, wanted in zip(names, ({"fields": ["born", "customer.name"]}, {"mask_logs": False}, None), strict=True):
        if wanted is not None:
            async with own_database.tenant(name) as session:
                session.add(PrivacySettings(workspace_id=name, **wanted))
    await masking.look(own_database)
    configure_logging("worker", hide=masking, fields=masking.fields, stream=stream)
    try:
        for workspace in (*names, None):
            bound = {} if workspace is None else {"workspace_id": str(workspace)}
            with structlog.contextvars.bound_contextvars(**bound):
                about = {"name": "Ada", "mail": "ada@example.com"}
                structlog.get_logger("ours").info("met ada@example.com", customer=about, born="1815-12-10", step="a")
                logging.getLogger("theirs").info("called +44 20 7946 0018", extra={"born": 1815})
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    ours, theirs = told[::2], told[1::2]
    named, as_it_is, plain, nobodys = ({"customer": one["customer"], "born": one["born"]} for one in ours)
    mail = "[e-mail address]"
    assert named == {"customer": {"name": "[masked]", "mail": mail}, "born": "[masked]"}
    assert as_it_is == {"customer": {"name": "Ada", "mail": "ada@example.com"}, "born": "1815-12-10"}
    assert plain == nobodys == {"customer": {"name": "Ada", "mail": mail}, "born": "1815-12-10"}
    assert [one["event"] for one in ours] == [f"met {who}" for who in (mail, "ada@example.com", mail, mail)]
    assert [one["born"] for one in theirs] == ["[masked]", 1815, 1815, 1815]
    assert "7946" not in theirs[0]["event"]
    assert {(one["step"], one["level"]) for one in ours} == {("a", "info")}


def test_what_is_too_long_to_be_searched_is_left_out() -> None:
    line = LogMasking()("x" * MAX_TEXT_CHARS + " ada@example.com")
    assert line == "x" * MAX_TEXT_CHARS + CUT
