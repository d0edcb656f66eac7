"""A workspace with a connection to the stand-in provider."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx

from simulator.oauth import CLIENT_ID, CLIENT_SECRET, OAuthProvider
from tests.support.perdure import Perdure

OPENAPI = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
servers: [{url: "https://elsewhere.example.com"}]
paths:
  /notes:
    get: {operationId: list_notes, summary: List notes}
    post:
      operationId: add_note
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [text],
        properties: {text: {type: string}}}}}}
  /notes/{note}:
    delete:
      operationId: delete_note
      parameters: [{name: note, in: path, required: true, schema: {type: string}}]
  /away:
    get: {operationId: look_away}
"""


def endpoints(url: str, **changes: Any) -> dict[str, Any]:
    """Endpoints of the stand-in."""
    return {
        "authorize_url": f"{url}/oauth/authorize",
        "token_url": f"{url}/oauth/token",
        "revoke_url": f"{url}/oauth/revoke",
        "api_url": f"{url}/api",
        **changes,
    }


class Office:
    """What a person does with connections.

    Args:
        perdure: API and worker.
        provider: The stand-in.
        url: Where it is served.
    """

    def __init__(self, perdure: Perdure, provider: OAuthProvider, url: str) -> None:
        self.perdure, self.provider, self.url = perdure, provider, url
        self.api = perdure.api

    async def app(self, provider: str = "custom", **changes: Any) -> dict[str, Any]:
        """An OAuth client."""
        body = {
            "name": f"app-{uuid4().hex[:8]}",
            "provider": provider,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "endpoints": endpoints(self.url, **changes),
        }
        return await self.made("/v1/connection-apps", body)

    async def connection(self, name: str = "notes", provider: str = "custom", **changes: Any) -> dict[str, Any]:
        """A connection that waits for somebody to sign in."""
        app = await self.app(provider, **changes.pop("endpoints", {}))
        body = {"name": name, "provider": provider, "app": app["id"], "scopes": ["notes", "mail"], **changes}
        return await self.made("/v1/connections", body)

    async def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What was made."""
        answer = await self.api.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def begin(self, connection: dict[str, Any]) -> str:
        """Where the person signs in."""
        return str((await self.made(f"/v1/connections/{connection['id']}/sign-in", {}))["url"])

    async def consent(self, url: str, answer: str = "yes") -> dict[str, str]:
        """What the provider sends back to the callback page."""
        async with httpx.AsyncClient() as browser:
            redirected = await browser.get(f"{url}&consent={answer}")
        assert redirected.status_code == 302, redirected.text
        query = parse_qs(urlsplit(redirected.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}

    async def finish(self, sent_back: dict[str, str]) -> httpx.Response:
        """What the callback page does."""
        return await self.api.post("/v1/connections/finish", json=sent_back)

    async def connected(self, name: str = "notes", provider: str = "custom", **changes: Any) -> dict[str, Any]:
        """A connection with tokens."""
        connection = await self.connection(name, provider, **changes)
        answer = await self.finish(await self.consent(await self.begin(connection)))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found["status"] == "active"
        return found

    async def imported(self, connection: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Actions of the stand-in's API."""
        return await self.made(f"/v1/connections/{connection['id']}/actions", {"document": OPENAPI, **changes})

    async def tried(self, connection: dict[str, Any], action: str, **arguments: Any) -> httpx.Response:
        """One call outside of a run."""
        path = f"/v1/connections/{connection['id']}/actions/{action}/test"
        return await self.api.post(path, json={"arguments": arguments})

    async def shown(self, connection: dict[str, Any]) -> dict[str, Any]:
        """A connection as it is now."""
        found: dict[str, Any] = (await self.api.get(f"/v1/connections/{connection['id']}")).raise_for_status().json()
        return found

    async def calls(self, connection: dict[str, Any]) -> list[dict[str, Any]]:
        """What went through it."""
        answer = await self.api.get(f"/v1/connections/{connection['id']}/calls")
        found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return found

    @property
    def workspace_id(self) -> UUID:
        """Of the person."""
        return self.perdure.workspace_id
