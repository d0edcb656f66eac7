"""Conversations with tools, over HTTP with the real SDKs; the simulator refuses what the vendors refuse."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest

from activities.llm.attachments import with_files
from activities.llm.call import LlmAnswer
from schemas.conversation import FilePart, Finish, ImagePart, Message, TextPart, ThinkingPart, ToolDefinition
from schemas.errors import ErrorCode, PerdureError
from tests.activities.llm.conftest import ANTHROPIC, LITELLM, OPENAI, SHAPE, Asked

RESPONSES = "responses/gpt-5.4-mini"
NUMBERS = {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "number"}, "b": {"type": "number"}}}
ADD = ToolDefinition(name="add", description="Adds.", input_schema=NUMBERS)
CLOCK = ToolDefinition(name="clock", description="Tells the time.")
TOOLS = (ADD, CLOCK)
PIXEL = base64.b64encode(b"\x89PNG").decode()
every_api = pytest.mark.parametrize("model", [OPENAI, RESPONSES, ANTHROPIC, LITELLM])


@dataclass(frozen=True)
class Stored:
    media_type: str
    data: bytes


def script(*turns: dict[str, Any]) -> str:
    return f"[[sim:script {json.dumps(turns)}]]"


def called(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def user(text: str) -> Message:
    return Message.said("user", text)


async def turn(ask: Asked, model: str, *messages: Message, **fields: Any) -> LlmAnswer:
    return await ask.turn(messages, model, **{"tools": TOOLS, "prompt_cache": True, **fields})


@every_api
async def test_a_conversation_with_parallel_calls(ask: Asked, model: str) -> None:
    two = {"text": "Both at once.", "tools": [called("add", a=1, b=2), called("clock")]}
    first = user("Add and tell. " + script(two, {"tools": [called("add", a=3, b=4)]}, {"text": "It is 7 at noon."}))
    answer = await turn(ask, model, first, system="Be brief.")
    said = answer.message
    assert (answer.finish, said.text) == (Finish.TOOL_CALLS, "Both at once.")
    assert [(call.name, call.arguments, call.fault) for call in said.tool_calls] == [
        ("add", {"a": 1, "b": 2}, None),
        ("clock", {}, None),
    ]
    assert "".join(ask.streamed) == "Both at once."
    three = Message.tool_result(said.tool_calls[0], "3")
    picture = (TextPart(text="noon"), ImagePart(media_type="image/png", data=PIXEL))
    noon = Message.tool_result(said.tool_calls[1], picture)
    second = await turn(ask, model, first, said, three, noon)
    [call] = second.message.tool_calls
    assert call.arguments == {"a": 3, "b": 4}
    assert call.id not in {earlier.id for earlier in said.tool_calls}
    failed = Message.tool_result(call, "Out of order.", is_error=True)
    last = await turn(ask, model, first, said, three, noon, second.message, failed)
    assert (last.finish, last.output, last.message.tool_calls) == (Finish.STOP, "It is 7 at noon.", ())
    assert last.usage.tokens_in > answer.usage.tokens_in
    assert last.usage.context_limit
    assert last.cost_usd > 0


@every_api
async def test_what_is_wrong_with_a_call_is_said_to_the_model(ask: Asked, model: str) -> None:
    async def faults(fault: str, name: str = "add") -> list[str | None]:
        answer = await turn(ask, model, user(f'[[sim:tool {name} {{"a": 1, "b": 2}}]] [[sim:fault {fault}]]'))
        return [call.fault for call in answer.message.tool_calls]

    [fault] = await faults("malformed_tool")
    assert fault is not None
    assert "not JSON" in fault
    assert '{"a": 1, "b":' in fault
    assert await faults("scalar_tool") == ["The arguments must be a JSON object."]
    [fault] = await faults("misfit_tool")
    assert "'a' is a required property" in (fault or "")
    assert await faults("unknown_tool") == ["There is no tool 'no_such_tool'."]
    many = await faults("many_tools value=1000")
    assert len(many) == 64
    assert "1,000 tools at once, and none of them was run" in (many[0] or "")


@every_api
async def test_a_broken_conversation_is_mended(ask: Asked, model: str) -> None:
    first = user("Go on. " + script({"tools": [called("clock"), called("clock")]}, {"text": "Done."}))
    said = (await turn(ask, model, first)).message
    assert len({call.id for call in said.tool_calls}) == 2
    one = Message.tool_result(said.tool_calls[1], "noon")
    empty = Message.said("assistant", " ")
    lost = Message(role="tool", tool_call_id="call_gone", name="add", content=(TextPart(text="9"),))
    steered = await turn(ask, model, Message.said("system", "Hurry."), lost, first, said, one, user("Well?"), empty)
    assert steered.output == "Done."


async def test_thoughts_go_back_as_they_came(ask: Asked) -> None:
    first = user(script({"think": "Let me add.", "tools": [called("add", a=1, b=2)]}, {"text": "3"}))
    for model, thinking in ((ANTHROPIC, 2000), ("claude-haiku-5-5", "low"), (RESPONSES, "high")):
        asked = {"thinking": thinking, "temperature": 0.5}
        said = (await turn(ask, model, first, **asked)).message
        assert isinstance(said.content[0], ThinkingPart)
        assert said.content[0].text == "Let me add."
        result = Message.tool_result(said.tool_calls[0], "3")
        assert (await turn(ask, model, first, said, result, **asked)).output == "3"
        # Another vendor's model takes over: it is not shown them.
        for other in (OPENAI, ANTHROPIC, RESPONSES):
            assert (await turn(ask, other, first, said, result, **asked)).output == "3"
    changed = said.content[0].model_copy(update={"text": "x", "signature": "y", "data": None, "vendor": "anthropic"})
    with pytest.raises(PerdureError) as caught:
        await turn(ask, ANTHROPIC, first, said.model_copy(update={"content": (changed,)}), result)
    assert caught.value.code is ErrorCode.INVALID_CONFIG


@every_api
async def test_data_of_a_shape_beside_tools(ask: Asked, model: str) -> None:
    shape = {"output_schema": SHAPE}
    wrong, right = {"json": {"intent": 1}}, {"json": {"intent": "refund", "amount": 3}}
    first = user(script({"tools": [called("clock")]}, wrong, right))
    said = await turn(ask, model, first, **shape)
    assert (said.output, said.finish) == (None, Finish.TOOL_CALLS)
    result = Message.tool_result(said.message.tool_calls[0], "noon")
    answer = await turn(ask, model, first, said.message, result, **shape)
    assert answer.output == {"intent": "refund", "amount": 3}
    assert json.loads(answer.message.text) == answer.output
    assert answer.details["calls"] == 2


@every_api
async def test_which_tool_is_called_may_be_said(ask: Asked, model: str) -> None:
    for choice, names in (("add", ["add"]), ("required", ["add"]), ("none", [])):
        answer = await turn(ask, model, user("Go."), tool_choice=choice)
        assert [call.name for call in answer.message.tool_calls] == names


async def test_anthropic_remembers_the_conversation(ask: Asked) -> None:
    first = user("A long story. " * 50 + script({"tools": [called("clock")]}, {"text": "Done."}))
    said = await turn(ask, ANTHROPIC, first)
    answer = await turn(ask, ANTHROPIC, first, said.message, Message.tool_result(said.message.tool_calls[0], "noon"))
    assert answer.usage.cached_in > 100
    assert answer.cost_usd < said.cost_usd
    alone = await turn(ask, ANTHROPIC, first, prompt_cache=False)
    assert alone.cost_usd < said.cost_usd


async def test_files_are_read_for_the_model() -> None:
    class Files:
        async def read(self, workspace_id: str, file_id: str) -> Stored:
            stored = {"a": Stored("text/csv; charset=utf-8", b"x,y"), "b": Stored("image/png", b"p")}
            return stored.get(file_id, Stored("video/mp4", b""))

    def said(*parts: Any) -> tuple[Message, ...]:
        return (Message(role="user", content=parts),)

    table, picture = FilePart(name="t.csv", file="a"), ImagePart(file="b")
    [read] = await with_files(said(table, picture), Files(), "w")
    assert read.content[0] == TextPart(text="<file name='t.csv'>\nx,y\n</file>")
    assert read.content[1] == ImagePart(media_type="image/png", data="cA==")
    for part in (FilePart(name="film", file="c"), ImagePart(file="c")):
        with pytest.raises(PerdureError) as caught:
            await with_files(said(part), Files(), "w")
        assert caught.value.code is ErrorCode.INVALID_CONFIG


@every_api
async def test_a_conversation_with_calls_can_be_summed_up_without_tools(ask: Asked, model: str) -> None:
    first = user(script({"tools": [called("clock")]}, {"text": "It is noon."}))
    said = (await turn(ask, model, first)).message
    result = Message.tool_result(said.tool_calls[0], "noon")
    summed = await turn(ask, model, first, said, result, user("Sum up. [[sim:reply He asked the time.]]"), tools=())
    assert summed.output == "He asked the time."


@every_api
async def test_pictures_and_files_are_sent(ask: Asked, model: str) -> None:
    parts = (
        ImagePart(media_type="image/png", data=PIXEL),
        ImagePart(url="https://example.test/a.png"),
        FilePart(name="a.pdf", media_type="application/pdf", data=PIXEL),
        TextPart(text="What is this? [[sim:reply A pixel.]]"),
    )
    assert (await turn(ask, model, Message(role="user", content=parts), tools=())).output == "A pixel."
