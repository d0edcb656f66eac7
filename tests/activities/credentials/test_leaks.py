"""A server that gives back what it was sent cannot bring a secret into anything that is stored or shown."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from db.tables import Base
from tests.support.history_text import history_text
from tests.support.http_server import HttpServer, Received, answer, http_server, json_answer
from tests.support.perdure import Perdure

SECRET = 'tok-live-4242/"quoted"&more=é'.encode("ascii", "ignore").decode()
Collect = Callable[[str], Awaitable[dict[str, str]]]

FORMS = {
    "plain": SECRET,
    "url": quote(SECRET, safe=""),
    "json": json.dumps(SECRET)[1:-1],
    "base64": base64.b64encode(SECRET.encode()).decode()[:-3],
    "shifted base64": base64.b64encode(b"x" + SECRET.encode()).decode()[2:-3],
    "hex": SECRET.encode().hex(),
}


async def repeat(request: Received, writer: asyncio.StreamWriter) -> None:  # noqa: C901 - one answer per path
    """Gives back, in ways of its own, what it was sent."""
    sent = request.headers.get("authorization", "") or request.headers.get("x-key", "")
    told = {"headers": request.headers, "query": request.query, "body": request.body.decode()}
    match request.path:
        case "/header":
            writer.write(answer(b"{}", headers={"x-seen": sent, "set-cookie": f"session={sent}"}))
        case "/key":
            writer.write(json_answer({sent: {sent: [sent]}}))
        case "/text":
            writer.write(answer(f"you sent {sent} as {sent.encode().hex()}".encode()))
        case "/binary":
            writer.write(answer(b"\x00\x01" + sent.encode(), content_type="application/octet-stream"))
        case "/base64":
            writer.write(answer(base64.b64encode(b"x" + sent.encode() + b"yz")))
        case "/refused":
            writer.write(json_answer({"error": f"the key {sent} is wrong", **told}, status=403))
        case "/failing":
            writer.write(json_answer({"error": f"the key {sent} broke me"}, status=500))
        case "/cut":
            writer.write(answer(b"x" * 485 + sent.encode() + b"y" * 500, status=403))
        case "/loop":
            writer.write(answer(status=302, headers={"location": f"/loop?key={quote(sent)}"}))
        case "/nowhere":
            writer.write(answer(status=302, headers={"location": f"http://{sent[:8]}.invalid:1/{quote(sent)}"}))
        case _:
            writer.write(json_answer(told))


async def create(perdure: Perdure, name: str = "stripe", **body: Any) -> str:
    answered = await perdure.api.post(
        "/v1/credentials", json={"name": name, "type": "bearer", "secret": {"token": SECRET}, **body}
    )
    assert answered.status_code == 201, answered.text
    identity: str = answered.json()["id"]
    return identity


@pytest.fixture
def everything_about(perdure: Perdure, database_url: str) -> Collect:
    """All that is stored or shown of a run."""

    async def collect(run: str) -> dict[str, str]:
        events = (await perdure.api.get(f"/v1/runs/{run}/events", params={"format": "json"})).text
        steps = json.dumps(await perdure.steps(run))
        shown = {"run": json.dumps(await perdure.get(run)), "steps": steps, "events": events}
        shown["history"] = await history_text(perdure.temporal, perdure.handle(run))
        connection = await asyncpg.connect(database_url)
        for table in sorted(Base.metadata.tables):
            rows = await connection.fetch(f"SELECT t::text FROM {table} t")
            shown[f"table {table}"] = "\n".join(row[0] for row in rows)
        await connection.close()
        return shown

    return collect


def leaks(shown: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (place, name)
        for place, content in shown.items()
        for name, form in FORMS.items()
        if form in content or form.encode().hex() in content
    ]


def call(server: HttpServer, path: str = "/echo", **config: Any) -> dict[str, Any]:
    return {"id": "call", "kind": "http_request", "with": {"url": server.url + path, "credential": "stripe", **config}}


@pytest.mark.parametrize(
    "path",
    ["/echo", "/header", "/key", "/text", "/binary", "/base64", "/refused", "/failing", "/cut", "/loop", "/nowhere"],
)
async def test_an_echo_reaches_nothing(
    perdure: Perdure, everything_about: Collect, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    await create(perdure)
    async with http_server(repeat) as server:
        node = call(server, path) | {"on_error": "continue", "retry": {"max_attempts": 2, "initial": "10ms"}}
        last = {"id": "after", "kind": "transform", "with": {"value": "{{ nodes.call }}"}}
        run = await perdure.run([node, last], ["call>after"])
    assert run["status"] == "completed"
    assert server.received[0].headers["authorization"] == f"Bearer {SECRET}"
    shown = await everything_about(run["id"])
    assert leaks(shown) == []
    assert not any(form in caplog.text for form in FORMS.values())
    # The search looks where the reference and the replacement are found.
    assert '"stripe"' in shown["history"]
    if path not in ("/loop", "/nowhere"):
        for place in ("steps", "events", "history", "run", "table steps", "table run_events"):
            assert "[redacted: stripe]" in shown[place], place


async def test_what_another_step_of_the_run_brings_back_is_redacted_too(
    perdure: Perdure, everything_about: Collect
) -> None:
    """The second step does not use the credential; its server remembers what the first one got."""
    await create(perdure)
    kept: list[bytes] = []

    async def remember(request: Received, writer: asyncio.StreamWriter) -> None:
        kept.append(request.headers.get("authorization", "").encode())
        writer.write(answer(kept[0]))

    async with http_server(remember) as server:
        first = call(server)
        second = {"id": "look", "kind": "http_request", "with": {"url": server.url}}
        run = await perdure.run([first, second], ["call>look"])
    assert run["output"]["body"] == "Bearer [redacted: stripe]"
    assert leaks(await everything_about(run["id"])) == []


async def test_values_are_put_in_place_of_markers_only_inside_the_activity(
    perdure: Perdure, everything_about: Collect
) -> None:
    await create(perdure, "pair", type="generic", secret={"id": "client-identity", "key": SECRET})
    mark = {"$credential": "pair", "field": "key"}
    async with http_server(repeat) as server:
        config = {
            "url": f"{server.url}/echo",
            "method": "POST",
            "headers": {"x-key": mark},
            "query": {"k": mark},
            "json": {"auth": [{"id": {"$credential": "pair", "field": "id"}, "key": mark}], "text": "{{ input.text }}"},
        }
        run = await perdure.run([{"id": "call", "kind": "http_request", "with": config}], input={"text": "hello"})
    assert run["status"] == "completed", run
    received = server.received[0]
    assert received.headers["x-key"] == SECRET
    assert f"k={quote(SECRET, safe='')}" in received.query
    assert json.loads(received.body) == {"auth": [{"id": "client-identity", "key": SECRET}], "text": "hello"}
    shown = await everything_about(run["id"])
    assert leaks(shown) == []
    assert "client-identity" not in "".join(shown.values())
    assert run["output"]["body"]["headers"]["x-key"] == "[redacted: pair]"


async def test_a_marker_that_comes_with_data_stands_for_nothing(perdure: Perdure, everything_about: Collect) -> None:
    """Whoever starts a run, or a server that is asked, cannot have a credential put anywhere."""
    await create(perdure, "pair", type="generic", secret={"key": SECRET})
    mark = {"$credential": "pair", "field": "key"}
    async with http_server(repeat) as server:
        config = {
            "url": f"{server.url}/echo",
            "method": "POST",
            "headers": {"x-key": mark},
            "json": {"from": "{{ input }}", "made": "{{ {'$credential': 'pair', 'field': 'key'} }}"},
        }
        run = await perdure.run([{"id": "call", "kind": "http_request", "with": config}], input=mark)
    assert json.loads(server.received[0].body) == {"from": mark, "made": mark}
    assert server.received[0].headers["x-key"] == SECRET
    assert leaks(await everything_about(run["id"])) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_other_server_gets_it_by_a_redirect(perdure: Perdure, status: int) -> None:
    await create(perdure)
    await create(perdure, "agent", type="header", public={"name": "User-Agent"}, secret={"value": SECRET})
    for credential in ("stripe", "agent"):
        async with http_server(repeat) as other:

            async def send_on(request: Received, writer: asyncio.StreamWriter, target: str = other.url) -> None:
                writer.write(answer(status=status, headers={"location": f"{target}/caught"}))

            async with http_server(send_on) as server:
                run = await perdure.run([call(server, method="POST", body="text", credential=credential)])
        assert run["status"] == "completed", run
        assert SECRET in str(server.received[0])
        assert len(other.received) == 1
        assert SECRET not in str(other.received[0])


@pytest.mark.parametrize("status", [307, 308])
async def test_a_body_with_a_secret_is_not_repeated_elsewhere(perdure: Perdure, status: int) -> None:
    await create(perdure)
    async with http_server(repeat) as other:

        async def send_on(request: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(status=status, headers={"location": f"{other.url}/caught"}))

        async with http_server(send_on) as server:
            config = {"url": server.url, "method": "POST", "json": {"key": {"$credential": "stripe"}}}
            run = await perdure.run([{"id": "call", "kind": "http_request", "with": config}])
    assert (run["status"], run["error"]["code"]) == ("failed", "upstream_refused")
    assert other.received == []


async def speak(request: Received, writer: asyncio.StreamWriter) -> None:
    """A model that says its key, letter by letter."""
    key = request.headers["authorization"].removeprefix("Bearer ")
    prompt = json.loads(request.body)["messages"][-1]["content"]
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    said = [{"delta": {"content": letter}, "index": 0} for letter in f"I was given {key} and asked {prompt}."]
    said.append({"delta": {}, "index": 0, "finish_reason": "stop"})
    lines = [f"data: {json.dumps({**chunk, 'choices': [one]})}\n\n" for one in said]
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    lines += [f"data: {json.dumps({**chunk, 'choices': [], 'usage': usage})}\n\n", "data: [DONE]\n\n"]
    writer.write(answer("".join(lines).encode(), content_type="text/event-stream"))


async def test_a_model_is_not_told_secrets_and_cannot_say_its_key(perdure: Perdure, everything_about: Collect) -> None:
    async with http_server(speak) as server:
        public = {"provider": "openai", "base_url": f"{server.url}/v1"}
        await create(perdure, "models", type="llm_provider", public=public, secret={"api_key": SECRET})
        config = {"model": "gpt-4o", "credential": "models", "prompt": "{{ input.ask }}", "system": "{{ input.ask }}"}
        node = {"id": "ask", "kind": "llm", "with": config}
        run = await perdure.run([node], input={"ask": f"what is {SECRET}?"})
    assert run["output"] == "I was given [redacted: models] and asked what is [redacted: models]?."
    sent = server.received[0]
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in json.loads(sent.body)["messages"][0]["content"]
    shown = await everything_about(run["id"])
    streamed = [event for event in json.loads(shown["events"])["items"] if event["type"] == "step.delta"]
    assert "".join(event["data"]["text"] for event in streamed) == run["output"]
    # Whoever starts a run with a secret in its input has put it there.
    assert {place for place, _ in leaks(shown)} <= {"run", "history", "steps", "events", *INPUT_PLACES}


INPUT_PLACES = ("table runs", "table steps", "table run_events")


async def test_a_child_run_and_every_item_of_a_loop_are_redacted(perdure: Perdure, everything_about: Collect) -> None:
    await create(perdure)
    async with http_server(repeat) as server:
        child = await perdure.publish([call(server)])
        sub = {"id": "sub", "kind": "sub_workflow", "with": {"workflow": child}}
        each = {"id": "each", "kind": "foreach", "with": {"items": "[1, 2]", "body": {"nodes": [call(server)]}}}
        run = await perdure.run([sub, each], ["sub>each"])
    assert run["status"] == "completed", run
    assert len(server.received) == 3
    assert all(SECRET in str(request) for request in server.received)
    assert leaks(await everything_about(run["id"])) == []


async def test_a_retried_run_asks_again(perdure: Perdure) -> None:
    identity = await create(perdure)
    async with http_server(repeat) as server:
        slug = await perdure.publish([call(server)])
        assert (await perdure.api.delete(f"/v1/credentials/{identity}", params={"force": True})).status_code == 204
        run = await perdure.start(slug)
        failed = await perdure.ended(run)
        assert failed["error"]["code"] == "missing_credential"
        assert server.received == []
        await create(perdure)
        await perdure.control(run, "retry")
        assert (await perdure.ended_again(run, 2))["status"] == "completed"
    assert len(server.received) == 1
