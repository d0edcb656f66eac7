"""A simulator of the suite, spoken to as raw HTTP."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from simulator.main import in_thread


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with in_thread() as url:
        yield url


@pytest.fixture(scope="session")
async def http(simulator_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=simulator_url, timeout=10) as client:
        yield client


def chat(prompt: str, **fields: Any) -> dict[str, Any]:
    """Body of a chat completion."""
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": prompt}], **fields}


def message(prompt: str, **fields: Any) -> dict[str, Any]:
    """Body of an Anthropic message."""
    body = {"model": "claude-haiku-5-5", "max_tokens": 1000, "messages": [{"role": "user", "content": prompt}]}
    return {**body, **fields}
