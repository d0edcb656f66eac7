"""The permission matrix, cell by cell: every operation, called by every role, by keys and by nobody."""

import re
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.access.opaque_tokens import KeyToken, digest
from api.access.permissions import GRANTS, OPERATIONS, Open, Permission
from api.app import ROUTERS, create_app
from api.requests import StrictRoute
from api.services import Services
from api.settings import ApiSettings
from db.tables import ApiKey
from schemas.roles import Role
from tests.api.conftest import TOKEN
from tests.api.test_gate import check_problem
from tests.support.people import access_token, new_member, nobody
from tests.support.workspaces import new_workspace

LOWEST = {
    Permission.WORKFLOWS_READ: Role.VIEWER,
    Permission.WORKFLOWS_EDIT: Role.EDITOR,
    Permission.WORKFLOWS_PUBLISH: Role.EDITOR,
    Permission.RUNS_READ: Role.VIEWER,
    Permission.RUNS_START: Role.OPERATOR,
    Permission.RUNS_STEER: Role.OPERATOR,
    Permission.APPROVALS_READ: Role.VIEWER,
    Permission.APPROVALS_DECIDE: Role.OPERATOR,
    Permission.EVENTS_SEND: Role.OPERATOR,
    Permission.CREDENTIALS_READ: Role.EDITOR,
    Permission.CREDENTIALS_EDIT: Role.EDITOR,
    Permission.MEMBERS_READ: Role.VIEWER,
    Permission.MEMBERS_MANAGE: Role.ADMIN,
    Permission.KEYS_MANAGE: Role.ADMIN,
    Permission.AUDIT_READ: Role.ADMIN,
    Permission.PERSONAL_REVEAL: Role.OPERATOR,
    Permission.PERSONAL_READ: Role.ADMIN,
    Permission.WORKSPACE_READ: Role.VIEWER,
    Permission.WORKSPACE_MANAGE: Role.ADMIN,
    Permission.WORKSPACE_OWN: Role.OWNER,
}
"""The lowest role that has each permission, said a second time: a slip in the table is found here."""

RANKS = [Role.VIEWER, Role.OPERATOR, Role.EDITOR, Role.ADMIN, Role.OWNER]


