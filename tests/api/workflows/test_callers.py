"""Who may do what with workflows, and under whose name it is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from schemas.roles import Role
from tests.api.documents import document
from tests.api.test_gate import check_problem
from tests.api.workflows.drafting import create, edit, ok, publish_draft, read, save
from tests.support.documents import value
from tests.support.people import as_owner, member, nobody, owner

__all__ = ["as_owner", "owner"]

NODE = value("a", 1)


@asynccontextmanager
async def key(app: FastAPI, owned: httpx.AsyncClient, *scopes: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an API key of these scopes."""
    made = ok(await owned.post("/v1/api-keys", json={"name": "robot", "scopes": list(scopes)}), 201)
    async with nobody(app, Authorization=f"Bearer {made['key']}") as client:
        yield client


async def test_what_people_do_is_kept_under_their_names(app: FastAPI) -> None:
    async with member(app, Role.EDITOR) as one, member(app, Role.EDITOR) as other:
        begun = await create(one)
        theirs = await edit(other, description="theirs")
        assert begun["saved_by"] != theirs["saved_by"]
        problem: Any = check_problem(await save(one, 1, document()), 409, "stale_revision")
        assert problem["details"]["stored"]["saved_by"] == theirs["saved_by"]
        assert problem["details"]["base"]["saved_by"] == begun["saved_by"]
        assert theirs["saved_by"] in problem["detail"]
        assert ok(await publish_draft(one, 2), 201)["author"] == begun["saved_by"]
        shown = ok(await one.get("/v1/workflows/greeting"))
        assert shown["draft"]["saved_by"] == theirs["saved_by"]


async def test_operators_run_but_do_not_edit(app: FastAPI) -> None:
    async with member(app, Role.EDITOR) as editor, member(app, Role.OPERATOR) as operator:
        await create(editor)
        assert (await read(operator))["revision"] == 1
        for method, path, body in (
            ("PUT", "/draft", {"document": document(), "revision": 1}),
            ("POST", "/publish", {"revision": 1}),
            ("POST", "/draft/runs", {}),
            ("POST", "/test-node", {"node": NODE}),
            ("POST", "/archive", None),
            ("DELETE", "", None),
        ):
            check_problem(await operator.request(method, f"/v1/workflows/greeting{path}", json=body), 403, "forbidden")


async def test_a_test_is_a_start_too(app: FastAPI, as_owner: httpx.AsyncClient) -> None:
    await create(as_owner)
    async with key(app, as_owner, "workflows:read", "workflows:edit") as robot:
        for path, body in (("draft/runs", {"input": {"email": "a"}}), ("test-node", {"node": NODE})):
            refused: Any = check_problem(
                await robot.post(f"/v1/workflows/greeting/{path}", json=body), 403, "forbidden"
            )
            assert refused["details"] == {"permission": "runs:start"}


async def test_only_those_who_publish_try_out_credentials(app: FastAPI, as_owner: httpx.AsyncClient) -> None:
    secret = {"type": "bearer", "secret": {"token": "tok-live-4242"}, "name": "stripe"}
    ok(await as_owner.post("/v1/credentials", json=secret), 201)
    use = {"id": "call", "kind": "http_request", "with": {"url": "https://api.stripe.com/v1", "credential": "stripe"}}
    inner = {"items": "[1]", "body": {"nodes": [use]}}
    nested = {"id": "each", "kind": "foreach", "with": inner}
    await create(as_owner, document={"nodes": [nested]})
    async with key(app, as_owner, "workflows:read", "workflows:edit", "runs:start") as robot:
        for path, body in (("draft/runs", {}), ("test-node", {"node": use}), ("test-node", {"node": nested})):
            refused: Any = check_problem(
                await robot.post(f"/v1/workflows/greeting/{path}", json=body), 403, "forbidden"
            )
            assert refused["details"] == {"permission": "workflows:publish"}
