"""Settings of a worker come from the environment and fail with a reason."""

import pytest
from pydantic import ValidationError

from workers.settings import WorkerSettings


def test_queues_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERDURE_WORKER_QUEUES", "runs, slow ,runs,")
    assert WorkerSettings().queues == ("runs", "slow")


def test_all_queues_are_served_by_default() -> None:
    assert WorkerSettings().queues == ("runs", "actions", "llm")


def test_no_queue_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERDURE_WORKER_QUEUES", " , ")
    with pytest.raises(ValidationError, match="queues"):
        WorkerSettings()


def test_arguments_stand_above_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERDURE_WORKER_HEALTH_PORT", "1")
    assert WorkerSettings(health_port=2).health_port == 2


def test_the_sandbox_is_for_tests() -> None:
    assert not WorkerSettings().sandbox
    assert WorkerSettings(sandbox=True).sandbox
