"""The loop of an agent: between its turns it listens to people, minds its limits, and keeps its conversation small."""

import asyncio
from typing import Any, Final

from temporalio import workflow

from schemas.agents import LIMIT_ERRORS, LIMIT_PORT, AgentOutput, EndReason, dumped, first_message
from schemas.conversation import Finish, Message, MessageRole, TurnOutput
from schemas.errors import ErrorCode, PerdureError
from schemas.limits import MAX_VALUE_BYTES
from schemas.messages import NodeStatus
from schemas.nodes.agent import AgentConfig
from schemas.tools.use import offers
from workflows.agent_run.conversation import COUNTERS, Conversation
from workflows.agent_run.guards import Guards
from workflows.agent_run.members import team_tools
from workflows.agent_run.memory import Remembering
from workflows.agent_run.model import Model
from workflows.agent_run.tool_calls import ToolCalls
from workflows.agent_run.transcript import fitting
from workflows.graph_run.calls import StepFailure
from workflows.graph_run.mailbox import Halt
from workflows.graph_run.node_call import NodeCall
from workflows.outcome import NodeOutcome

_REASONS: Final = dict(
    zip(
        COUNTERS,
        (EndReason.TURN_LIMIT, EndReason.TOKEN_LIMIT, EndReason.COST_LIMIT, EndReason.TIME_LIMIT),
        strict=True,
    )
)
_TOLD: Final = {
    EndReason.TURN_LIMIT: "its limit of {:g} turns",
    EndReason.TOKEN_LIMIT: "its limit of {:,g} tokens",
    EndReason.COST_LIMIT: "its limit of {:g} USD",
    EndReason.TIME_LIMIT: "its time limit of {:g} seconds",
}
_MOST_BYTES: Final = MAX_VALUE_BYTES * 4 // 5
"""Of the messages in the output, with the answer; the oldest are left out beyond that."""

TOO_LONG: Final = "context_too_long"
"""`reason` in the error of a model call whose conversation the model cannot take in."""


