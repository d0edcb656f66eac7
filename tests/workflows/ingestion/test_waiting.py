"""An ingestion whose call has to wait for its turn waits in its workflow, and fails for nothing else."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from activities.failures import to_application_error
from cli.embedded import temporal as embedded_temporal
from db.session import Database
from engine.client import connect_now
from engine.settings import TemporalSettings
from schemas.errors import ErrorCode, PerdureError
from schemas.knowledge import DocumentFailure, DocumentOrder, EmbeddedBatch, Extracted
from schemas.messages import RUNS_QUEUE
from workflows.ingestion.workflow import DocumentIngestion


class Portions:
    """The activities of an ingestion; the outcome of each call for vectors is given."""

    def __init__(self, *outcomes: PerdureError | int) -> None:
        self.outcomes = list(outcomes)
        self.done: list[str] = []

    @activity.defn(name="extract_document")
    async def extract(self, order: DocumentOrder) -> Extracted:
        return Extracted(workspace_id=order.workspace_id, chunks=2, missing=2)

    @activity.defn(name="embed_chunks")
    async def embed(self, order: DocumentOrder) -> EmbeddedBatch:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, PerdureError):
            raise to_application_error(outcome)
        return EmbeddedBatch(workspace_id=order.workspace_id, done=1, left=outcome)

    @activity.defn(name="finish_document")
    async def finish(self, order: DocumentOrder) -> None:
        self.done.append("ready")

    @activity.defn(name="fail_document")
    async def fail(self, failure: DocumentFailure) -> None:
        self.done.append(failure.code)


async def ingest(client: Client, portions: Portions) -> None:
    order = DocumentOrder(workspace_id=str(uuid4()), document_id=str(uuid4()), revision=1)
    activities = [portions.extract, portions.embed, portions.finish, portions.fail]
    queue = {"task_queue": RUNS_QUEUE}
    async with Worker(client, **queue, workflows=[DocumentIngestion], activities=activities):
        await client.execute_workflow(DocumentIngestion.run, order, id=f"ingest-{order.document_id}", **queue)


@pytest.fixture
def own_temporal(tmp_path: Path) -> Iterator[str]:
    """Address of a server where no worker of other tests takes what is for ours."""
    running = embedded_temporal.start(tmp_path, ui=False)
    try:
        yield running.address
    finally:
        running.stop()


async def test_a_turn_is_waited_for_and_a_refusal_is_written_down(database: Database, own_temporal: str) -> None:
    client = await connect_now(TemporalSettings(address=own_temporal), database)
    wait = PerdureError(ErrorCode.THROTTLED, "Not yet.", details={"retry_after": 0.1})
    patient = Portions(wait, 1, wait, wait, 0)
    await ingest(client, patient)
    assert (patient.done, patient.outcomes) == (["ready"], [])
    refused = Portions(1, PerdureError(ErrorCode.QUOTA_EXCEEDED, "No more."))
    await ingest(client, refused)
    assert refused.done == ["quota_exceeded"]
