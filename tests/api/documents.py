"""Workflow documents for API tests."""

from typing import Any

import httpx


def document(name: str = "Greeting", **fields: Any) -> dict[str, Any]:
    """A workflow of one step that needs an e-mail address."""
    return {
        "format": "perdure/v1",
        "name": name,
        "input": {
            "type": "object",
            "required": ["email"],
            "properties": {"email": {"type": "string"}, "count": {"type": "integer", "minimum": 1}},
        },
        "nodes": [{"id": "greet", "kind": "transform", "with": {"value": {"hello": "{{ input.email }}"}}}],
        **fields,
    }


async def publish(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """Publish the document and answer the version."""
    answer = await api.post("/v1/workflows", json=document(**fields))
    assert answer.is_success, answer.text
    published: dict[str, Any] = answer.json()
    return published


async def start(api: httpx.AsyncClient, slug: str, **body: Any) -> dict[str, Any]:
    """Start a run of it."""
    answer = await api.post("/v1/runs", json={"workflow": slug, "input": {"email": "a@b.c"}, **body})
    assert answer.status_code == 202, answer.text
    accepted: dict[str, Any] = answer.json()
    return accepted
