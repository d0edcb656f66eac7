"""The tool calls of one turn: side by side, each behind its own gate, each answered whatever becomes of the others."""

import asyncio
import json
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from schemas.agents import dumped
from schemas.conversation import Message, Part, TextPart, ToolCall
from schemas.errors import ErrorClass, ErrorCode, ErrorInfo, PerdureError
from schemas.messages import StepCredentials
from schemas.nodes import specs
from schemas.nodes.agent import AgentConfig
from schemas.tools.credentials import call_credentials
from schemas.tools.result import ToolResult
from schemas.tools.use import Offer
from workflows.agent_run.control_tools import CONTROL_TOOLS
from workflows.agent_run.conversation import Conversation
from workflows.agent_run.gate import Passage, pass_gate
from workflows.agent_run.guards import Guards
from workflows.agent_run.side_by_side import all_of
from workflows.agent_run.sub_step import SubStep
from workflows.graph_run.calls import StepFailure
from workflows.graph_run.interventions import ACCEPTED
from workflows.graph_run.node_call import NodeCall

KIND: Final = "tool_call"

_TURN_CHARS: Final = 300_000
"""Of the answers to all calls of one turn together."""
_FEWEST_CHARS: Final = 2_000

_FOR_THE_MODEL: Final = frozenset(
    {ErrorClass.TRANSIENT, ErrorClass.RATE_LIMITED, ErrorClass.USER_CONFIG, ErrorClass.REJECTED, ErrorClass.NEEDS_USER}
)
"""Failures of a call of which the model is told, so that it can do something else."""
_STOPPING: Final = frozenset(
    {ErrorCode.MISSING_CREDENTIAL, ErrorCode.AUTH_FAILED, ErrorCode.APPROVAL_MISMATCH, ErrorCode.INVALID_CONFIG}
    | {ErrorCode.TOOLS_CHANGED, ErrorCode.FORBIDDEN}
)
"""Those that no other call mends: the agent stops, and goes on with this call when somebody has helped."""


