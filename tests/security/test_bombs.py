"""Bodies made to break a reader are refused quickly, by every operation that has a body."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from tests.support.api_document import api_document
from tests.tenancy.world import Names, Tenant, unknown

QUICK: Final = 10.0
"""Seconds; a bomb that works takes minutes, or all memory."""

DEEP: Final = 200_000


def bombs() -> dict[str, bytes]:
    """Bodies by what is wrong with them. As a field, where that matters, under a name that many bodies have."""
    return {
        "lists in lists": b"[" * DEEP + b"]" * DEEP,
        "lists without an end": b"[" * DEEP,
        "objects in objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        "deep in a field": b'{"name":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        "deep in the input": b'{"workflow":"a","input":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        "just too deep": b'{"input":' + b"[" * 101 + b"]" * 101 + b"}",
        "a number beyond floats": b'{"name": 1e999999}',
        "a negative one": b'{"limit": -1e999999}',
        "an exponent of many digits": b'{"name": 1e' + b"9" * 10_000 + b"}",
        "a million digits": b'{"version": ' + b"9" * 1_000_000 + b"}",
        "a fraction of many digits": b'{"fraction": 0.' + b"1" * 1_000_000 + b"}",
        "an integer beyond 64 bits": b'{"version": 18446744073709551616}',
        "no number": b'{"name": NaN}',
        "infinity": b'{"name": Infinity}',
        "the same key twice": b'{"name": "a", "name": "b", "workflow": "a", "workflow": "b"}',
        "many keys": json.dumps({f"k{n}": n for n in range(30_000)}).encode(),
        "a long string": b'{"name": "' + b"a" * 3_000_000 + b'"}',
        "a long key": b'{"' + b"a" * 3_000_000 + b'": 1}',
        "a NUL": b'{"name": "a\\u0000b"}',
        "half a pair": b'{"name": "\\ud800"}',
        "no UTF-8": b'{"name": "\xff\xfe"}',
        "UTF-16": '{"name": "a"}'.encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf{}",
        "nothing": b"",
        "white space": b" " * 1_000_000,
        "a word": b"true",
        "two values": b"{} {}",
        "a trailing comma": b'{"name": "a",}',
        "a comment": b'{"name": "a" /* b */}',
        "half of it": b'{"name": "a',
    }


BOMBS: Final = bombs()
KEEPS_DOCUMENTS: Final = {"validate_document", "import_workflow", "import_draft"}
"""They take a document with all its faults, and give it back."""

ENDS_SESSIONS: Final = {"logout", "logout_everywhere", "leave_workspace"}
MAX_ANSWER: Final = 200_000

MAY_BE_FINE: Final = {"nothing", "white space", "a byte order mark"}
"""Where a body may be left out, or be a document in YAML."""


def writes(openapi: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Operation id, method and path of everything that takes a body."""
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                yield operation["operationId"], method.upper(), path


HEAVY: Final = 10_000
"""Bytes from which a bomb takes long to send; all operations have one reader, so each gets every sixth of these."""


def targets(bomb: str) -> Iterator[tuple[str, str, str]]:
    """The operations that are sent a bomb."""
    number = list(BOMBS).index(bomb)
    for place, operation in enumerate(writes(api_document())):
        if len(BOMBS[bomb]) < HEAVY or place % 6 == number % 6:
            yield operation


def filled(path: str, names: Names) -> str:
    """A path that leads to what is there, so that it is the body which is looked at."""
    values = {
        "run_id": names.run,
        "approval_id": names.approval,
        "slug": names.workflow,
        "version": "1",
        "bulk_id": names.bulk,
        "credential_id": names.credential,
        "key_id": names.key,
        "user_id": names.user,
        "group_id": names.group,
        "invitation_id": names.invitation,
        "session_id": names.session,
        "view_id": names.approval_view,
        "rule_id": names.rule,
        "calendar_id": names.calendar,
        "absence_id": names.absence,
        "channel_id": names.channel,
        "interrupt_id": names.approval,
    }
    # Of what is younger, any id will do: the body is read before it is looked for.
    return path.format_map(defaultdict(lambda: str(UUID(int=7, version=4)), values))


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_is_refused_quickly_everywhere(tenant: Tenant, bomb: str) -> None:
    headers = {"Content-Type": "application/json"}
    harmless = bomb in MAY_BE_FINE
    names = unknown() if harmless else tenant.names
    for operation, method, path in targets(bomb):
        if harmless and operation in ENDS_SESSIONS:
            continue
        began = time.perf_counter()
        answer = await tenant.person.request(method, filled(path, names), content=BOMBS[bomb], headers=headers)
        took = time.perf_counter() - began
        assert took < QUICK, (operation, took)
        assert answer.status_code < 500, (operation, answer.text)
        assert len(answer.content) < MAX_ANSWER or operation in KEEPS_DOCUMENTS, (operation, len(answer.content))
        if not harmless and operation not in KEEPS_DOCUMENTS:
            assert answer.status_code >= 400, (operation, answer.status_code, answer.text[:300])


