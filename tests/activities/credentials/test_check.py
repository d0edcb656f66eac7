"""Testing a credential: a worker asks, and tells no more than the verdict."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from tests.activities.credentials.test_leaks import SECRET, create
from tests.support.history_text import history_text
from tests.support.http_server import HttpServer, Received, answer, http_server
from tests.support.perdure import Perdure

PLACES = [
    ("bearer", {}, {"token": SECRET}, "authorization", f"Bearer {SECRET}"),
    ("api_key", {"name": "X-Key"}, {"key": SECRET}, "x-key", SECRET),
]


async def judge(request: Received, writer: asyncio.StreamWriter) -> None:
    """Answers with the status that the path names, and repeats the request."""
    status = int(request.path.rpartition("/")[2]) if request.path.rpartition("/")[2].isdigit() else 200
    writer.write(answer(str(request).encode(), status=status, headers={"location": "/200", "x-seen": SECRET}))


async def check(perdure: Perdure, name: str, **body: Any) -> Any:
    return await perdure.api.post(f"/v1/credentials/{name}/test", json=body)


@pytest.mark.parametrize(("type_name", "public", "secret", "header", "value"), PLACES)
@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("/me", "accepted"),
        ("/401", "refused"),
        ("/403", "refused"),
        ("/404", "unclear"),
        ("/302", "unclear"),
        ("/500", "unclear"),
    ],
)
async def test_a_service_is_asked(
    perdure: Perdure, path: str, result: str, type_name: str, public: Any, secret: Any, header: str, value: str
) -> None:
    await create(perdure, "stripe", type=type_name, public=public, secret=secret, hosts=["127.0.0.1"])
    async with http_server(judge) as server:
        told = await check(perdure, "stripe", url=server.url + path)
    assert (told.status_code, told.json()["result"]) == (200, result), told.text
    assert len(server.received) == 1
    assert server.received[0].headers[header] == value
    assert SECRET not in told.text


async def test_a_key_in_the_query_is_sent_there(perdure: Perdure) -> None:
    public = {"name": "key", "place": "query"}
    await create(perdure, "stripe", type="api_key", public=public, secret={"key": "a&b=c d"}, hosts=["127.0.0.1"])
    async with http_server(judge) as server:
        await check(perdure, "stripe", url=server.url + "/me?x=1")
    assert server.received[0].query == "x=1&key=a%26b%3Dc+d"


@pytest.mark.parametrize(
    ("provider", "base", "target", "header", "value"),
    [
        ("openai", "/v1", "/v1/models", "authorization", f"Bearer {SECRET}"),
        ("other", "/v1/", "/v1/models", "authorization", f"Bearer {SECRET}"),
        ("anthropic", "", "/v1/models", "x-api-key", SECRET),
    ],
)
async def test_a_provider_is_asked_for_its_models(
    perdure: Perdure, provider: str, base: str, target: str, header: str, value: str
) -> None:
    async with http_server(judge) as server:
        public = {"provider": provider, "base_url": server.url + base}
        await create(perdure, "models", type="llm_provider", public=public, secret={"api_key": SECRET})
        told = await check(perdure, "models")
    assert told.json()["result"] == "accepted", told.text
    assert (server.received[0].target, server.received[0].headers[header]) == (target, value)


async def refusals(perdure: Perdure, server: HttpServer) -> dict[str, tuple[int, str]]:
    url = server.url + "/me"
    answers = {
        "no hosts": await check(perdure, "free", url=url),
        "another host": await check(perdure, "bound", url=url),
        "no url": await check(perdure, "bound"),
        "nobody to ask": await check(perdure, "hook"),
        "no address": await check(perdure, "other"),
        "unknown": await check(perdure, "gone", url=url),
    }
    assert not any(SECRET in answered.text for answered in answers.values())
    return {name: (answered.status_code, answered.json()["code"]) for name, answered in answers.items()}


async def test_it_goes_to_its_own_hosts_only(perdure: Perdure) -> None:
    await create(perdure, "free")
    await create(perdure, "bound", hosts=["api.example.com"])
    await create(perdure, "hook", type="webhook_signing", secret={"secret": "whsec_" + "QUFB" * 8})
    await create(perdure, "other", type="llm_provider", public={"provider": "other"}, secret={"api_key": SECRET})
    async with http_server(judge) as server:
        assert await refusals(perdure, server) == {
            "no hosts": (403, "forbidden"),
            "another host": (403, "forbidden"),
            "no url": (422, "invalid_request"),
            "nobody to ask": (422, "invalid_request"),
            "no address": (422, "invalid_request"),
            "unknown": (404, "not_found"),
        }
    assert server.received == []


async def test_nothing_of_a_test_is_stored_but_that_it_was_made(perdure: Perdure) -> None:
    await create(perdure, hosts=["127.0.0.1"])
    async with http_server(judge) as server:
        await check(perdure, "stripe", url=f"{server.url}/me?session=private")
    async with perdure.database.tenant(perdure.workspace_id) as session:
        query = text("SELECT after::text FROM audit_log WHERE action = 'credential.tested'")
        assert (await session.scalars(query)).one() == f'{{"origin": "{server.url}"}}'
    listed = perdure.temporal.list_workflows("WorkflowType = 'credential_check'")
    async for found in listed:
        handle = perdure.temporal.get_workflow_handle(found.id, run_id=found.run_id)
        assert SECRET not in await history_text(perdure.temporal, handle)


async def test_a_server_that_is_away_leaves_it_unclear(perdure: Perdure) -> None:
    await create(perdure, hosts=["127.0.0.1"])
    told = (await check(perdure, "stripe", url="http://127.0.0.1:1/me")).json()
    assert (told["result"], told["status"]) == ("unclear", None)
    assert "cannot be reached" in told["message"]