class ToolCalls:
    """Carries out what the model has asked for.

    Args:
        call: The node.
        config: Its settings.
        offers: Tools by the name that the model uses.
        conversation: Takes the answers.
        guards: Look at what tools give back.
    """

    def __init__(
        self,
        call: NodeCall,
        config: AgentConfig,
        offers: dict[str, Offer],
        conversation: Conversation,
        guards: Guards,
    ) -> None:
        self._guards = guards
        self.call = call
        self.config = config
        self.offers = offers
        self.conversation = conversation
        self._running = asyncio.Semaphore(config.limits.parallel)
        self._seconds: dict[str, float] = {}

    async def carry_out(self) -> None:
        """Answers every call of the latest message that is not answered yet, then puts the answers into the transcript.

        Raises:
            StepFailure: if a call failed in a way of which the model must not be told; the others are kept.
            Halt: if the run moves while people are asked.
        """
        calls = [ToolCall.model_validate(raw) for raw in self.conversation.messages[-1]["tool_calls"]]
        results = self.conversation.results
        waiting = [n for n in range(len(calls)) if str(n) not in results]
        self._seconds.clear()
        chars = max(_TURN_CHARS // max(len(calls), 1), _FEWEST_CHARS)
        problems = await all_of([self._answer(number, calls[number], chars) for number in waiting])
        self.conversation.data["seconds"] += max(self._seconds.values(), default=0.0)
        for problem in problems:
            raise problem
        for number in range(len(calls)):
            self.conversation.append(results[str(number)])
        self.conversation.data["tool_calls"] += len(calls)
        results.clear()

    async def _answer(self, number: int, wanted: ToolCall, chars: int) -> None:
        if number >= self.config.limits.calls:
            message = f"The call was not made: at most {self.config.limits.calls} calls are made in one turn."
            result, told = ToolResult.failed(message), ""
        else:
            result, told = await self.result_of(f"call[{number}]", wanted)
        content = tuple(_shortened(part, chars) for part in result.content)
        if told:
            content = (TextPart(text=told), *content)
        self.conversation.results[str(number)] = dumped(Message.tool_result(wanted, content, is_error=result.is_error))

    async def result_of(self, name: str, wanted: ToolCall) -> tuple[ToolResult, str]:
        """Makes a call.

        Args:
            name: Of its step below the turn.
            wanted: The call.

        Returns:
            Its result, and what the model must know beside it.
        """
        path = f"turn[{self.conversation.turn - 1}].{name}"
        made: dict[str, Any] = self.conversation.data.setdefault("made", {})
        if path not in made and (unmade := await self._make(name, wanted, made, path)) is not None:
            return unmade, ""
        kept = made[path]
        result = await self._guards.tool(path, ToolResult.model_validate(kept["result"]))
        del made[path]
        return result, kept["told"]

    async def _make(self, name: str, wanted: ToolCall, made: dict[str, Any], path: str) -> ToolResult | None:
        """Makes a call; its result is kept until it has been looked at. What is said of a call that is not made."""
        offer = self.offers.get(wanted.name)
        settings = {"name": wanted.name, "arguments": wanted.arguments}
        step = self.step(name, wanted.name, settings if offer is None else self._settings(offer, wanted.arguments))
        fault = wanted.fault or (None if offer is not None else f"There is no tool {wanted.name!r}.")
        if fault is not None or offer is None:
            return _refused(step, f"The call was not made. {fault}")
        try:
            arguments = await self._let_out(name, step, wanted.arguments)
        except PerdureError as error:
            return _refused(step, f"The call was not made. {error.info.message}")
        passage = await pass_gate(step, offer, arguments, self.call.run.snapshot.approved_tools)
        if passage.refused is not None:
            return _refused(step, passage.refused)
        passage = replace(passage, changed=passage.changed or arguments != wanted.arguments)
        told = f"{_CHANGED}{json.dumps(passage.arguments, ensure_ascii=False)}\n" if passage.changed else ""
        result = await self._made(name, offer, passage, step)
        made[path] = {"result": result.model_dump(mode="json"), "told": told}
        return None

    async def _let_out(self, name: str, step: SubStep, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as guardrails let them out of the agent; asked once, wherever the run goes on.

        Raises:
            PerdureError: `content_refused`.
            StepFailure: if it could not be looked at.
            Halt: if the run moves while a person is asked.
        """
        if "let_out" not in step.memo:
            path = f"turn[{self.conversation.turn - 1}].{name}"
            step.memo["let_out"] = await self._guards.arguments(path, arguments)
        let_out: dict[str, Any] = step.memo["let_out"]
        return let_out

    def step(self, name: str, tool: str, settings: dict[str, Any], kind: str = KIND) -> SubStep:
        """A step below the turn under way."""
        turn, offer = self.conversation.turn - 1, self.offers.get(tool)
        # With less time than it takes, nobody would know whether a call was made that must not be made twice.
        whole = kind == KIND and offer is not None and not offer.repeatable
        timeout = None if whole else self.conversation.time_for(specs()[kind].timeout)
        path, budget = f"turn[{turn}].{name}", self.config.budget
        return SubStep(self.call, path, kind, tool, settings, timeout=timeout, budget=budget)

    async def _made(self, name: str, offer: Offer, passage: Passage, step: SubStep) -> ToolResult:
        try:
            if offer.control:
                return await self._controlled(name, offer, step, passage.arguments)
            if passage.changed:
                step = self.step(name, offer.definition.name, self._settings(offer, passage.arguments))
            async with self._running:
                return await self._timed(name, step, offer, passage)
        except StepFailure as failure:
            if failure.info.error_class not in _FOR_THE_MODEL or failure.info.code in _STOPPING:
                raise
            return ToolResult.failed(_told(failure.info))

    async def _controlled(self, name: str, offer: Offer, step: SubStep, arguments: dict[str, Any]) -> ToolResult:
        try:
            return await CONTROL_TOOLS[offer.spec.type](self, name, offer, step, arguments)
        finally:
            self.conversation.took(step.cost_usd)
            self.worked(name, step.seconds)

    def worked(self, name: str, seconds: float) -> None:
        """A call, or a part of it, has taken time; of calls that are made side by side the longest counts."""
        call = name.partition(".")[0]
        self._seconds[call] = self._seconds.get(call, 0.0) + seconds

    async def _timed(self, name: str, step: SubStep, offer: Offer, passage: Passage) -> ToolResult:
        try:
            result = await step.done(self._credentials(offer), passage.approved)
        finally:
            self.worked(name, step.seconds)
        if step.accepted is not None:
            self.call.run.snapshot.permit((), [step.accepted])
        self.conversation.spent(result)
        return as_result(result.output)

    def _settings(self, offer: Offer, arguments: dict[str, Any]) -> dict[str, Any]:
        """Settings of the step that makes a call."""
        settings, accepted = offer.call(arguments), self.call.run.snapshot.accepted_tools
        return {**settings, ACCEPTED: list(accepted)} if accepted else settings

    def _credentials(self, offer: Offer) -> StepCredentials | None:
        known = self.call.run.credentials_of(self.call.node)
        written = self.call.node.config.get("tools")
        if known is None or not isinstance(written, list) or offer.index >= len(written):
            return known if known is None else StepCredentials(known=known.known)
        return call_credentials(known, offer.index, written[offer.index].get("settings", {}), offer.spec)


_CHANGED: Final = "[A person or a guardrail changed the arguments before the call was made. It was made with] "


def _refused(step: SubStep, why: str) -> ToolResult:
    """Ends a call that is not made."""
    refused = ToolResult.failed(why)
    step.finish(refused.model_dump(mode="json"))
    return refused


def _shortened(part: Part, chars: int) -> Part:
    """A part of an answer, so short that those to all calls of a turn fit into the conversation."""
    if not isinstance(part, TextPart) or len(part.text) <= chars:
        return part
    return TextPart(text=f"{part.text[:chars]}\n[… {len(part.text) - chars:,} more characters were left out]")


def as_result(output: Any) -> ToolResult:
    """The output of a tool call; what a person gave in its place is its value."""
    try:
        return ToolResult.model_validate(output)
    except ValidationError:
        return ToolResult(value=output)


def _told(info: ErrorInfo) -> str:
    return f"The call failed ({info.code.value}): {info.message}"
