"""What an editor does, in short words."""

from typing import Any

import httpx

from tests.api.documents import document


async def create(api: httpx.AsyncClient, name: str = "Greeting", **fields: Any) -> dict[str, Any]:
    """Create a workflow whose draft is sound, and answer the draft."""
    body = {"name": name, "document": document(name), **fields}
    return ok(await api.post("/v1/workflows/drafts", json=body), 201)


async def read(api: httpx.AsyncClient, slug: str = "greeting") -> dict[str, Any]:
    """The draft."""
    return ok(await api.get(f"/v1/workflows/{slug}/draft"))


async def save(api: httpx.AsyncClient, revision: int, saved: dict[str, Any], slug: str = "greeting") -> httpx.Response:
    """Save a document on top of a revision."""
    return await api.put(f"/v1/workflows/{slug}/draft", json={"document": saved, "revision": revision})


async def edit(api: httpx.AsyncClient, slug: str = "greeting", **fields: Any) -> dict[str, Any]:
    """Change some fields of the draft as it is."""
    draft = await read(api, slug)
    return ok(await save(api, draft["revision"], {**draft["document"], **fields}, slug))


async def publish_draft(api: httpx.AsyncClient, revision: int, slug: str = "greeting", **body: Any) -> httpx.Response:
    """Publish a revision of the draft."""
    return await api.post(f"/v1/workflows/{slug}/publish", json={"revision": revision, **body})


def ok(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The body of an answer that must have succeeded."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body
