"""Identity provider, directory and what groups mean in a populated workspace."""

from typing import Any

import httpx

PROVIDER: dict[str, Any] = {"name": "Acme", "issuer": "http://127.0.0.1:1", "client_id": "perdure"}


async def company(person: httpx.AsyncClient, group: str) -> dict[str, str]:
    """A provider that is away, a token, a person and a group that a directory keeps."""
    provider = await _made(person, "/v1/sign-on/providers", PROVIDER)
    token = await _made(person, "/v1/sign-on/scim-tokens", {"name": "Directory"})
    mapping = {"external": "everybody", "role": "viewer", "group_id": group}
    answer = await person.put("/v1/sign-on/mappings", json={"mappings": [mapping]})
    assert answer.is_success, answer.text
    as_directory = {"Authorization": f"Bearer {token['token']}", "Content-Type": "application/scim+json"}
    somebody = {"userName": f"{provider['id']}@example.com", "active": True}
    user = await _made(person, "/scim/v2/Users", somebody, as_directory)
    named = {"displayName": f"kept {provider['id']}", "members": [{"value": user["id"]}]}
    await _made(person, "/scim/v2/Groups", named, as_directory)
    return {"provider": provider["id"], "scim_token": token["id"]}


async def _made(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> dict[str, Any]:
    answer = await client.post(path, json=body, headers=headers)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made
