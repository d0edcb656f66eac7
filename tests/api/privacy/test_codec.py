"""The codec endpoint: whatever it is sent, it answers, and never with more than a process can hold."""

import base64
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from sqlalchemy import select
from temporalio.api.common.v1 import Payload

from api.services import Services
from db.tables import AuditEntry
from engine.payload_marks import ENCODING
from schemas.messages import StepResult

REFERENCE: Final = b"temporal.api.sdk.v1.ExternalStorageReference"


def claim(**data: str) -> Payload:
    """What says that it stands for a stored payload."""
    metadata = {"encoding": b"json/protobuf", "messageType": REFERENCE}
    return Payload(metadata=metadata, data=orjson.dumps({"driverName": "perdure-blobs", "claimData": data}))


def encrypted(workspace_id: UUID, data: bytes = b"\1" + bytes(60), **metadata: bytes) -> Payload:
    """What says that it was encrypted for the workspace."""
    named = {f"perdure-{name}": value for name, value in metadata.items()}
    return Payload(metadata={"encoding": ENCODING, "perdure-workspace": str(workspace_id).encode(), **named}, data=data)


def odd(workspace_id: UUID) -> dict[str, Payload]:
    """Payloads that nobody has written."""
    own, key = {"workspace": str(workspace_id)}, str(uuid4()).encode()
    return {
        "no reference": Payload(metadata={"messageType": REFERENCE}, data=b"x"),
        "a claim without a hash": claim(**own),
        "a claim of nothing": claim(**own, hash="0" * 64),
        "a claim that is no hash": claim(**own, hash="\0"),
        "no key": encrypted(workspace_id),
        "a key that is no id": encrypted(workspace_id, key=b"the first one"),
        "a key that is no text": encrypted(workspace_id, key=b"\xff"),
        "an unknown key": encrypted(workspace_id, key=key),
        "nothing encrypted": encrypted(workspace_id, b"", key=key),
        "a workspace that is no text": Payload(metadata={"encoding": ENCODING, "perdure-workspace": b"\xff"}),
        "nothing": Payload(),
    }


def written(payload: Payload) -> dict[str, Any]:
    metadata = {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()}
    return {"metadata": metadata, "data": base64.b64encode(payload.data).decode()}


async def decoded(api: httpx.AsyncClient, payloads: list[Payload]) -> list[dict[str, Any]]:
    answer = await api.post("/codec/decode", json={"payloads": [written(one) for one in payloads]})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["payloads"]
    return found


@pytest.mark.parametrize("what", odd(UUID(int=0)))
async def test_what_cannot_be_read_stays_as_it_came(api: httpx.AsyncClient, services: Services, what: str) -> None:
    payload = odd(services.workspace_id)[what]
    assert await decoded(api, [payload]) == [written(payload)]


async def test_many_references_to_one_payload_are_decoded_once_and_up_to_a_limit(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = StepResult(workspace_id=str(services.workspace_id), output="Ada Lovelace " * 10_000)
    [stored] = await services.temporal.data_converter.encode([large])
    assert len(stored.data) < 1_000
    shown = await decoded(api, [stored, Payload(data=b"x"), stored])
    assert b"Lovelace" in base64.b64decode(shown[0]["data"])
    assert (shown[1], shown[2]) == (written(Payload(data=b"x")), shown[0])
    assert await decoded(other_api, [stored]) == [written(stored)]

    monkeypatch.setattr("api.privacy.codec_router.MAX_BYTES", 1_000_000)
    shown = await decoded(api, [stored] * 2_000)
    plain = sum(one != written(stored) for one in shown)
    assert 0 < plain * 130_000 < 1_200_000
    assert shown[plain:] == [written(stored)] * (2_000 - plain)
    async with services.database.tenant(services.workspace_id) as session:
        told = list(await session.scalars(select(AuditEntry.after).order_by(AuditEntry.id)))
    assert told == [{"payloads": 2}, {"payloads": plain}]