@dataclass(frozen=True)
class Operation:
    """Something that can be called."""

    id: str
    method: str
    path: str

    @classmethod
    def of(cls, route: StrictRoute) -> "Operation":
        (method,) = route.methods
        path = re.sub(r"\{version\}", "1", route.path)
        return cls(str(route.operation_id), method, re.sub(r"\{[^}]+\}", str(UUID(int=7, version=4)), path))

    async def call(self, client: httpx.AsyncClient, credential: str | None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {credential}"} if credential is not None else {}
        return await client.request(self.method, self.path, headers=headers)


ALL = [Operation.of(route) for router in ROUTERS for route in router.routes if isinstance(route, StrictRoute)]


def refused_by_the_matrix(answer: httpx.Response) -> bool:
    """A route may refuse for reasons of its own too; only the matrix names the permission that lacks."""
    return answer.status_code == 403 and "permission" in answer.json()["details"]


class People:
    """A member of each role."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[Role, str] = {}

    async def token(self, role: Role) -> str:
        """An access token of a role; a new one if an operation has ended the session."""
        known = self._known.get(role)
        token = self._services.tokens.read_access(known.encode()) if known is not None else None
        if token is None or await self._services.directory.session(token.session_id, token.workspace_id) is None:
            member = await new_member(self._services.database, self._services.workspace_id, role)
            self._known[role] = await access_token(self._services, member)
        return self._known[role]


@pytest.fixture(scope="module")
async def services(shared_services: Services, database_url: str) -> Services:
    """One workspace for all of these tests."""
    return replace(shared_services, workspace_id=await new_workspace(database_url))


@pytest.fixture(scope="module")
def app(services: Services) -> FastAPI:
    return create_app(ApiSettings(token=SecretStr(TOKEN)), services)


@pytest.fixture(scope="module")
def people(services: Services) -> People:
    return People(services)


async def key_without(services: Services, permission: Permission) -> str:
    """An API key with all scopes but one."""
    token = KeyToken.fresh()
    columns: dict[str, Any] = {"name": "all but one", "role": Role.OWNER.value}
    async with services.database.tenant(services.workspace_id) as session:
        session.add(
            ApiKey(
                id=uuid4(),
                workspace_id=services.workspace_id,
                prefix=token.prefix,
                secret_hash=digest(token.secret),
                scopes=[scope.value for scope in Permission if scope is not permission],
                **columns,
            )
        )
    return token.text


def test_every_permission_belongs_to_the_roles_it_should() -> None:
    assert LOWEST.keys() == set(Permission)
    for permission, lowest in LOWEST.items():
        allowed = {role for role in Role if permission in GRANTS[role]}
        assert allowed == set(RANKS[RANKS.index(lowest) :]), permission


def test_every_operation_is_tried() -> None:
    assert {operation.id for operation in ALL} == OPERATIONS.keys()
    assert len(ALL) == len(OPERATIONS)


def test_what_anybody_may_is_about_signing_in_or_health() -> None:
    """A new operation for everybody must be meant so."""
    assert {name for name, needed in OPERATIONS.items() if needed is Open.ANYBODY} <= {
        "get_health",
        "get_readiness",
        "get_setup",
        "set_up",
        "login",
        "confirm_login",
        "use_ticket",
        "refresh_session",
        "logout",
        "inspect_invitation",
        "accept_invitation",
        "inspect_link",
        "confirm_link",
        "list_login_providers",
        "begin_sign_on",
        "finish_sign_on",
    }


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)
async def test_a_role_is_forbidden_what_the_table_says(app: FastAPI, people: People, operation: Operation) -> None:
    needed = OPERATIONS[operation.id]
    async with nobody(app) as client:
        for role in Role:
            answer = await operation.call(client, await people.token(role))
            assert answer.status_code != 401 or needed is Open.ANYBODY, role
            allowed = isinstance(needed, Open) or needed in GRANTS[role]
            assert refused_by_the_matrix(answer) is not allowed, (role, answer.text)
            if not allowed:
                assert check_problem(answer, 403, "forbidden")["details"] == {"permission": str(needed)}


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.id)
async def test_nobody_may_only_what_anybody_may(app: FastAPI, operation: Operation) -> None:
    async with nobody(app) as client:
        answer = await operation.call(client, None)
        wrong = await operation.call(client, "wrong")
    if OPERATIONS[operation.id] is Open.ANYBODY:
        assert answer.headers.get("www-authenticate") is None or operation.id.startswith(("refresh", "login"))
        return
    for one in (answer, wrong):
        check_problem(one, 401, "unauthenticated")
        assert one.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "operation", [one for one in ALL if isinstance(OPERATIONS[one.id], Permission)], ids=lambda one: one.id
)
async def test_a_key_needs_the_scope(app: FastAPI, services: Services, operation: Operation) -> None:
    needed = OPERATIONS[operation.id]
    assert isinstance(needed, Permission)
    async with nobody(app) as client:
        answer = await operation.call(client, await key_without(services, needed))
        assert check_problem(answer, 403, "forbidden")["details"] == {"permission": needed.value}


async def test_what_is_forbidden_is_refused_before_it_is_read(app: FastAPI, people: People) -> None:
    """Neither the body nor the path tells anything to who may not ask."""
    async with nobody(app, Authorization=f"Bearer {await people.token(Role.VIEWER)}") as client:
        answer = await client.post("/v1/runs", content=b"{" * 10_000, headers={"Content-Type": "application/json"})
        check_problem(answer, 403, "forbidden")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/api-keys/",
        "//v1/api-keys",
        "/v1//api-keys",
        "/v1/./api-keys",
        "/V1/api-keys",
        "/v1/api-keys%2f",
        "/v1/%61pi-keys",
    ],
)
async def test_another_spelling_of_a_path_is_no_way_round(app: FastAPI, people: People, path: str) -> None:
    async with nobody(app, Authorization=f"Bearer {await people.token(Role.VIEWER)}") as client:
        answer = await client.get(path)
        assert answer.status_code in (403, 404) or answer.headers["content-type"].startswith("text/html")
    async with nobody(app) as client:
        answer = await client.get(path)
        assert answer.status_code in (401, 404) or answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Host": "localhost"},
        {"X-Original-URL": "/healthz"},
        {"X-Rewrite-URL": "/healthz"},
        {"X-HTTP-Method-Override": "GET"},
        {"X-Perdure-Client": "web"},
    ],
    ids=str,
)
async def test_no_header_opens_anything(app: FastAPI, headers: dict[str, str]) -> None:
    async with nobody(app, base_url="http://127.0.0.1", address="127.0.0.1") as client:
        check_problem(await client.get("/v1/runs", headers=headers), 401, "unauthenticated")
        check_problem(await client.post("/v1/api-keys", headers=headers), 401, "unauthenticated")
