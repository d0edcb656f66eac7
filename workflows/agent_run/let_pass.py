"""What people have let pass of what was said: guardrails do not ask about the same message twice."""

from collections.abc import Iterable
from typing import Final

from schemas.approvals import value_digest
from schemas.guardrails import Action, Stage
from schemas.nodes.agent import AgentConfig
from schemas.service_calls import LetPass, LetPassed
from workflows.agent_run.conversation import Conversation
from workflows.graph_run.calls import call_service
from workflows.graph_run.node_call import NodeCall

KEPT: Final = "let_pass"
"""Where the digests are in what an agent remembers."""


class Approved:
    """Messages that people have let pass, by digest: in this run, and before it in the conversation that it answers in.

    Args:
        call: The node.
        config: Its settings; a message that other guardrails ask about is another matter.
        conversation: Of the agent.
    """

    def __init__(self, call: NodeCall, config: AgentConfig, conversation: Conversation) -> None:
        self._call = call
        self._conversation = conversation
        self._has_history = bool(config.history)
        self._asking = [
            guardrail.model_dump(mode="json", by_alias=True)
            for guardrail in config.guardrails
            if Stage.INPUT in guardrail.on and guardrail.action is Action.ASK
        ]

    async def of(self, positions: Iterable[int]) -> list[int]:
        """Which of the messages at these positions they have let pass."""
        if not self._asking:
            return []
        data, run = self._conversation.data, self._call.run.run
        if KEPT not in data:
            asked = self._has_history and run.run_id == self._call.run.root_run_id
            data[KEPT] = await self._told(()) if asked else []
        return [position for position in positions if self._digest(position) in data[KEPT]]

    def digests(self, positions: Iterable[int]) -> list[str]:
        """Of messages as they are now."""
        return [self._digest(position) for position in positions]

    async def remember(self, digests: Iterable[str]) -> None:
        """Keeps what people have let pass, also for later runs of the conversation."""
        data, run = self._conversation.data, self._call.run.run
        new = list(dict.fromkeys(digests))
        data[KEPT] = list(dict.fromkeys([*data.get(KEPT, ()), *new]))
        if run.run_id == self._call.run.root_run_id:
            await self._told(new)

    def _digest(self, position: int) -> str:
        message = self._conversation.messages[position]
        return value_digest([self._asking, {"role": message["role"], "content": message.get("content")}])

    async def _told(self, digests: Iterable[str]) -> list[str]:
        run = self._call.run.run
        message = LetPass(workspace_id=run.workspace_id, run_id=run.run_id, digests=tuple(digests))
        return list((await call_service("let_pass", message, LetPassed)).digests)