class AgentLoop:
    """Runs one agent to its end.

    Args:
        call: The node.
        config: Its settings.
    """

    def __init__(self, call: NodeCall, config: AgentConfig) -> None:
        call.run.share_tree(config.budget.tree_usd)
        asked = [] if config.message is None else [first_message(config.message)]
        self._call = call
        self._config = config
        self._conversation = Conversation(call, [*config.history, *asked], config.limits.seconds)
        self._memory = Remembering(call, config, self._conversation)
        offered = {**offers(config.tools), **self._memory.offers(), **team_tools(call.run)}
        self._model = Model(call, config, offered, self._conversation)
        self._guards = Guards(call, config, self._conversation)
        self._tools = ToolCalls(call, config, offered, self._conversation, self._guards)

    async def run(self) -> NodeOutcome:
        """Turns until the model has nothing more to call.

        Raises:
            PerdureError: the limit that was reached, unless it has a port; `content_refused`.
            StepFailure: if a step failed for good. A retry goes on with that step.
            Halt: if the run moves to a fresh history.
        """
        self._call.waiting(NodeStatus.RUNNING, input={"message": self._config.message})
        self._call.run.agents += 1
        try:
            return await self._turns()
        finally:
            self._call.run.agents -= 1

    async def _turns(self) -> NodeOutcome:
        while True:
            await self._between_turns()
            if self._under_way():
                await self._tools.carry_out()
                if self._conversation.data.get("handed"):
                    return NodeOutcome(self._output(EndReason.HANDED_OVER, None))
                continue
            if self._unsaid is None:
                if (reason := self._limit()) is not None:
                    return self._limited(reason)
                await self._guards.input()
                await self._next()
            elif (answer := await self._said(self._unsaid)) is not None:
                return NodeOutcome(self._output(EndReason.COMPLETED, answer))

    async def _between_turns(self) -> None:
        """Waits while the run is paused, gives way to a fresh history, takes in what people have said."""
        run = self._call.run
        await workflow.wait_condition(lambda: not run.paused or run.stopping is not None)
        if run.stopping == "move" or (run.stopping is None and run.history_is_full()):
            run.move()
            raise Halt
        if run.stopping is not None:
            await asyncio.Future()  # the walker cancels the node
        if not self._under_way() and self._unsaid is None and not self._looked_at:
            self._heard()

    @property
    def _looked_at(self) -> bool:
        """Whether guardrails look at what the next turn is about, or have; what people say now is for the one after."""
        data = self._conversation.data
        return bool(data.get("guards")) or data.get("guarded") == self._conversation.turn

    def _under_way(self) -> bool:
        """Whether calls of the latest turn wait for their answers."""
        messages = self._conversation.messages
        return bool(messages and messages[-1].get("tool_calls"))

    def _heard(self) -> bool:
        """Puts what people have said meanwhile into the transcript; whether they have."""
        heard = self._call.run.take_steers(self._call.path)
        for text in heard:
            self._conversation.append(dumped(Message.said(MessageRole.USER, text)))
        return bool(heard)

    @property
    def _unsaid(self) -> TurnOutput | None:
        """What the model has answered and nobody has looked at yet; kept, so that it is not paid for again."""
        kept = self._conversation.data.get("answer")
        return None if kept is None else TurnOutput.model_validate(kept)

    async def _said(self, answer: TurnOutput) -> TurnOutput | None:
        """Puts an answer of the model into the transcript as it may be given; the same if it is the last one.

        Raises:
            PerdureError: `content_refused`.
            StepFailure: if it could not be looked at.
            Halt: if the run moves while a person is asked.
        """
        try:
            answer = await self._guards.output(answer)
        except PerdureError:
            del self._conversation.data["answer"]  # a retry asks anew
            raise
        done = not answer.message.tool_calls
        if done:
            await self._memory.keep(self._model, answer)
        del self._conversation.data["answer"]
        self._conversation.append(dumped(answer.message))
        return answer if done and not self._heard() else None

    async def _next(self) -> None:
        """Makes the next turn with all that comes before it; nothing comes of it if the agent's time is over meanwhile.

        Raises:
            PerdureError: `content_refused`.
            StepFailure: if a step failed for good.
            Halt: if the run moves.
        """
        try:
            await self._memory.recall()
            await self._model.compact()
            await self._turn()
        except StepFailure as failure:
            # No step is given more time than the agent has left; its limit is told next.
            if failure.info.code is not ErrorCode.TIMEOUT or self._limit() is not EndReason.TIME_LIMIT:
                raise

    async def _turn(self) -> None:
        """Makes the next turn; nothing comes of it if the conversation was too long for the model and is shorter now.

        Raises:
            PerdureError: `content_refused`.
            StepFailure: if the model call failed for good.
        """
        try:
            answer = await self._model.turn()
        except StepFailure as failure:
            if failure.info.details.get("reason") != TOO_LONG or not await self._model.compact(now=True):
                raise
            return
        if answer.finish is Finish.REFUSED:
            said = f": {answer.message.text[:1_000]}" if answer.message.text else "."
            raise PerdureError(ErrorCode.CONTENT_REFUSED, f"The model refused to go on{said}")
        if answer.finish is not Finish.CONTEXT_FULL or not await self._model.compact(now=True):
            self._conversation.data["answer"] = answer.model_dump(mode="json", exclude_none=True)

    def _limit(self) -> EndReason | None:
        used, limits = self._conversation.used(), self._config.limits
        for counter, reason in _REASONS.items():
            limit = getattr(limits, counter)
            if limit is not None and used[counter] >= limit:
                return reason
        return None

    def _limited(self, reason: EndReason) -> NodeOutcome:
        """Leaves through the port for limits, or fails.

        Raises:
            PerdureError: the limit.
        """
        output = self._output(reason, None)
        if self._config.limit_port:
            return NodeOutcome(output, LIMIT_PORT)
        self._conversation.allow_more()
        counter = next(name for name, known in _REASONS.items() if known is reason)
        reached = _TOLD[reason].format(getattr(self._config.limits, counter))
        details = {key: output[key] for key in ("end", "turns", "tool_calls", "tokens_in", "tokens_out", "cost_usd")}
        raise PerdureError(
            LIMIT_ERRORS[reason],
            f"The agent reached {reached} before it was done. Raise the limit, or retry to give it the same again.",
            details=details,
        )

    def _output(self, end: EndReason, answer: TurnOutput | None) -> dict[str, Any]:
        data = self._conversation.data
        output = AgentOutput(
            text=self._last_text() if answer is None else answer.message.text,
            output=None if answer is None else answer.output,
            end=end,
            turns=data["turn"] - data["first_turn"],
            tool_calls=data["tool_calls"],
            tokens_in=data["tokens_in"],
            tokens_out=data["tokens_out"],
            cost_usd=round(data["cost_usd"], 9),
            truncated=answer is not None and answer.truncated,
            messages=self._conversation.said,
            summary=data["summary"],
            handed_to=data.get("handed"),
        ).model_dump(mode="json")
        return {**output, "messages": fitting(output["messages"], _MOST_BYTES - len(output["text"].encode()))}

    def _last_text(self) -> str:
        for message in reversed(self._conversation.said):
            if message["role"] == "assistant" and (text := Message.model_validate(message).text):
                return text
        return ""
