"""Stored histories: what Temporal kept of a run, with the blobs that its payloads refer to."""

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import (
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)

from db.session import Database
from db.tables import Blob
from engine.converter import DRIVER_NAME
from engine.payload_marks import BLOB_KEY

STORED = Path(__file__).parent / "stored"


@dataclass(frozen=True)
class StoredHistory:
    """One file: the executions of one run and what they need."""

    name: str
    kinds: tuple[str, ...]
    executions: tuple[WorkflowHistory, ...]
    blobs: dict[str, bytes]


def load(path: Path) -> StoredHistory:
    """Reads a stored history."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    return StoredHistory(
        name=path.name.removesuffix(".json.gz"),
        kinds=tuple(data["kinds"]),
        executions=tuple(WorkflowHistory.from_json(e["id"], e["history"]) for e in data["executions"]),
        blobs={key: base64.b64decode(blob) for key, blob in data["blobs"].items()},
    )


async def save(
    folder: Path, name: str, client: Client, database: Database, workspace_id: Any, kinds: Sequence[str], root: str
) -> None:
    """Stores every execution of a run: continued ones and children too."""
    executions = []
    for workflow_id, run_id in await _executions(client, root):
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        executions.append({"id": workflow_id, "history": _impersonal(history.to_json_dict())})
    async with database.tenant(workspace_id) as session:
        blobs = (await session.execute(select(Blob.hash, Blob.data))).all()
    data = {
        "kinds": sorted(kinds),
        "executions": executions,
        "blobs": {f"{workspace_id}/{blob.hash}": base64.b64encode(blob.data).decode() for blob in blobs},
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, sort_keys=True).encode()
    (folder / f"{name}.json.gz").write_bytes(gzip.compress(text, 9, mtime=0))


def _impersonal(value: Any) -> Any:
    """Without what tells of the machine that recorded it; replay needs neither."""
    if isinstance(value, list):
        return [_impersonal(item) for item in value]
    if isinstance(value, dict):
        return {key: _impersonal(item) for key, item in value.items() if key not in ("stackTrace", "identity")}
    return value


async def _executions(client: Client, root: str) -> list[tuple[str, str | None]]:
    """Every execution that belongs to a run, found through the histories themselves."""
    todo: list[tuple[str, str | None]] = [(root, None)]
    found: list[tuple[str, str | None]] = []
    while todo:
        workflow_id, run_id = todo.pop()
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        found.append((workflow_id, run_id))
        before = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        if before:
            todo.append((workflow_id, before))
        for event in history.events:
            child = event.child_workflow_execution_started_event_attributes.workflow_execution
            if child.workflow_id:
                todo.append((child.workflow_id, None))
    return found


class ArchiveDriver(StorageDriver):
    """Hands out the blobs of stored histories; takes none."""

    def __init__(self, blobs: dict[str, bytes]) -> None:
        self._blobs = blobs

    def name(self) -> str:
        """The name under which histories refer to the real store."""
        return DRIVER_NAME

    async def store(self, context: StorageDriverStoreContext, payloads: Sequence[Payload]) -> list[StorageDriverClaim]:
        """Replay writes nothing; the claims are never read."""
        return [StorageDriverClaim({"workspace": "replay", "hash": "replay"}) for _ in payloads]

    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        """Blobs as the real store gives them."""
        return [self._payload(claim.claim_data["workspace"], claim.claim_data["hash"]) for claim in claims]

    def _payload(self, workspace: str, blob_hash: str) -> Payload:
        payload = Payload.FromString(self._blobs[f"{workspace}/{blob_hash}"])
        payload.metadata[BLOB_KEY] = blob_hash.encode()
        return payload
