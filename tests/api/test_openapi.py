"""The OpenAPI document is complete, and the API keeps to it whatever is thrown at it."""

import asyncio
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.services import Services
from tests.api.conftest import AUTHORIZED
from tests.api.documents import publish, start
from tests.api.test_approvals import ask
from tests.support.serving import served

OPERATIONS = {
    "validate_document",
    "publish_workflow",
    "list_workflows",
    "get_workflow",
    "get_workflow_version",
    "start_run",
    "list_runs",
    "get_run",
    "list_run_steps",
    "list_run_events",
    "cancel_run",
    "pause_run",
    "resume_run",
    "retry_run",
    "fork_run",
    "list_approvals",
    "get_approval",
    "decide_approval",
    "publish_event",
    "list_node_kinds",
    "get_health",
    "get_readiness",
}
"""Stable: generated clients name their functions after these."""

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
TELLS_BY_503 = "get_readiness"
"""Its 503 is an answer, not a failure."""


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()}


def test_every_operation_is_described(app: FastAPI) -> None:
    document = app.openapi()
    found = operations(document)
    assert found.keys() == OPERATIONS
    for name, operation in found.items():
        assert operation["description"], name
        assert operation["tags"], name
        problem = operation["responses"]["422"]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}
        assert ("security" in operation) == (name not in ("get_health", "get_readiness"))


def test_every_reference_leads_somewhere(app: FastAPI) -> None:
    document = app.openapi()
    schemas = document["components"]["schemas"]
    stack: list[Any] = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(reference := value.get("$ref"), str):
                assert reference.removeprefix("#/components/schemas/") in schemas, reference
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


@pytest.mark.timeout(300)
async def test_no_request_breaks_the_api_or_gets_an_answer_that_is_not_described(
    app: FastAPI, api: httpx.AsyncClient, services: Services
) -> None:
    await publish(api)
    known = {
        "run_id": (await start(api, "greeting"))["id"],
        "approval_id": (await ask(api, services))["id"],
        "slug": "greeting",
        "version": 1,
    }
    schema = schemathesis.openapi.from_dict(app.openapi())
    async with served(app) as url:
        for found in schema.get_all_operations():
            await asyncio.to_thread(_try, found.ok(), url, known)


def _try(operation: Any, url: str, known: dict[str, Any]) -> None:
    """Send generated requests; every second one to something that exists."""
    sent = 0
    name = operation.definition.raw["operationId"]
    checks = CHECKS[1:] if name == TELLS_BY_503 else CHECKS

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        nonlocal sent
        sent += 1
        if sent % 2:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = known[name]
        case.headers.pop("Prefer", None)
        if "text/event-stream" in str(case.headers.get("Accept", "")):
            case.headers["Accept"] = "application/json"
        case.call_and_validate(base_url=url, headers=AUTHORIZED, checks=checks, timeout=20)

    check()
