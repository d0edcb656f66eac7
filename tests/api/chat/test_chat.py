"""Conversations with agents: turns, branches, what is streamed, people in between. Agents really run."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import pytest

from api.access.caller import Caller, CallerKind
from api.access.permissions import GRANTS
from api.chat.positions import Position
from api.chat.stream import _events
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.perdure import Perdure, model_server, perdure, plumbing, worker
from tests.support.polling import eventually

__all__ = ["model_server", "perdure", "plumbing", "worker"]


class Chat:
    """A conversation, in short words."""

    def __init__(self, inside: Perdure, session: str) -> None:
        self.inside = inside
        self.path = f"/v1/chat/sessions/{session}"
        self.id = session

    async def post(self, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        answer = await self.inside.api.post(f"{self.path}{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def say(self, text: str) -> dict[str, Any]:
        """Say something and wait for the answer."""
        return await self.answered(await self.post("/messages", {"content": text}))

    async def answered(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Wait for the answer."""
        await self.inside.ended(sent["answer"]["run_id"])
        return next(one for one in await self.shown() if one["id"] == sent["answer"]["id"])

    async def shown(self, **params: Any) -> list[dict[str, Any]]:
        """The branch."""
        page = (await self.inside.api.get(f"{self.path}/messages", params=params)).json()
        items: list[dict[str, Any]] = page["items"]
        return items

    async def detail(self) -> dict[str, Any]:
        """The session."""
        found: dict[str, Any] = (await self.inside.api.get(self.path)).json()
        return found

    async def words(self) -> list[str]:
        """What was said in the branch."""
        return ["".join(part.get("text", "") for part in one["content"]) for one in await self.shown()]


@pytest.fixture
async def chat(perdure: Perdure) -> Chat:
    """A conversation with an agent of the workspace."""
    body = {"name": "Helper", "slug": "helper", "config": {"instructions": "Be brief.", "model": "gpt-4o-mini"}}
    assert (await perdure.api.post("/v1/agents", json=body)).status_code == 201
    assert (await perdure.api.post("/v1/agents/helper/publish", json={"revision": 1})).status_code == 201
    answer = await perdure.api.post("/v1/chat/sessions", json={"agent": "helper", "context": {"plan": "gold"}})
    assert answer.status_code == 201, answer.text
    return Chat(perdure, answer.json()["id"])


async def test_each_turn_is_a_run_that_knows_what_was_said(chat: Chat) -> None:
    answer = await chat.say("One. [[sim:reply Hello!]]")
    assert (answer["content"], answer["status"], answer["end"]) == (
        [{"type": "text", "text": "Hello!"}],
        "completed",
        "completed",
    )
    sent = await chat.post("/messages", {"content": "Two. [[sim:reply Again!]]"}, **{"Idempotency-Key": "k"})
    assert await chat.post("/messages", {"content": "Two. [[sim:reply Again!]]"}, **{"Idempotency-Key": "k"}) != {}
    second = await chat.answered(sent)
    run = await chat.inside.get(second["run_id"])
    assert run["trigger"] == "chat"
    assert run["input"]["context"] == {"plan": "gold"}
    assert [message["role"] for message in run["input"]["history"]] == ["user", "assistant"]
    assert [one["author"] for one in await chat.shown()] == ["user", "agent"] * 2
    detail = await chat.detail()
    assert (detail["title"], detail["run_id"]) == ("One. [[sim:reply Hello!]]", None)
    said = (await chat.inside.api.get(f"{chat.path}/export", params={"format": "markdown"})).text
    assert "Hello!" in said
    assert said.index("Hello!") < said.index("Again!")
    assert (await chat.post("/clear"))["head_id"] is None
    assert await chat.shown(all=True) == []


async def test_what_is_said_anew_begins_a_branch(chat: Chat) -> None:
    first = await chat.post("/messages", {"content": "One. [[sim:reply A]]"})
    await chat.answered(first)
    await chat.say("Two. [[sim:reply B]]")
    path = f"/messages/{first['message']['id']}/edit"
    edited = await chat.answered(await chat.post(path, {"content": "Other. [[sim:reply C]]"}))
    assert await chat.words() == ["Other. [[sim:reply C]]", "C"]
    assert (await chat.shown())[0]["siblings"] == [first["message"]["id"], (await chat.shown())[0]["id"]]
    again = await chat.answered(await chat.post(f"/messages/{edited['id']}/regenerate"))
    assert again["siblings"] == [edited["id"], again["id"]]
    run = await chat.inside.get(again["run_id"])
    assert "history" not in run["input"]
    chosen = await chat.inside.api.put(f"{chat.path}/branch", json={"message_id": first["message"]["id"]})
    assert chosen.is_success
    assert (await chat.words())[1::2] == ["A", "B"]
    assert len(await chat.shown(all=True)) == 7


