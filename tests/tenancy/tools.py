"""Files and prompts of a populated workspace."""

from typing import Protocol

import httpx

from tests.tenancy.agents import made


class _Named(Protocol):
    prompt: str


async def tools(person: httpx.AsyncClient, names: _Named) -> dict[str, str]:
    """A file, and a prompt of two versions."""
    file = (await made(person, "/v1/files", name="a.txt", data="aGk="))["id"]
    await made(person, "/v1/prompts", name=names.prompt, text="Be {tone}.")
    await made(person, f"/v1/prompts/{names.prompt}/versions", text="Be brief.")
    labelled = await person.put(f"/v1/prompts/{names.prompt}/labels/production", json={"version": 1})
    assert labelled.is_success, labelled.text
    return {"file": file}
