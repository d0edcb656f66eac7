"""Keeps the histories that faults leave behind for tests/histories to replay; see test_record.py there."""

import json
import os
from pathlib import Path

from cli.embedded import postgres
from db.session import Database
from db.tables import DEFAULT_WORKSPACE_ID
from engine.client import connect_now, workflow_id
from engine.settings import TemporalSettings
from tests.faults.runs import StartedRun
from tests.faults.stack import aside
from tests.histories.archive import STORED, save


def keep_history(run: StartedRun, fault: str) -> None:
    """Store the history of a run if PERDURE_RECORD_HISTORIES names a release."""
    release = os.environ.get("PERDURE_RECORD_HISTORIES")
    if release:
        aside(_keep(run, STORED / release, f"fault_{fault}"))


async def _keep(run: StartedRun, folder: Path, name: str) -> None:
    data = run.stack.folder
    port = json.loads((data / "temporal" / "ports.json").read_text())[0]
    database = Database(postgres.start(data).url)
    try:
        client = await connect_now(TemporalSettings(address=f"127.0.0.1:{port}"), database)
        kinds = sorted({step["kind"] for step in run.record().steps.values()})
        await save(folder, name, client, database, DEFAULT_WORKSPACE_ID, kinds, workflow_id(run.id, 1))
    finally:
        await database.dispose()
