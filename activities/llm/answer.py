"""Turns what was heard of a model into a message of the conversation."""

from collections.abc import Iterator
from hashlib import sha256

from activities.llm import prices
from activities.llm.call import ModelCall
from activities.llm.reply import Reply, Said
from activities.llm.routing import Route
from activities.llm.tool_calls import tool_calls
from activities.text import clean_text
from schemas.conversation import Finish, Message, MessageRole, TextPart, ThinkingPart, TurnUsage


async def message_of(reply: Reply, call: ModelCall, route: Route) -> Message:
    """The message of the assistant."""
    parts = tuple(part for said in reply.said for part in _part(said, route))
    salt = sha256(call.step_key.encode("utf-8", "replace")).hexdigest()[:12]
    return Message(role=MessageRole.ASSISTANT, content=parts, tool_calls=await tool_calls(reply, call.tools, salt))


def finish_of(reply: Reply) -> Finish:
    """Why the model stopped, as its answer shows it: not every server says that it calls tools."""
    finish = reply.finish or Finish.STOP
    if reply.calls:
        return Finish.TOOL_CALLS if finish is Finish.STOP else finish
    return Finish.STOP if finish is Finish.TOOL_CALLS else finish


def usage_of(reply: Reply, route: Route) -> TurnUsage:
    """Size of the call."""
    return TurnUsage(
        tokens_in=reply.usage.tokens_in,
        tokens_out=reply.usage.tokens_out,
        cached_in=reply.usage.cache_read,
        context_limit=prices.facts(route).get("max_input_tokens"),
    )


def _part(said: Said, route: Route) -> Iterator[TextPart | ThinkingPart]:
    text = clean_text(said.text)
    if said.thought and (text or said.data or said.signature):
        yield ThinkingPart(
            text=text, signature=said.signature or None, data=said.data or None, vendor=route.vendor.value
        )
    elif text and not said.thought:
        yield TextPart(text=text)
