"""Agents of a populated workspace."""

from typing import Any, Protocol

import httpx

from tests.support.polling import eventually

CONFIG = {"instructions": "Be brief."}
CREW = {"agents": [{"name": "ada", "role": "Reader"}]}


class _Named(Protocol):
    agent: str
    agent_draft: str
    crew: str
    word: str
    knowledge: str
    subject: str


async def agents(person: httpx.AsyncClient, names: _Named) -> dict[str, str]:
    """An agent with a version, one without, a crew, and conversations."""
    for slug in (names.agent, names.agent_draft):
        await made(person, "/v1/agents", name="Agent", slug=slug, config=CONFIG)
    await made(person, f"/v1/agents/{names.agent}/publish", revision=1)
    await made(person, "/v1/crews", name="Crew", slug=names.crew, config=CREW)
    await made(person, f"/v1/crews/{names.crew}/publish", revision=1)
    chat = (await made(person, "/v1/chat/sessions", agent=names.agent))["id"]
    human = (await made(person, "/v1/chat/sessions", agent=names.agent))["id"]
    await made(person, f"/v1/chat/sessions/{human}/hand-over")
    said = await made(person, f"/v1/chat/sessions/{human}/messages", content=names.word)
    return {"chat": chat, "human_chat": human, "chat_message": said["message"]["id"], **await _known(person, names)}


async def _known(person: httpx.AsyncClient, names: _Named) -> dict[str, str]:
    """A knowledge base with a document, and a fact in a memory."""
    await made(person, "/v1/knowledge", name="Known", slug=names.knowledge)
    document = await made(person, f"/v1/knowledge/{names.knowledge}/documents", name=names.word, text="Something.")
    await made(person, "/v1/memories", memory=names.agent, subject=names.subject, text=f"Knows {names.word}.")
    fact = await made(person, "/v1/memories", memory=names.agent, text="Is known.")
    path = f"/v1/knowledge/{names.knowledge}/documents/{document['id']}"

    async def ready() -> bool:
        return (await person.get(path)).json()["status"] == "ready"

    await eventually(ready, seconds=60)
    return {"document": document["id"], "memory": fact["id"]}


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    """What a POST has made."""
    answer = await client.post(path, json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found
