"""Payloads: workspace tags, plans as references, shared plan objects."""

import gc
import json
from uuid import uuid4

from temporalio.api.common.v1 import Payload

from engine.converter import DRIVER_NAME, data_converter, plan_payload
from engine.payload_marks import BLOB_KEY, WORKSPACE_KEY
from engine.plan_cache import PLANS, PlanCache, PlanOrigin
from schemas.messages import PlanRef, RunInput
from schemas.plan import Plan
from schemas.signals import Control
from tests.support.plans import stub_plan


def stored(plan: Plan, workspace_id: str, blob_hash: str) -> Payload:
    """The payload as the blob store hands it back."""
    payload = plan_payload(workspace_id, plan)
    payload.metadata[BLOB_KEY] = blob_hash.encode()
    return payload


async def test_messages_carry_their_workspace() -> None:
    workspace_id = str(uuid4())
    [payload] = await data_converter().encode([Control(workspace_id=workspace_id, action="pause")])
    assert payload.metadata[WORKSPACE_KEY].decode() == workspace_id
    assert (await data_converter().decode([payload], [Control])) == [Control(workspace_id=workspace_id, action="pause")]


async def test_other_values_carry_no_workspace() -> None:
    payloads = await data_converter().encode([{"workspace_id": "w"}, None, b"bytes", "text"])
    assert all(WORKSPACE_KEY not in payload.metadata for payload in payloads)


async def test_a_plan_reference_is_what_the_sdk_writes_for_a_stored_payload() -> None:
    reference = PlanRef(workspace_id="w", plan_hash="p", blob_hash="b", size=123_456)
    [payload] = await data_converter().encode([reference])
    assert payload.metadata["encoding"] == b"json/protobuf"
    assert json.loads(payload.data) == {"claimData": {"hash": "b", "workspace": "w"}, "driverName": DRIVER_NAME}
    assert [external.size_bytes for external in payload.external_payloads] == [123_456]


async def test_runs_of_a_version_share_one_plan() -> None:
    plan = stub_plan()
    decoded = [(await data_converter().decode([stored(plan, "w", "b1")], [Plan]))[0] for _ in range(3)]
    assert decoded[0] == plan
    assert decoded[0] is decoded[1] is decoded[2]


async def test_workspaces_do_not_share_plans() -> None:
    plan = stub_plan()
    [one] = await data_converter().decode([stored(plan, "one", "b2")], [Plan])
    [two] = await data_converter().decode([stored(plan, "two", "b2")], [Plan])
    assert one is not two


async def test_a_loaded_plan_goes_back_as_its_reference_even_after_the_cache_forgot_it() -> None:
    payload = stored(stub_plan(), "w", "b3")
    [plan] = await data_converter().decode([payload], [Plan])
    PLANS.clear()
    [encoded] = await data_converter().encode([plan])
    assert json.loads(encoded.data)["claimData"] == {"hash": "b3", "workspace": "w"}


async def test_a_plan_from_nowhere_travels_as_json() -> None:
    plan = stub_plan("Nowhere")
    [encoded] = await data_converter().encode([plan])
    assert encoded.metadata["encoding"] == b"json/plain"
    assert await data_converter().decode([encoded], [Plan]) == [plan]


def test_the_cache_is_bounded_and_forgets_collected_plans() -> None:
    cache = PlanCache(max_bytes=300)
    for index in range(5):
        cache.get(b"x" * 100, PlanOrigin("w", str(index), 100), lambda _: stub_plan())
    gc.collect()
    assert len(cache._entries) == 3
    assert len(cache._origins) == 3


async def test_run_input_survives_the_trip() -> None:
    plan = PlanRef(workspace_id="w", plan_hash="p", blob_hash="b", size=1)
    value = {"n": 1, "text": "ä\u2028", "deep": [1, {"a": None}]}
    run = RunInput(workspace_id="w", run_id="r", plan_ref=plan, input=value, snapshot=value)
    assert await data_converter().decode(await data_converter().encode([run]), [RunInput]) == [run]