async def test_people_can_take_over_and_give_back(chat: Chat) -> None:
    early = await chat.inside.api.post(f"{chat.path}/messages", json={"content": "x", "as_member": True})
    check_problem(early, 409, "conflict")
    assert (await chat.post("/hand-over", {"note": "difficult"}))["status"] == "human"
    asked = await chat.post("/messages", {"content": "Is anybody there?"}, **{"Idempotency-Key": "h"})
    again = await chat.post("/messages", {"content": "Is anybody there?"}, **{"Idempotency-Key": "h"})
    assert (asked["answer"], again["message"]["id"]) == (None, asked["message"]["id"])
    other = await chat.inside.api.post(
        f"{chat.path}/messages", json={"content": "Other"}, headers={"Idempotency-Key": "h"}
    )
    check_problem(other, 409, "idempotency_mismatch")
    reply = (await chat.post("/messages", {"content": "Yes, I am.", "as_member": True}))["message"]
    assert (reply["author"], reply["author_name"]) == ("member", "operator")
    assert (await chat.post("/hand-back"))["status"] == "agent"
    answer = await chat.say("Go on. [[sim:reply Fine]]")
    run = await chat.inside.get(answer["run_id"])
    assert [(one["role"], one["content"][0]["text"]) for one in run["input"]["history"]] == [
        ("user", "Is anybody there?"),
        ("assistant", "Yes, I am."),
    ]
    await chat.post("/hand-over", {})
    again = f"{chat.path}/messages/{answer['id']}/regenerate"
    check_problem(await chat.inside.api.post(again), 409, "conflict")


async def test_what_guardrails_mask_or_block_stays_so_in_later_turns(chat: Chat) -> None:
    stop = {"type": "cel", "on": ["input"], "when": "text.contains('launch code')"}
    config = {"instructions": "Be brief.", "model": "gpt-4o-mini", "guardrails": [{"type": "pii"}, stop]}
    await chat.inside.api.put("/v1/agents/helper/draft", json={"config": config, "revision": 1})
    assert (await chat.inside.api.post("/v1/agents/helper/publish", json={"revision": 2})).status_code == 201
    await chat.say("I am ada@example.com. [[sim:reply Hello!]]")
    blocked = await chat.say("The launch code is 4711. [[sim:reply Thanks!]]")
    assert (blocked["status"], blocked["end"]) == ("failed", None)
    answer = await chat.say("Go on. [[sim:reply Gladly.]]")
    assert answer["content"][0]["text"] == "Gladly."
    asked = (await chat.inside.steps(answer["run_id"]))["agent.turn[0]"]["input"]["messages"]
    said = [message["content"][0]["text"].partition(" [[")[0] for message in asked]
    assert said == ["I am [e-mail address].", "Hello!", "Go on."]


async def test_people_are_asked_once_about_what_was_said(chat: Chat) -> None:
    ask = {"type": "cel", "on": ["input"], "when": "text.contains('refund')", "action": "ask"}
    config = {"instructions": "Be brief.", "model": "gpt-4o-mini", "guardrails": [{"type": "pii"}, ask]}
    await chat.inside.api.put("/v1/agents/helper/draft", json={"config": config, "revision": 1})
    assert (await chat.inside.api.post("/v1/agents/helper/publish", json={"revision": 2})).status_code == 201
    sent = await chat.post("/messages", {"content": "A refund for ada@example.com. [[sim:reply Yes.]]"})
    await chat.inside.decide(sent["answer"]["run_id"], "approved")
    assert (await chat.answered(sent))["content"][0]["text"] == "Yes."
    answer = await chat.say("And now? [[sim:reply Wait.]]")
    steps = await chat.inside.steps(answer["run_id"])
    assert "agent.turn[0].guard[0].review" not in steps
    asked = [message["content"][0]["text"] for message in steps["agent.turn[0]"]["input"]["messages"]]
    assert [text.partition(" [[")[0] for text in asked] == ["A refund for [e-mail address].", "Yes.", "And now?"]
    other = await chat.post("/messages", {"content": "Another refund. [[sim:reply Yes.]]"})
    shown = (await chat.inside.decide(other["answer"]["run_id"], "rejected"))["payload"]
    assert "Another refund." in shown["text"]
    assert "e-mail" not in shown["text"]
    assert (await chat.answered(other))["error"]["code"] == "content_refused"


