"""Where guardrails look while an agent works: at what people say, what tools get and give back, what it answers."""

import json
from collections.abc import Sequence
from typing import Any, Final

from temporalio import workflow

from schemas.approvals import APPROVED, REJECTED
from schemas.conversation import MessageRole, TextPart, TurnOutput
from schemas.credentials.references import CREDENTIAL_FIELD, CredentialUse
from schemas.errors import ErrorCode, PerdureError
from schemas.guardrails import Action, Guardrail, Inspection, SchemaGuardrail, Stage, concerns
from schemas.messages import NodeStatus, StepCredentials
from schemas.nodes.agent import AgentConfig
from schemas.service_calls import ApprovalState, OpenApproval
from schemas.signals import Decision
from schemas.tools.result import ToolResult
from workflows.agent_run.conversation import Conversation
from workflows.agent_run.guarded import Said, with_words, words_in
from workflows.agent_run.let_pass import Approved
from workflows.agent_run.sub_step import SubStep
from workflows.graph_run.calls import StepFailure, call_service
from workflows.graph_run.node_call import NodeCall

KIND: Final = "guard"
MAX_SHOWN: Final = 20_000
"""Characters of a text that a person is shown."""

_WHERE: Final = {
    Stage.INPUT: "what was said to the agent",
    Stage.OUTPUT: "the answer of the agent",
    Stage.TOOL: "what a tool gave back",
    Stage.CALL: "what a tool is to be given",
}
_TITLES: Final = {
    Stage.INPUT: "Guardrails of what was said",
    Stage.OUTPUT: "Guardrails of the answer",
    Stage.TOOL: "Guardrails of a tool's answer",
    Stage.CALL: "Guardrails of a tool's arguments",
}
_OF_THE_AGENT: Final = (MessageRole.ASSISTANT, MessageRole.TOOL)
_NUMBER: Final = {Stage.INPUT: 0, Stage.OUTPUT: 1}
"""In the paths of the steps of a turn."""
_SAID: Final = "said"
"""Under it stands, while guardrails look at what people have said, which messages those are."""
_APPROVED: Final = 2
"""The same of messages that people have let pass: they are not asked about them again."""


