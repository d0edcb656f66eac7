"""A workspace in which there is one of everything, so that generated requests find something, and who visits it."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from api.access.opaque_tokens import digest
from api.access.permissions import GRANTS, OPERATIONS, Open, Permission
from api.access.tokens import AccessToken
from api.services import Services
from db.tables import LoginSession
from schemas.roles import Role
from tests.api.conftest import AUTHORIZED
from tests.support.people import new_member
from tests.support.polling import eventually

DOCUMENT = {
    "format": "perdure/v1",
    "name": "Greeting",
    "input": {"type": "object", "properties": {"email": {"type": "string"}}},
    "nodes": [
        {"id": "greet", "kind": "transform", "with": {"value": {"hello": "{{ input.email }}"}}},
        {"id": "ask", "kind": "approval", "with": {"title": "Go on?"}},
    ],
    "edges": [{"from": "greet", "to": "ask"}],
}


@dataclass(frozen=True)
class Visitor:
    """Somebody who sends requests."""

    name: str
    headers: Mapping[str, str]
    permissions: frozenset[Permission]
    session_id: str = ""

    def may(self, operation: str) -> bool:
        """Whether the permission matrix lets them pass."""
        needed = OPERATIONS[operation]
        return (
            needed in self.permissions
            if isinstance(needed, Permission)
            else needed is Open.ANYBODY or bool(self.headers)
        )


async def visitors(services: Services, url: str) -> list[Visitor]:
    """A new member of each role, an API key, the operator's token, and somebody without any credential."""
    people = [await _member(services, role) for role in Role]
    key = Visitor("key", {"Authorization": f"Bearer {await _key(url)}"}, GRANTS[Role.OPERATOR])
    return [*people, key, Visitor("token", AUTHORIZED, GRANTS[Role.OWNER]), Visitor("nobody", {}, frozenset())]


async def _member(services: Services, role: Role) -> Visitor:
    person = await new_member(services.database, services.workspace_id, role)
    session_id = uuid4()
    begun = LoginSession(
        id=session_id,
        user_id=person.id,
        workspace_id=services.workspace_id,
        family=digest(str(session_id)),
        token_hash=b"",
        salt=b"",
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )
    async with services.database.identity() as session:
        session.add(begun)
    token = services.tokens.issue_access(AccessToken(person.id, session_id, services.workspace_id))
    return Visitor(role.value, {"Authorization": f"Bearer {token}"}, GRANTS[role], str(session_id))


async def _key(url: str) -> str:
    wanted = {"name": f"key {uuid4().hex[:6]}", "scopes": sorted(GRANTS[Role.OPERATOR])}
    async with httpx.AsyncClient(base_url=url, headers=AUTHORIZED, timeout=30) as api:
        made = await api.post("/v1/api-keys", json=wanted)
        assert made.is_success, made.text
        key: str = made.json()["key"]
        return key


async def furnish(services: Services, url: str, needs: Collection[str]) -> dict[str, Any]:
    """What exists, by the names under which paths, queries and bodies ask for it.

    Args:
        services: Of the application.
        url: Where it is served.
        needs: What must exist beside a workflow and a person.
    """
    slug = f"greeting-{uuid4().hex[:6]}"
    person = await new_member(services.database, services.workspace_id, Role.EDITOR)
    known = {
        "slug": slug,
        "workflow": slug,
        "version": 1,
        "revision": 1,
        "before": "1",
        "after": "1",
        "document": DOCUMENT,
        "node": "greet",
        "input": {"email": "a@b.c"},
        "outputs": {},
        "decision": "approved",
        "user_id": str(person.id),
        "email": person.email,
        "password": person.password,
        "old_password": person.password,
        "workspace_id": str(services.workspace_id),
    }
    async with httpx.AsyncClient(base_url=url, headers=AUTHORIZED, timeout=60) as api:
        await _made(api, "/v1/workflows", DOCUMENT, slug=slug)
        for name in MAKERS.keys() & set(needs):
            known[name] = await MAKERS[name](api, slug)
    return known


async def _run(api: httpx.AsyncClient, slug: str) -> str:
    return (await _made(api, "/v1/runs", {"workflow": slug, "input": {"email": "a@b.c"}}))["id"]


async def _failed_run(api: httpx.AsyncClient, slug: str) -> str:
    broken = {"id": "fail", "kind": "code", "with": {"code": "1 / 0"}, "retry": {"max_attempts": 1}}
    await _made(api, "/v1/workflows", {**DOCUMENT, "nodes": [broken], "edges": []}, slug=f"{slug}-broken")
    run = await _made(api, "/v1/runs", {"workflow": f"{slug}-broken"})

    async def failed() -> bool:
        return bool((await api.get(f"/v1/runs/{run['id']}")).json()["status"] == "failed")

    await eventually(failed, seconds=60)
    return run["id"]


async def _approval(api: httpx.AsyncClient, slug: str) -> str:
    run_id = await _run(api, slug)

    async def asked() -> str | None:
        page = (await api.get("/v1/approvals", params={"run_id": run_id, "status": "pending"})).json()
        return next((one["id"] for one in page["items"]), None)

    found = await eventually(asked, seconds=60)
    assert found is not None
    return found


async def _credential(api: httpx.AsyncClient, slug: str) -> str:
    secret = {"name": slug, "type": "bearer", "secret": {"token": "a-secret-value"}}
    return (await _made(api, "/v1/credentials", secret))["id"]


async def _key_id(api: httpx.AsyncClient, slug: str) -> str:
    return (await _made(api, "/v1/api-keys", {"name": slug, "scopes": ["runs:read"]}))["id"]


async def _group(api: httpx.AsyncClient, slug: str) -> str:
    return (await _made(api, "/v1/groups", {"name": slug}))["id"]


async def _invitation(api: httpx.AsyncClient, slug: str) -> str:
    body = {"email": f"{slug}@example.com", "role": "viewer"}
    return (await _made(api, "/v1/invitations", body))["id"]


async def _ticket(api: httpx.AsyncClient, slug: str) -> str:
    return (await _made(api, "/v1/auth/tickets", {"purpose": "login"}))["ticket"]


MAKERS: dict[str, Callable[[httpx.AsyncClient, str], Awaitable[str]]] = {
    "run_id": _run,
    "with": _failed_run,
    "failed": _failed_run,
    "approval_id": _approval,
    "credential_id": _credential,
    "key_id": _key_id,
    "group_id": _group,
    "invitation_id": _invitation,
    "ticket": _ticket,
}


async def _made(api: httpx.AsyncClient, path: str, body: Any, **query: str) -> Any:
    answer = await api.post(path, params=query, json=body)
    assert answer.is_success, answer.text
    return answer.json()
