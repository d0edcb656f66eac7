"""No spelling of a path, no name of a host and no header of a proxy leads past the permission matrix."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Final
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.access.permissions import GRANTS, OPERATIONS, Open, Permission
from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from schemas.roles import Role
from tests.security.raw import RawAnswer, send
from tests.support.api_document import api_operations
from tests.support.people import access_token, new_member
from tests.support.serving import served

PROTECTED: Final = {operation for operation, needed in OPERATIONS.items() if needed is not Open.ANYBODY}

FORGED: Final = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "localhost",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/healthz",
    "X-Forwarded-User": "owner@example.com",
    "X-Real-IP": "127.0.0.1",
    "X-Original-URL": "/healthz",
    "X-Rewrite-URL": "/healthz",
    "X-Remote-User": "owner@example.com",
    "X-Authenticated-User": "owner@example.com",
    "X-User-Id": str(uuid4()),
    "X-Workspace-Id": str(uuid4()),
    "Forwarded": "for=127.0.0.1;host=localhost;proto=https",
    "Remote-User": "owner@example.com",
    "Authorization-Override": "Bearer x",
    "X-Api-Key": "x",
    "Cookie": "session=x; access_token=x; Authorization=Bearer x",
}

LISTS: Final = ("/v1/runs", "/v1/workflows", "/v1/invitations", "/v1/audit")
OVERRIDES: Final = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def operations() -> Iterator[tuple[str, str, str]]:
    """Operation id, method and a path of every operation."""
    for operation, method, path in api_operations():
        yield operation, method, filled(path)


def filled(path: str) -> str:
    """A path with something in place of its parameters."""
    parts = [
        ("1" if part == "{version}" else str(uuid4())) if part.startswith("{") else part for part in path.split("/")
    ]
    return "/".join(parts)


def spellings(path: str) -> Iterator[str]:
    """Other ways to write a path, which some servers take for the same one, or for one that needs nothing."""
    first, _, rest = path[1:].partition("/")
    last = path.rsplit("/", 1)
    yield from (
        f"/{path}",
        f"//{path}",
        f"/.{path}",
        f"/./{first}/{rest}",
        f"/healthz/..{path}",
        f"/healthz/%2e%2e{path}",
        f"/healthz%2f..{path}",
        f"/healthz/..;{path}",
        f"/healthz;{path}",
        f"/healthz#{path}",
        f"/healthz?{path}",
        f"/%76{path[2:]}",
        f"/{first}//{rest}",
        f"/{first}/./{rest}",
        f"/{first}/%2e/{rest}",
        f"/{first}%2f{rest}",
        f"/{first};a=b/{rest}",
        f"/{first}\\{rest}",
        f"{path}/",
        f"{path}//",
        f"{path}/.",
        f"{path}/..;/",
        f"{path};a=b",
        f"{path};.json",
        f"{path}.json",
        f"{path}%00",
        f"{path}%20",
        f"{path}%2f",
        f"{path}%3f",
        f"{path}%23",
        path.upper(),
        f"/{first.upper()}/{rest}",
        f"{last[0]}/{last[1].title()}",
        f"http://localhost{path}",
        f"http://localhost@evil.example{path}",
    )


def some(found: Iterator[str], number: int) -> list[str]:
    """Every fifth, from another one for each operation: each is tried with a fifth of them, and all with many."""
    return list(found)[number % 5 :: 5]


@pytest.fixture
async def url(app: FastAPI) -> AsyncIterator[str]:
    """The application behind a real server, since that reads the path."""
    async with served(app) as address:
        yield address


def for_everybody(target: str, answer: RawAnswer) -> bool:
    """Whether the answer is for anybody: of the probe, or the page of the web app, which holds nothing."""
    page = "content-type: text/html" in answer.head and "<html" in answer.body and not target.startswith("/v1/")
    return page or target.startswith(("/healthz?", "/healthz#"))


async def test_nothing_is_done_for_nobody_however_it_is_asked(app: FastAPI, url: str) -> None:
    let_through = []
    for number, (operation, method, path) in enumerate(operations()):
        if operation not in PROTECTED:
            continue
        for target in (path, *some(spellings(path), number)):
            answer = await send(url, method, target, {"Content-Type": "application/json"}, b"{}")
            if answer.status < 400 and not for_everybody(target, answer):
                let_through.append((operation, method, target, answer.status))
            assert answer.status < 500, (operation, target, answer.body)
    assert let_through == []


async def test_forged_headers_change_no_answer(app: FastAPI, url: str) -> None:
    for operation, method, path in operations():
        if operation in PROTECTED:
            answer = await send(url, method, path, {**FORGED, "Content-Type": "application/json"}, b"{}")
            assert answer.status == 401, (operation, answer.status, answer.body)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "evil.example", "localhost:8321", "[::1]", ""])
async def test_the_host_is_not_believed(app: FastAPI, url: str, host: str) -> None:
    for operation, method, path in operations():
        if operation in PROTECTED:
            answer = await send(url, method, path, {"Host": host, "Content-Type": "application/json"}, b"{}")
            assert answer.status in (400, 401), (operation, answer.status)
            assert "evil.example" not in answer.head + answer.body


async def test_a_viewer_reads_and_nothing_else(app: FastAPI, url: str, services: Services) -> None:
    viewer = await new_member(services.database, services.workspace_id, Role.VIEWER)
    token = await access_token(services, viewer)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    refused = 0
    for number, (operation, method, path) in enumerate(operations()):
        needed = OPERATIONS[operation]
        if not isinstance(needed, Permission) or needed in GRANTS[Role.VIEWER]:
            continue
        for target in (path, *some(spellings(path), number)):
            answer = await send(
                url, method, target, {**headers, **FORGED, "Authorization": headers["Authorization"]}, b"{}"
            )
            if for_everybody(target, answer):
                continue
            assert 400 <= answer.status < 500, (operation, target, answer.status, answer.body)
            refused += answer.status == 403
    assert refused > 30


@pytest.mark.parametrize("header", OVERRIDES)
async def test_a_method_is_what_the_first_line_says(app: FastAPI, url: str, services: Services, header: str) -> None:
    viewer = await new_member(services.database, services.workspace_id, Role.VIEWER)
    headers = {"Authorization": f"Bearer {await access_token(services, viewer)}", header: "DELETE"}
    for operation, method, path in operations():
        if method != "DELETE":
            continue
        plain = await send(url, "GET", path, {"Authorization": headers["Authorization"]})
        for target in (path, f"{path}?_method=DELETE"):
            overridden = await send(url, "GET", target, headers)
            assert overridden.status == plain.status, (operation, overridden.body)


async def test_links_are_relative_so_a_forged_host_is_in_none(services: Services) -> None:
    app = create_app(ApiSettings(token=SecretStr("t")), services)
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Authorization": "Bearer t"}
    async with served(app) as url:
        body = {
            "format": "perdure/v1",
            "name": "Links",
            "nodes": [{"id": "a", "kind": "transform", "with": {"value": 1}}],
        }
        typed = {**forged, "Content-Type": "application/json"}
        published = await send(url, "POST", "/v1/workflows", typed, json.dumps(body).encode())
        started = await send(url, "POST", "/v1/runs", typed, b'{"workflow": "links"}')
        invited = await send(url, "POST", "/v1/invitations", typed, b'{"email": "a@example.com", "role": "viewer"}')
        for answer in (published, started, invited, *[await send(url, "GET", path, forged) for path in LISTS]):
            assert answer.status < 400, answer.body
            assert "evil.example" not in answer.head + answer.body