class Guards:
    """The guardrails of one agent.

    Args:
        call: The node.
        config: Its settings.
        conversation: Of the agent.
    """

    def __init__(self, call: NodeCall, config: AgentConfig, conversation: Conversation) -> None:
        self._call = call
        self._config = config
        self._conversation = conversation
        self._approved = Approved(call, config, conversation)

    async def input(self) -> None:
        """Looks, once a turn, at what people have said since the last one; masks it in the transcript.

        Before the first turn that is all they have said: what an agent is given of earlier runs comes as it was said.

        Raises:
            PerdureError: `content_refused`.
            StepFailure: if it could not be looked at.
            Halt: if the run moves while a person is asked.
        """
        data, turn = self._conversation.data, self._conversation.turn
        if not concerns(self._config.guardrails, Stage.INPUT) or data.get("guarded") == turn:
            return
        decided: dict[str, Any] = data.setdefault("guards", {})
        if _SAID not in decided:  # what is looked at stays the same, wherever the run goes on
            messages = self._conversation.messages
            begin = 0 if turn == data["first_turn"] else _unheard(messages)
            said = [n for n in range(begin, len(messages)) if messages[n]["role"] not in _OF_THE_AGENT]
            approved = await self._approved.of(said)
            decided[_SAID] = {"approved": approved, "new": [n for n in said if n not in approved]}
        try:
            await self._look_at_all(decided[_SAID]["approved"], decided[_SAID]["new"])
        except (PerdureError, StepFailure):
            del decided[_SAID]  # a retry looks at what is said until then
            raise
        del decided[_SAID]
        data["guarded"] = turn

    async def _look_at_all(self, approved: list[int], new: list[int]) -> None:
        """Looks at what people have let pass before without asking again, then at what is new."""
        turn, looking = self._conversation.turn, _looking(self._config.guardrails, Stage.INPUT)
        without_asking = tuple(one for one in looking if one.action is not Action.ASK)
        await self._look_at(f"turn[{turn}].guard[{_APPROVED}]", approved, without_asking)
        await self._look_at(f"turn[{turn}].guard[{_NUMBER[Stage.INPUT]}]", new, looking)

    async def _look_at(self, name: str, positions: list[int], guardrails: tuple[Guardrail, ...]) -> None:
        """Looks at messages that people have said, and covers up in them what must not be seen."""
        if not positions or not guardrails:
            return
        said, digests = Said(self._conversation.messages, positions), self._approved.digests(positions)
        found = await self._passed(name, Stage.INPUT, list(said.texts.values()), guardrails, list(said.files.values()))
        for position, message in said.changed(found).items():
            self._conversation.put(position, message)
        if found.verdict is Action.ASK:
            await self._approved.remember([*digests, *self._approved.digests(positions)])

    async def output(self, answer: TurnOutput) -> TurnOutput:
        """The answer as it may be given; of a turn that calls tools, what the model says beside that.

        Raises:
            PerdureError: `content_refused`.
            StepFailure: if it could not be looked at.
            Halt: if the run moves while a person is asked.
        """
        data = answer.output is not None
        text = json.dumps(answer.output, ensure_ascii=False) if data else answer.message.text
        guardrails = _looking(self._config.guardrails, Stage.OUTPUT, whole=not answer.message.tool_calls)
        if not guardrails or (answer.message.tool_calls and not text):
            return answer
        name = f"turn[{self._conversation.turn - 1}].guard[{_NUMBER[Stage.OUTPUT]}]"
        found = await self._passed(name, Stage.OUTPUT, [text], guardrails)
        if found.texts == (text,):
            return answer
        kept = [part for part in answer.message.content if not isinstance(part, TextPart)]
        message = answer.message.model_copy(update={"content": (*kept, TextPart(text=found.texts[0]))})
        return answer.model_copy(update={"message": message, "output": _data(found.texts[0]) if data else None})

    async def tool(self, name: str, result: ToolResult) -> ToolResult:
        """What a tool gave back, as the model may read it; what is blocked is withheld from it.

        Args:
            name: Of the call's step below the node.
            result: Of the call.

        Raises:
            StepFailure: if it could not be looked at.
            Halt: if the run moves while a person is asked.
        """
        if not concerns(self._config.guardrails, Stage.TOOL):
            return result
        content = [part.model_dump(mode="json", exclude_none=True) for part in result.content]
        said, looking = Said([{"content": content}], [0]), _looking(self._config.guardrails, Stage.TOOL)
        try:
            found = await self._passed(
                f"{name}.guard[0]", Stage.TOOL, list(said.texts.values()), looking, list(said.files.values())
            )
        except PerdureError as error:
            return ToolResult.failed(error.info.message)
        changed = said.changed(found).get(0)
        if changed is None:
            return result
        text, *parts = changed["content"]
        return ToolResult.model_validate({"value": text["text"], "is_error": result.is_error, "parts": parts})

    async def arguments(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """What a tool is to be given, as it may be given it.

        Args:
            name: Of the call's step below the node.
            arguments: As the model gives them.

        Raises:
            PerdureError: `content_refused`.
            StepFailure: if it could not be looked at.
            Halt: if the run moves while a person is asked.
        """
        texts = list(words_in(arguments))
        if not texts or not concerns(self._config.guardrails, Stage.CALL):
            return arguments
        looking = _looking(self._config.guardrails, Stage.CALL)
        found = await self._passed(f"{name}.guard[1]", Stage.CALL, texts, looking)
        covered: dict[str, Any] = with_words(arguments, iter(found.texts))
        return covered

    async def _passed(
        self,
        name: str,
        stage: Stage,
        texts: list[str],
        guardrails: tuple[Guardrail, ...],
        files: Sequence[dict[str, Any]] = (),
    ) -> Inspection:
        """The texts, and those of files, as they may be used."""
        decided: dict[str, Any] = self._conversation.data.setdefault("guards", {})
        if name not in decided:
            decided[name] = await self._look(name, stage, texts, guardrails, files)
        found = Inspection.model_validate(decided[name])
        let_pass = found.verdict is not Action.ASK or await self._asked(name, stage, found)
        del decided[name]
        if not let_pass:
            raise _refused(stage, found, "A person did not let it pass.")
        if found.verdict is Action.BLOCK:
            raise _refused(stage, found, "")
        return found

    async def _look(
        self,
        name: str,
        stage: Stage,
        texts: list[str],
        guardrails: tuple[Guardrail, ...],
        files: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        told = [
            guardrail.model_dump(mode="json", by_alias=True, exclude_unset=True) | {"type": guardrail.type}
            for guardrail in guardrails
        ]
        settings: dict[str, Any] = {"guardrails": told, "stage": stage.value, "texts": texts}
        if files:
            settings["files"] = list(files)
        if self._config.credential is not None:
            settings[CREDENTIAL_FIELD] = self._config.credential
        step = SubStep(self._call, name, KIND, _TITLES[stage], settings, budget=self._config.budget)
        result = await step.done(self._credentials())
        self._conversation.spent(result)
        output: dict[str, Any] = result.output
        return output

    async def _asked(self, name: str, stage: Stage, found: Inspection) -> bool:
        """Whether a person lets it pass."""
        shown: dict[str, Any] = {"found": found.reason, "text": "\n\n".join(found.texts)[:MAX_SHOWN]}
        if found.unseen:
            shown["not_looked_at"] = list(found.unseen)
        step = SubStep(self._call, f"{name}.review", KIND, f"{_TITLES[stage]}: a person", {"stage": stage.value})
        step.waiting(NodeStatus.WAITING, input=shown)
        run = step.run
        request = OpenApproval(
            workspace_id=run.run.workspace_id,
            run_id=run.run.run_id,
            run_attempt=run.run.run_attempt,
            path=step.path,
            iteration=step.iteration,
            workflow_id=workflow.info().workflow_id,
            node_name=step.label,
            title=f"May {step.agent_name} go on with {_WHERE[stage]}?"[:500],
            body=f"The guardrails of the agent **{step.agent_name}** have found something in {_WHERE[stage]}.",
            payload=shown,
            decisions=((APPROVED, "Let it pass"), (REJECTED, "Stop")),
            log=run.log.take(),
        )
        state = await call_service("open_approval", request, ApprovalState)
        decision = state.decision or Decision.model_validate(await step.answer(state.approval_id))
        step.finish({"decision": decision.decision})
        return decision.decision == APPROVED

    def _credentials(self) -> StepCredentials | None:
        """What the published document says about the model's credential; that of tools stays with tools."""
        known = self._call.run.credentials_of(self._call.node)
        if known is None:
            return None
        own = CredentialUse(pointer=(CREDENTIAL_FIELD,), reference=self._config.credential or "")
        return StepCredentials(uses=tuple(use for use in known.uses if use == own), known=known.known)


def _looking(guardrails: tuple[Guardrail, ...], stage: Stage, *, whole: bool = True) -> tuple[Guardrail, ...]:
    """Those that look there; only a whole answer must have the form of data."""
    return tuple(one for one in guardrails if stage in one.on and (whole or not isinstance(one, SchemaGuardrail)))


def _refused(stage: Stage, found: Inspection, why: str) -> PerdureError:
    message = f"Guardrails stopped {_WHERE[stage]}: {found.reason}. {why}".strip()
    details = {"stage": stage.value, "findings": [finding.model_dump(mode="json") for finding in found.findings]}
    return PerdureError(ErrorCode.CONTENT_REFUSED, message, details=details)


def _unheard(messages: list[dict[str, Any]]) -> int:
    """Where what people have said since the last turn begins."""
    return next((n for n in range(len(messages), 0, -1) if messages[n - 1]["role"] != MessageRole.USER), 0)


def _data(text: str) -> Any:
    """Data of a masked text; the text itself if it is no data any more."""
    try:
        return json.loads(text)
    except ValueError:
        return text
