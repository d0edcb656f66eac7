"""The commands against a whole Perdure: publish, run, watch, approve, steer."""

import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Up

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

GREETING = """\
format: perdure/v1
name: Greeting
input: {type: object, required: [name], properties: {name: {type: string}}}
nodes:
  - id: think
    kind: llm
    with: {model: gpt-4o-mini, prompt: "Say hello to {{ input.name }}."}
  - id: each
    kind: foreach
    with:
      items: "[1, 2, 3]"
      body:
        nodes:
          - id: double
            kind: code
            with: {code: "item * 2", inputs: {item: "{{ item }}"}}
  - id: ask
    kind: approval
    name: May I greet?
    with:
      title: "Greet {{ input.name }}?"
      form:
        type: object
        required: [tone]
        properties: {tone: {type: string, enum: [warm, cold], default: warm}}
  - id: done
    kind: output
    with: {value: {doubled: "{{ nodes.each.output }}", tone: "{{ nodes.ask.output.data.tone }}"}}
edges:
  - {from: think, to: each}
  - {from: each, to: ask}
  - {from: ask.approved, to: done}
"""

FAILING = """\
format: perdure/v1
name: Failing
nodes:
  - id: first
    kind: transform
    with: {value: 1}
  - id: broken
    kind: code
    with: {code: "1 / 0"}
    retry: {max_attempts: 1}
edges:
  - {from: first, to: broken}
"""


@pytest.fixture
def greeting(tmp_path: Path) -> str:
    file = tmp_path / "greeting.yaml"
    file.write_text(GREETING)
    return str(file)


def start(up: Up, file: str) -> str:
    """Id of a run that was started and not waited for."""
    return up.call("run", file, "-i", "name=Ada").stdout.strip()


def pending_approval(up: Up, run_id: str) -> dict[str, Any]:
    """What a run asks; waits until it does."""
    for _ in range(600):
        waiting = json.loads(up.call("approve", "--json").stdout)["items"]
        if mine := [one for one in waiting if one["run_id"] == run_id]:
            return dict(mine[0])
        time.sleep(0.05)
    raise AssertionError(up.call("runs", "show", run_id).stdout)


def test_run_watches_approves_and_prints_the_result(up: Up, greeting: str) -> None:
    ran = up.run("run", greeting, "-i", "name=Ada", "--watch", "--approve-all", "--exit-code")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"doubled": [2, 4, 6], "tone": "warm"}
    for line in ("run started", "think completed", "each[2].double completed", "ask waiting", "done completed"):
        assert re.search(rf"^{re.escape(line)}", ran.stderr, re.MULTILINE), ran.stderr


def test_a_run_that_fails_gives_status_1_and_can_be_looked_at_and_retried(up: Up, tmp_path: Path) -> None:
    (tmp_path / "failing.yaml").write_text(FAILING)
    ran = up.call("run", str(tmp_path / "failing.yaml"), "--exit-code")
    assert ran.returncode == 1
    assert "broken failed" in ran.stderr
    assert ran.stdout == ""
    run_id = re.search(r"run ([0-9a-f-]{36}) failed", ran.stderr)
    assert run_id is not None
    shown = up.call("runs", "show", run_id[1]).stdout
    assert "division by zero" in shown
    assert "first" in shown
    assert up.call("runs", "retry", run_id[1]).returncode == 0
    again = up.call("runs", "watch", run_id[1], "--exit-code")
    assert again.returncode == 1
    assert again.stderr.count("broken failed") == 2
    assert again.stderr.count("first completed") == 1


def test_somebody_approves_from_another_terminal(up: Up, greeting: str) -> None:
    run_id = start(up, greeting)
    asked = pending_approval(up, run_id)
    assert asked["title"] == "Greet Ada?"
    wrong = up.call("approve", asked["id"], "--data", '{"tone": "loud"}')
    assert wrong.returncode == 1
    assert "tone" in wrong.stderr
    right = up.call("approve", asked["id"], "--data", '{"tone": "cold"}', "--reason", "it is late")
    assert right.returncode == 0, right.stderr
    late = up.call("approve", asked["id"], "--decision", "rejected")
    assert late.returncode == 1
    assert "already_decided" in late.stderr
    watched = up.call("runs", "watch", run_id, "--exit-code")
    assert json.loads(watched.stdout)["tone"] == "cold"


def test_runs_are_steered(up: Up, greeting: str) -> None:
    run_id = start(up, greeting)
    pending_approval(up, run_id)
    assert "pause requested" in up.call("runs", "pause", run_id).stderr
    assert "resume requested" in up.call("runs", "resume", run_id).stderr
    assert up.call("runs", "cancel", run_id, "--reason", "enough").returncode == 0
    watched = up.call("runs", "watch", run_id, "--exit-code")
    assert watched.returncode == 1
    assert "cancelled" in watched.stderr
    forked = up.call("runs", "fork", run_id, "--from", "ask").stdout.strip()
    done = up.call("runs", "watch", forked, "--approve-all", "--exit-code")
    assert done.returncode == 0, done.stderr
    assert "think started" not in done.stderr
    listed = [line.split("\t") for line in up.call("runs", "list", "--workflow", "greeting").stdout.splitlines()]
    assert [row[0] for row in listed[:2]] == [forked, run_id]


def test_what_cannot_be_started_is_explained(up: Up, greeting: str, tmp_path: Path) -> None:
    missing = up.call("run", greeting)
    assert missing.returncode == 1
    assert "'name' is a required property" in missing.stderr
    (tmp_path / "bad.yaml").write_text("format: perdure/v1\nname: Bad\nnodes:\n  - {id: a, kind: llmm}\n")
    bad = up.call("run", str(tmp_path / "bad.yaml"))
    assert bad.returncode == 1
    assert ":4:13 unknown_kind" in bad.stdout
    assert "1 fault(s)" in bad.stderr
    unknown = up.call("runs", "show", "not-a-run")
    assert unknown.returncode == 1
    assert "not_found" in unknown.stderr
    locked = up.call("--token", "wrong", "runs", "list")
    assert "does not accept the token" in locked.stderr


def test_the_same_key_starts_one_run(up: Up, greeting: str) -> None:
    ids = {up.call("run", greeting, "-i", "name=Bo", "--idempotency-key", "k1").stdout.strip() for _ in range(2)}
    assert len(ids) == 1
    up.call("runs", "cancel", ids.pop())


def test_the_link_that_up_prints_signs_in_once(up: Up) -> None:
    found = re.search(r"Sign in once with\s+(http://127\.0\.0\.1:\d+)/login\?ticket=(\S+)", up.said)
    assert found is not None, up.said
    answers = [httpx.post(f"{found[1]}/v1/auth/ticket", json={"ticket": found[2]}, trust_env=False) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert answers[0].json()["workspace"]["role"] == "owner"
    assert (up.folder / "signing-key").stat().st_mode & 0o077 == 0


def test_login_link_prints_another_one(up: Up) -> None:
    printed = up.run("login-link").stdout.strip()
    url, _, ticket = printed.partition("/login?ticket=")
    answer = httpx.post(f"{url}/v1/auth/ticket", json={"ticket": ticket}, trust_env=False)
    assert answer.status_code == 200, answer.text
    key = httpx.post(
        f"{url}/v1/api-keys",
        json={"name": "cli", "scopes": ["runs:read"]},
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        trust_env=False,
    ).json()["key"]
    assert up.run("--token", key, "runs", "list").returncode == 0
    refused = up.run("--token", key, "login-link")
    assert refused.returncode == 1
    assert "workspace:own" in refused.stderr
