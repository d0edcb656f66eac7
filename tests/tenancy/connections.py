"""Connections, OAuth clients and a vault of a populated workspace; nothing of it reaches anybody."""

from typing import Any

import httpx

NOWHERE = "http://127.0.0.1:1"
ENDPOINTS = {"authorize_url": f"{NOWHERE}/a", "token_url": f"{NOWHERE}/t", "api_url": NOWHERE}
STORE = {"address": NOWHERE, "auth": "token"}
DESCRIPTION = (
    '{"openapi": "3.1.0", "info": {"title": "P", "version": "1"}, "paths": {"/p": {"get": {"operationId": "look"}}}}'
)
APP = {"provider": "custom", "client_id": "client-of-a-tenant", "endpoints": ENDPOINTS}


async def connections(person: httpx.AsyncClient, credential_name: str) -> dict[str, str]:
    """A connection that waits for a sign-in, one with a credential that was tried, and a store of secrets."""
    app = await _made(person, "/v1/connection-apps", name="probe", **APP, client_secret="s3cret-of-a-client")
    waiting = await _made(person, "/v1/connections", name="waiting", provider="custom", app=app["id"])
    await _made(person, f"/v1/connections/{waiting['id']}/sign-in")
    secret = {"type": "bearer", "secret": {"token": "s3cret-token-of-a-tenant"}, "hosts": ["127.0.0.1"]}
    await _made(person, "/v1/credentials", name=f"{credential_name}-api", **secret)
    tried = await _made(
        person,
        "/v1/connections",
        name="tried",
        provider="custom",
        credential=f"{credential_name}-api",
        api_url=NOWHERE,
    )
    await _made(person, f"/v1/connections/{tried['id']}/actions", document=DESCRIPTION)
    await person.post(f"/v1/connections/{tried['id']}/actions/look/test", json={})
    calls = (await person.get(f"/v1/connections/{tried['id']}/calls")).json()["items"]
    store = await _made(person, "/v1/secret-stores", name="vault", settings=STORE, secret="hvs.of-a-tenant")
    kept = await _made(
        person,
        "/v1/credentials",
        name=f"{credential_name}-kept",
        type="bearer",
        source={"store": store["id"], "path": "p"},
    )
    return {
        "kept_credential": kept["id"],
        "connection_app": app["id"],
        "connection": waiting["id"],
        "tried_connection": tried["id"],
        "connection_call": calls[0]["id"],
        "secret_store": store["id"],
    }


async def _made(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body or None)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found
