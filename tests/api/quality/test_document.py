"""The OpenAPI document is complete, true to itself, and changes only by intent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from api.access.permissions import OPERATIONS, Open, Permission
from api.limits.limiter import LIMITED
from api.openapi.document import operations
from api.openapi.problems import CODES_KEY, FURTHER, MEANINGS, status_of
from schemas.errors import ErrorCode
from tests.support.api_document import api_document

DOCS = Path(__file__).parents[3] / "docs"
DOCUMENT: dict[str, Any] = api_document()
ALL = [(path, method, operation) for path, method, operation in operations(DOCUMENT)]
BY_ID = {operation["operationId"]: operation for _, _, operation in ALL}

each_operation = pytest.mark.parametrize("operation", ALL, ids=lambda entry: entry[2]["operationId"])


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where there is JSON: in the request, in answers that succeed."""
    if content := operation.get("requestBody", {}).get("content", {}).get("application/json"):
        yield "request", content
    for status, response in operation["responses"].items():
        if status.startswith("2") and (content := response.get("content", {}).get("application/json")):
            yield status, content


def test_every_operation_of_the_matrix_is_there_once() -> None:
    assert len(BY_ID) == len(ALL)
    assert BY_ID.keys() == OPERATIONS.keys()


def test_no_operation_was_renamed_or_taken_away() -> None:
    """Clients name their functions after the ids; `make docs` writes new ones into the file and takes none out."""
    pinned = (DOCS / "operation-ids.txt").read_text().splitlines()
    present = [f"{operation['operationId']} {method.upper()} {path}" for path, method, operation in ALL]
    assert sorted(set(pinned) - set(present)) == [], "an operation that clients use is gone"
    assert sorted(set(present) - set(pinned)) == [], "run `make docs`"


def test_the_committed_document_is_current() -> None:
    """Clients are generated from it."""
    assert json.loads((DOCS / "openapi.json").read_text()) == json.loads(json.dumps(DOCUMENT)), "run `make client`"


@each_operation
def test_an_operation_says_what_it_does(operation: tuple[str, str, dict[str, Any]]) -> None:
    _, _, described = operation
    assert described["summary"]
    assert described["description"].endswith(".")
    assert len(described["tags"]) == 1
    assert described["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    for parameter in described.get("parameters", ()):
        assert parameter.get("description"), parameter["name"]


@each_operation
def test_an_operation_says_who_may_call_it(operation: tuple[str, str, dict[str, Any]]) -> None:
    _, _, described = operation
    needed = OPERATIONS[described["operationId"]]
    without = {} in described.get("security", [{}])
    assert without == (needed is Open.ANYBODY)
    assert described.get("x-permission") == (needed.value if isinstance(needed, Permission) else None)
    for alternative in described.get("security", ()):
        assert alternative.keys() <= DOCUMENT["components"]["securitySchemes"].keys()


@each_operation
def test_an_operation_lists_its_errors_by_code(operation: tuple[str, str, dict[str, Any]]) -> None:
    path, _, described = operation
    responses = described["responses"]
    for status, response in responses.items():
        if CODES_KEY not in response:
            assert status[0] in "23" or described["operationId"] == "get_readiness", status
            continue
        codes = [ErrorCode(code) for code in response[CODES_KEY]]
        assert codes
        assert {status_of(code) for code in codes} == {int(status)}
        assert all(f"`{code}`: {MEANINGS[code]}" in response["description"] for code in codes)
        problem = response["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}
    assert ("404" in responses) or "{" not in path
    assert "401" in responses or {} in described.get("security", [{}])
    assert ("429" in responses) == path.startswith(LIMITED)


@each_operation
def test_examples_fit_their_schemas(operation: tuple[str, str, dict[str, Any]]) -> None:
    _, _, described = operation
    for place, content in bodies(described):
        given = (
            [one["value"] for one in content["examples"].values()] if "examples" in content else [content["example"]]
        )
        whole = {**content["schema"], "components": DOCUMENT["components"]}
        validator = Draft202012Validator(whole, format_checker=FormatChecker())
        for example in given:
            wrong = [f"{place} {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(example)]
            assert wrong == []


@each_operation
def test_reading_one_thing_can_be_repeated_cheaply(operation: tuple[str, str, dict[str, Any]]) -> None:
    _, method, described = operation
    answers = described["responses"]
    tagged = method == "get" and "application/json" in answers.get("200", {}).get("content", {})
    assert ("304" in answers) == tagged
    assert any(parameter["name"] == "If-None-Match" for parameter in described.get("parameters", ())) == tagged


def test_what_is_accepted_once_says_that_it_may_be_sent_again() -> None:
    for name, operation in BY_ID.items():
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        succeeded = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        replayed = all("Idempotent-Replayed" in answer.get("headers", {}) for answer in succeeded)
        assert ("Idempotency-Key" in names) == replayed, name


def test_every_reference_leads_somewhere() -> None:
    stack: list[Any] = [DOCUMENT]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(reference := value.get("$ref"), str):
                _, kind, name = reference.removeprefix("#/").split("/")
                assert name in DOCUMENT["components"][kind], reference
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def test_links_lead_to_operations_and_name_their_parameters() -> None:
    links = [
        link
        for operation in BY_ID.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert {"get_run", "cancel_run", "get_workflow", "get_approval"} <= {link["operationId"] for link in links}
    for link in links:
        names = {parameter["name"] for parameter in BY_ID[link["operationId"]]["parameters"]}
        assert link["parameters"].keys() <= names


def test_codes_are_said_of_operations_that_exist_and_each_has_a_meaning() -> None:
    assert FURTHER.keys() <= OPERATIONS.keys()
    assert {code for codes in FURTHER.values() for code in codes} <= MEANINGS.keys()
