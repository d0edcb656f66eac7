"""Stored histories replay: a change of the interpreter that would break a running workflow fails here."""

import dataclasses

import pytest
from temporalio.converter import ExternalStorage
from temporalio.worker import Replayer, WorkflowReplayResult

from engine.converter import data_converter
from schemas import limits
from schemas.nodes import document_specs
from tests.histories.archive import STORED, ArchiveDriver, StoredHistory, load
from tests.histories.scenarios import SCENARIOS
from workers.sandbox import workflow_runner
from workflows.graph_run.workflow import GraphRun

FILES = sorted(STORED.glob("*/*.json.gz"))


def replayer(stored: StoredHistory) -> Replayer:
    converter = data_converter(ExternalStorage(drivers=[ArchiveDriver(stored.blobs)]))
    return Replayer(workflows=[GraphRun], data_converter=converter, workflow_runner=workflow_runner(sandbox=True))


async def results(stored: StoredHistory) -> list[WorkflowReplayResult]:
    return [await replayer(stored).replay_workflow(h, raise_on_replay_failure=False) for h in stored.executions]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name.removesuffix('.json.gz')}")
async def test_every_stored_history_replays(path, monkeypatch: pytest.MonkeyPatch) -> None:
    if path.name.startswith(("fresh_histories", "agents")):
        monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 3)
    failures = [result.replay_failure for result in await results(load(path)) if result.replay_failure]
    assert not failures


def test_every_kind_has_a_stored_history() -> None:
    stored = {kind for path in FILES for kind in load(path).kinds}
    missing = set(document_specs()) - stored
    assert not missing, f"no stored history has {missing}; see tests/histories/test_record.py"


def test_every_scenario_is_stored() -> None:
    stored = {path.name.removesuffix(".json.gz") for path in FILES}
    assert {scenario.__name__ for scenario in SCENARIOS} <= stored


async def test_a_changed_interpreter_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard itself works: when loops may not repeat, the history of one no longer replays."""
    path = next(p for p in FILES if p.name == "items_in_children.json.gz")
    stored = load(path)
    other = dataclasses.replace(stored, executions=stored.executions[:1])
    monkeypatch.setattr(limits, "MAX_ITEMS", 10)
    assert any(result.replay_failure for result in await results(other))
