"""Credentials from the command line, and the change of the keys that encrypt them while everything runs."""

import json
import subprocess

import pytest

from cli.data_folder import DataFolder
from engine.secrets.encryption import parse_keys
from tests.cli.conftest import Up, command, environment

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

VALUE = "tok-live-4242-of-the-command-line"


def create(up: Up, name: str, secret: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("--data-dir", str(up.folder), "credentials", "create", name, *arguments),
        env=environment(),
        input=json.dumps(secret),
        text=True,
        capture_output=True,
        timeout=90,
        check=False,
    )


def test_a_secret_is_stored_from_stdin_and_outlives_its_keys(up: Up, tmp_path_factory: pytest.TempPathFactory) -> None:
    made = create(up, "models", {"api_key": VALUE}, "--type", "llm_provider", "--set", "provider=openai")
    assert made.returncode == 0, made.stderr
    assert VALUE not in made.stdout + made.stderr
    assert "models\tllm_provider\t…line" in up.call("credentials", "list").stdout
    keys = DataFolder(up.folder).encryption_keys()
    [first] = parse_keys(keys.read_text())

    rotated = up.run("credentials", "rotate", "--new-key")
    assert rotated.returncode == 0, rotated.stderr
    second, kept = parse_keys(keys.read_text())
    assert kept == first
    assert "1 secret(s) wrapped" in rotated.stderr
    assert f"{second}: 1" in rotated.stderr

    forgotten = up.run("credentials", "rotate", "--forget-old")
    assert forgotten.returncode == 0, forgotten.stderr
    assert f"removed the key {first}" in forgotten.stderr
    assert list(parse_keys(keys.read_text())) == [second]

    # The worker reads the file again: the step gets as far as the provider, which is out of reach here.
    flow = tmp_path_factory.mktemp("flows") / "ask.yaml"
    flow.write_text(
        "format: perdure/v1\nname: Ask\nnodes:\n- id: ask\n  kind: llm\n  retry: {max_attempts: 1}\n"
        "  with: {model: claude-haiku-5-5, prompt: hi, credential: models}\n"
    )
    ran = up.run("run", str(flow), "--watch")
    assert "is for openai models" in ran.stdout + ran.stderr
    assert VALUE not in up.logs()
    assert up.call("credentials", "delete", "models").returncode == 1
    assert up.call("credentials", "delete", "models", "--force").returncode == 0


def test_what_is_wrong_is_a_sentence(up: Up) -> None:
    refused = create(up, "short", {"token": "abc"})
    assert refused.returncode == 1
    assert "body.secret.token" in refused.stderr
    assert "abc" not in refused.stderr.replace("short", "")
    unclear = create(up, "unclear", ["a", "list"])  # type: ignore[arg-type]
    assert "JSON object" in unclear.stderr
