"""Runs every scenario; with PERDURE_RECORD_HISTORIES=<release> in the environment it stores their histories too.

Record when a release changes the interpreter on purpose; histories of earlier releases stay, and must go on replaying.
"""

import os

import pytest

from schemas import limits
from tests.histories.archive import STORED, save
from tests.histories.scenarios import SCENARIOS, Scenario, agents, fresh_histories
from tests.support.perdure import ENDED, Perdure


@pytest.mark.longer  # what has been recorded is replayed by every run
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.__name__)
async def test_scenario_ends(
    scenario: Scenario, perdure: Perdure, model_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if scenario in (fresh_histories, agents):
        monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 3)
    run = await scenario(perdure, model_server)
    assert (await perdure.get(run))["status"] in ENDED
    release = os.environ.get("PERDURE_RECORD_HISTORIES")
    if release:
        kinds = {step["kind"] for step in (await perdure.steps(run)).values()}
        await save(
            STORED / release, scenario.__name__, perdure.temporal, perdure.database, perdure.workspace_id, kinds,
            perdure.handle(run).id,
        )  # fmt: skip