async def test_a_reader_who_comes_back_misses_nothing_and_sees_nothing_twice(chat: Chat) -> None:
    begun = (await chat.detail())["cursor"]
    first = await chat.post("/messages", {"content": "One. [[sim:reply Hello my friend!]]"})
    busy = await chat.inside.api.post(f"{chat.path}/messages", json={"content": "Too early"})
    if busy.status_code != 201:
        check_problem(busy, 409, "conflict")
    everything = await told(chat, begun, until=first["answer"]["id"])
    names = [name for name, _, _ in everything]
    assert names[:2] == ["message", "message"]
    assert names[-1] == "done"
    text = "".join(data["event"]["data"]["text"] for name, data, _ in everything if name == "delta")
    assert text == "Hello my friend!"
    for place in (1, 3, len(everything) - 2):
        rest = await told(chat, everything[place][2], until=first["answer"]["id"])
        assert rest == everything[place + 1 :]
    # Whoever left in the middle of an answer that is cleared meanwhile hears the next one from its beginning.
    middle = next(place for name, _, place in everything if name == "delta")
    assert (await chat.post("/clear"))["head_id"] is None
    second = await chat.post("/messages", {"content": "Two. [[sim:reply Good day!]]"})
    rest = await told(chat, middle, until=second["answer"]["id"])
    assert "".join(data["event"]["data"]["text"] for name, data, _ in rest if name == "delta") == "Good day!"
    assert next(data["event"]["seq"] for name, data, _ in rest if "event" in data) == 1


async def test_what_a_run_asks_people_stands_in_the_conversation(chat: Chat) -> None:
    tool = {"type": "calculator", "policy": {"approve": "always"}}
    config = {"instructions": "Compute.", "model": "gpt-4o-mini", "tools": [tool]}
    await chat.inside.api.put("/v1/agents/helper/draft", json={"config": config, "revision": 1})
    assert (await chat.inside.api.post("/v1/agents/helper/publish", json={"revision": 2})).status_code == 201
    script = json.dumps([{"tools": [{"name": "calculator", "arguments": {"expression": "1 + 2"}}]}, {"text": "3!"}])
    sent = await chat.post("/messages", {"content": f"Add. [[sim:script {script}]]"})

    async def asked() -> dict[str, Any] | None:
        detail = await chat.detail()
        return detail if detail["approvals"] else None

    detail = await eventually(asked, seconds=30)
    assert detail is not None
    assert detail["run_id"] == sent["answer"]["run_id"]
    check_problem(await chat.inside.api.delete(chat.path), 409, "conflict")
    await chat.inside.decide(detail["run_id"], "approved")
    assert (await chat.answered(sent))["content"][0]["text"] == "3!"
    assert (await chat.detail())["approvals"] == []
    page = (await chat.inside.api.get(f"/v1/runs/{detail['run_id']}/transcript")).json()
    assert [one["role"] for one in page["items"]] == ["user", "assistant", "tool", "assistant"]
    assert page["items"][2]["approval_status"] == "decided"
    assert (await chat.inside.api.delete(chat.path)).status_code == 204
    check_problem(await chat.inside.api.get(chat.path), 404, "not_found")


async def told(chat: Chat, after: str, *, until: str) -> list[tuple[str, dict[str, Any], str]]:
    """Events of the stream until an answer is done: name, data, id."""
    workspace = chat.inside.workspace_id
    permissions = GRANTS[Role.OWNER]
    caller = Caller(workspace, CallerKind.OPERATOR, None, "operator", Role.OWNER, permissions)
    found = []
    events: AsyncIterator[Any] = _events(chat.inside.services, caller, UUID(chat.id), Position.parse(after))
    async with aclosing(events) as stream:  # type: ignore[type-var]
        async for event in stream:
            data = json.loads(event.data)
            found.append((event.event, data, event.id))
            if event.event == "done" and data["id"] == until:
                break
    return found