ALIASES: Final = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
)

DOCUMENTS: Final = {
    "aliases of aliases": ALIASES,
    "an alias in itself": "a: &a [*a]",
    "merged keys": "a: &a {x: 1}\nb: {<<: [" + ", ".join(["*a"] * 1_000) + "]}",
    "nested flow": "[" * 20_000 + "]" * 20_000,
    "nested blocks": "\n".join(" " * n + "a:" for n in range(3_000)),
    "a Python object": "!!python/object/apply:os.system ['true']",
    "a Python name": "name: !!python/name:os.system",
    "a tag of one's own": "name: !evil {a: 1}",
    "binary": "name: !!binary " + "QUFB" * 200_000,
    "a number beyond floats": "name: 1e999999",
    "a number in base 60": "name: " + ":".join(["59"] * 5_000),
    "many digits": "name: " + "9" * 500_000,
    "several documents": "---\na: 1\n" * 20_000,
    "a NUL": 'name: "a\\0b"',
    "anchors": "\n".join(f"a{n}: &x{n} {n}" for n in range(50_000)),
}


@pytest.mark.parametrize("path", ["/v1/validate", "/v1/workflows", "/v1/workflows/import"])
@pytest.mark.parametrize("bomb", DOCUMENTS)
async def test_a_document_that_is_a_bomb_is_refused_quickly(tenant: Tenant, path: str, bomb: str) -> None:
    began = time.perf_counter()
    answer = await tenant.person.post(
        path, content=DOCUMENTS[bomb].encode(), headers={"Content-Type": "application/yaml"}, timeout=60
    )
    assert time.perf_counter() - began < 4 * QUICK
    assert answer.status_code < 500, answer.text
    if path == "/v1/workflows":
        assert answer.status_code >= 400


async def test_values_in_queries_and_headers_are_bounded_too(tenant: Tenant) -> None:
    client: httpx.AsyncClient = tenant.person
    for value in ("9" * 10_000, "-1", "1e999999", "NaN", "\u0661", "0x10", "1_000", " 1", "a" * 60_000):
        for name in ("limit", "cost_min", "created_after", "cursor", "parent", "status"):
            answer = await client.get("/v1/runs", params={name: value})
            assert answer.status_code in (200, 422), (name, value[:20], answer.text[:300])
    for header in ("Idempotency-Key", "Prefer", "If-None-Match", "Last-Event-ID", "X-Request-Id"):
        answer = await client.get(f"/v1/runs/{tenant.names.run}/events", headers={header: "9" * 50_000})
        assert answer.status_code < 500


async def test_faults_are_told_up_to_a_point(tenant: Tenant) -> None:
    answer = await tenant.person.post("/v1/validate", json={f"k{n}": n for n in range(30_000)})
    faults = answer.json()["faults"]
    assert len(faults) == 1_001
    assert sum(fault["code"] == "limit_exceeded" for fault in faults) == 1
    one = (await tenant.person.post("/v1/validate", json={"k" * 1_000_000: 1})).json()["faults"]
    assert len(str(one)) < 20_000


async def test_wrong_fields_are_named_up_to_a_point(tenant: Tenant) -> None:
    answer = await tenant.person.post("/v1/runs", json={f"k{n}": n for n in range(900)})
    assert len(answer.json()["errors"]) == 100
    assert "more" in answer.json()["detail"]
    assert len(answer.json()["detail"]) < 1_000
