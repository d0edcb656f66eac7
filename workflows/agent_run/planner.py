"""Plans of a model: drafts until the compiler is content, then the word of a person."""

import json
from typing import Any, Final

from temporalio import workflow

from schemas.agents import dumped
from schemas.approvals import APPROVED, REJECTED, RequestSettings, Stage
from schemas.conversation import Message, MessageRole, TurnOutput
from schemas.credentials.references import CREDENTIAL_FIELD
from schemas.crews import shown
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import NodeStatus
from schemas.nodes.plan import PlanConfig
from schemas.plan import PinnedVersion
from schemas.planning import planner_instructions, told_faults
from schemas.service_calls import ApprovalState, CompiledPlan, CompilePlan, OpenApproval
from schemas.signals import Decision
from workflows.agent_run.sub_step import SubStep
from workflows.graph_run.calls import call_service
from workflows.graph_run.node_call import NodeCall

REVISE: Final = "revise"
"""Decision that sends a plan back to the model with a remark."""

_MOST_REVISIONS: Final = 10


class Planner:
    """One plan from the first draft to the word of a person; what is known is kept in the node's memo.

    Args:
        call: The node.
        config: Its settings.
    """

    def __init__(self, call: NodeCall, config: PlanConfig) -> None:
        self._call = call
        self._config = config
        goal = dumped(Message.said(MessageRole.USER, f"# Goal\n{shown(config.goal)}\n\n# Input\n{shown(config.input)}"))
        fresh = {"messages": [goal], "drafts": 0, "round": 0, "document": None, "version": None, "agreed": False}
        self.memo: dict[str, Any] = call.memo.setdefault("plan", fresh)

    @property
    def version(self) -> PinnedVersion:
        """Under which the plan is kept."""
        return PinnedVersion.model_validate(self.memo["version"])

    @property
    def agreed(self) -> bool:
        """Whether the plan may be run."""
        agreed: bool = self.memo["agreed"]
        return agreed

    async def draft(self) -> None:
        """Lets the model write until there is a plan that can be run."""
        repairs = 0
        while self.memo["version"] is None:
            text = await self._written()
            compiled = await self._compiled(text)
            if compiled.version is not None:
                self.memo.update(document=compiled.document, version=compiled.version.model_dump(mode="json"))
                return
            if repairs >= self._config.repairs:
                told = "; ".join(fault["message"] for fault in compiled.faults[:5])
                message = f"The model wrote no plan that can be run: {told}"[:8_000]
                raise PerdureError(ErrorCode.INVALID_DOCUMENT, message, details={"faults": compiled.faults[:20]})
            repairs += 1
            self._say(MessageRole.USER, told_faults(compiled.faults))

    async def ask(self) -> None:
        """Asks a person about the plan, unless nobody wants to be asked.

        Raises:
            PerdureError: REJECTED, or INVALID_DOCUMENT if it cannot be run any more with a person's changes.
        """
        if not self._config.approve:
            self.memo["agreed"] = True
            return
        self._call.waiting(NodeStatus.WAITING)
        state = await call_service("open_approval", self._request(), ApprovalState)
        decision = state.decision or Decision.model_validate(await self._call.answer(state.approval_id))
        self.memo["round"] += 1
        if decision.decision == REVISE and self.memo["round"] < _MOST_REVISIONS:
            self.memo.update(version=None, document=None)
            self._say(
                MessageRole.USER, f"A person sends the plan back: {decision.reason}\n\nWrite the whole new document."
            )
        elif decision.decision != APPROVED:
            because = f": {decision.reason}" if decision.reason else "."
            raise PerdureError(ErrorCode.REJECTED, f"A person rejected the plan{because}")
        else:
            await self._take(decision)

    async def _take(self, decision: Decision) -> None:
        """The plan is approved, perhaps with changes, which are compiled like what the model writes."""
        changed = decision.payload.get("plan") if decision.changed and isinstance(decision.payload, dict) else None
        if changed is not None and changed != self.memo["document"]:
            compiled = await self._compiled(json.dumps(changed, ensure_ascii=False))
            if compiled.version is None:
                told = "; ".join(fault["message"] for fault in compiled.faults[:5])
                message = f"The plan cannot be run with the changes that were made to it: {told}"[:8_000]
                raise PerdureError(ErrorCode.INVALID_DOCUMENT, message, details={"faults": compiled.faults[:20]})
            self.memo.update(document=compiled.document, version=compiled.version.model_dump(mode="json"))
        self.memo["agreed"] = True

    async def _written(self) -> str:
        config, number = self._config, self.memo["drafts"]
        settings: dict[str, Any] = {
            "model": config.model,
            "fallbacks": config.fallbacks,
            CREDENTIAL_FIELD: config.credential,
            "system": planner_instructions(config.kinds, config.instructions),
            "messages": list(self.memo["messages"]),
            "temperature": config.temperature,
            "max_tokens": config.max_tokens,
            "thinking": config.thinking,
        }
        given = {name: value for name, value in settings.items() if value not in (None, [])}
        node, title = self._call.node, f"{self._call.node.name}: draft {number + 1}"
        name, budget = f"draft[{number}]", config.budget
        step = SubStep(
            self._call, name, "model_turn", title, given, retry=node.retry, timeout=node.timeout, budget=budget
        )
        result = await step.done(self._call.run.credentials_of(node))
        message = TurnOutput.model_validate(result.output).message
        self.memo["messages"].append(dumped(message))
        self.memo["drafts"] += 1
        return message.text

    async def _compiled(self, text: str) -> CompiledPlan:
        run, config = self._call.run.run, self._config
        request = CompilePlan(
            workspace_id=run.workspace_id,
            run_id=run.run_id,
            text=text,
            name=f"{self._call.run.plan.name}: {self._call.node.name}"[:200],
            kinds=tuple(config.kinds),
            max_nodes=config.max_nodes,
            limits=config.limits.model_dump(mode="json"),
        )
        return await call_service("compile_plan", request, CompiledPlan)

    def _say(self, role: MessageRole, text: str) -> None:
        self.memo["messages"].append(dumped(Message.said(role, text)))

    def _request(self) -> OpenApproval:
        call, run = self._call, self._call.run.run
        return OpenApproval(
            workspace_id=run.workspace_id,
            run_id=run.run_id,
            run_attempt=run.run_attempt,
            path=call.path,
            iteration=call.iteration,
            round=self.memo["round"],
            workflow_id=workflow.info().workflow_id,
            node_name=call.node.name,
            title=f"Run the plan of {call.node.name}?"[:500],
            body=f"A model wrote this plan for the goal:\n\n{shown(self._config.goal)[:5_000]}",
            payload={"plan": self.memo["document"], "input": self._config.input},
            decisions=((APPROVED, "Run it"), (REJECTED, "Reject"), (REVISE, "Send back with a remark")),
            settings=RequestSettings(
                editable=["plan"], reasons_for=[REVISE], stages=[Stage(assignees=self._config.assignees)]
            ),
            log=call.run.log.take(),
        )
