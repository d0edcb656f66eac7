"""Tools that the workflow itself carries out: ask a person, run a workflow or an agent, run Python that calls tools."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from temporalio import workflow

from schemas.approvals import APPROVED, EXPIRED, REJECTED, RequestSettings, Stage
from schemas.conversation import ToolCall
from schemas.errors import PerdureError
from schemas.messages import MemberScope, NodeStatus
from schemas.plan import PinnedVersion
from schemas.service_calls import ApprovalState, ConversationHanded, HandOverConversation, OpenApproval
from schemas.tools.result import ToolResult
from schemas.tools.types.ask_person import AskPersonSettings
from schemas.tools.types.call_agent import CallAgentSettings
from schemas.tools.types.call_workflow import CallWorkflowSettings
from schemas.tools.types.code import CodeSettings
from schemas.tools.types.hand_over import HandOverSettings
from schemas.tools.use import Offer
from workflows.agent_run.answers import answer_of
from workflows.agent_run.members import agent_settings, run_member
from workflows.agent_run.sub_step import SubStep
from workflows.graph_run.answers import await_decision
from workflows.graph_run.calls import StepFailure, call_service
from workflows.graph_run.child_runs import run_agent, run_version

if TYPE_CHECKING:
    from workflows.agent_run.tool_calls import ToolCalls

ControlTool = Callable[["ToolCalls", str, Offer, SubStep, dict[str, Any]], Awaitable[ToolResult]]
"""`(calls, name of the step below the turn, tool, step, arguments)`."""

_NOBODY: Final = "Nobody has answered in time."
_HANDED: Final = "A person was told, and answers from now on. Say goodbye to the user in one sentence."
_NO_CONVERSATION: Final = "This run answers in no conversation, so there is nothing to hand over."


async def ask_person(
    calls: "ToolCalls", name: str, offer: Offer, step: SubStep, arguments: dict[str, Any]
) -> ToolResult:
    """Asks a person, and gives back what they answer."""
    settings = offer.use.settings
    assert isinstance(settings, AskPersonSettings)  # noqa: S101 - the type of the tool says so
    step.waiting(NodeStatus.WAITING, input={"name": offer.definition.name, "arguments": arguments})
    state = await call_service("open_approval", _question(step, settings, arguments), ApprovalState)
    decision = state.decision or await await_decision(step, state, settings.expires)
    if decision.decision == EXPIRED:
        result = ToolResult.failed(_NOBODY)
    elif decision.decision != APPROVED:
        because = f" They say: {decision.reason}" if decision.reason else ""
        result = ToolResult.failed(f"The person does not want to answer.{because}")
    elif settings.form is None and isinstance(decision.data, dict) and "answer" in decision.data:
        result = ToolResult(value=decision.data["answer"])
    else:
        result = ToolResult(value=decision.data)
    step.finish(result.model_dump(mode="json"))
    return result


def _question(step: SubStep, settings: AskPersonSettings, arguments: dict[str, Any]) -> OpenApproval:
    run = step.run.run
    details = arguments.get("details")
    return OpenApproval(
        workspace_id=run.workspace_id,
        run_id=run.run_id,
        run_attempt=run.run_attempt,
        path=step.path,
        iteration=step.iteration,
        workflow_id=workflow.info().workflow_id,
        node_name=step.label,
        round=1,  # the gate before it was round 0
        title=str(arguments.get("question", ""))[:500] or "The agent asks",
        body="\n\n".join(
            part for part in (str(arguments.get("question", "")), str(details) if details else "") if part
        ),
        payload={"agent": step.agent_name, "question": arguments.get("question")},
        form=settings.form or _answer_form(arguments.get("options")),
        decisions=((APPROVED, "Answer"), (REJECTED, "Do not answer")),
        settings=RequestSettings(
            stages=[Stage.model_validate({"assignees": list(settings.assignees)})], policies=False
        ),
        opened_at=(step.moment("opened", 0) or workflow.now()).isoformat(),
        deadline=settings.expires,
        log=step.run.log.take(),
    )


def _answer_form(options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"type": "string", "title": "Answer", "minLength": 1}
    if isinstance(options, list) and options:
        answer["enum"] = list(dict.fromkeys(map(str, options)))
    return {"type": "object", "required": ["answer"], "properties": {"answer": answer}, "additionalProperties": False}


async def call_workflow(
    calls: "ToolCalls", name: str, offer: Offer, step: SubStep, arguments: dict[str, Any]
) -> ToolResult:
    """Runs a published workflow as a run of its own."""
    settings = offer.use.settings
    assert isinstance(settings, CallWorkflowSettings)  # noqa: S101 - the type of the tool says so
    return await _run(calls, step, settings.workflow, arguments)


async def call_agent(
    calls: "ToolCalls", name: str, offer: Offer, step: SubStep, arguments: dict[str, Any]
) -> ToolResult:
    """Runs a published agent as a run of its own; the model reads what it said last, or its data."""
    settings = offer.use.settings
    assert isinstance(settings, CallAgentSettings)  # noqa: S101 - the type of the tool says so
    return await _run(calls, step, settings.agent, {"message": arguments.get("message")}, run_agent)


async def _run(
    calls: "ToolCalls",
    step: SubStep,
    reference: str,
    given: Any,
    run: Callable[[SubStep, PinnedVersion, Any], Awaitable[Any]] = run_version,
) -> ToolResult:
    version = calls.call.run.plan.pinned.get(reference)
    if version is None:
        result = ToolResult.failed(f"{reference!r} was not published when this version was.")
    else:
        try:
            result = ToolResult(value=answer_of(await run(step, version, given)))
        except PerdureError as error:
            result = ToolResult.failed(error.info.message)
    step.finish(result.model_dump(mode="json"))
    return result


async def run_code(calls: "ToolCalls", name: str, offer: Offer, step: SubStep, arguments: dict[str, Any]) -> ToolResult:
    """Runs Python. Where it calls tools it stops; they are called like any others, and it goes on with the results."""
    settings = offer.use.settings
    assert isinstance(settings, CodeSettings)  # noqa: S101 - the type of the tool says so
    made: list[dict[str, Any]] = step.memo.setdefault("made", [])
    began = step.moment("began", 0) or workflow.now()
    code = _Code(calls, settings, str(arguments.get("code", "")), began.isoformat())
    while True:
        step.memo["rounds_of_code"] = rounds = len(made)
        piece = calls.step(f"{name}.code[{rounds}]", offer.definition.name, code.settings(step.path, made), "code_turn")
        try:
            output = (await piece.done()).output
        except StepFailure as failure:
            return _finished(step, ToolResult.failed(failure.info.message))
        finally:
            calls.worked(name, piece.seconds)
        if output["status"] == "done":
            printed = output.get("printed")
            value = {"result": output.get("value"), "printed": printed} if printed else output.get("value")
            return _finished(step, ToolResult(value=value))
        wanted = output["calls"]
        if len(made) + len(wanted) > settings.max_calls:
            return _finished(step, ToolResult.failed(f"The code calls tools more than {settings.max_calls} times."))
        for one in wanted:
            made.append(await _called(calls, name, settings, len(made), one))


@dataclass(frozen=True)
class _Code:
    """A model's Python, which sees the same time and the same random numbers whenever it is run again."""

    calls: "ToolCalls"
    of: CodeSettings
    code: str
    now: str

    def settings(self, seed: str, made: list[dict[str, Any]]) -> dict[str, Any]:
        """Settings of the step that runs it up to its next calls."""
        offers = self.calls.offers
        tools = {name: _parameters(offers[name]) for name in self.of.tools if name in offers}
        limits = {"max_seconds": self.of.max_seconds, "max_memory_mb": self.of.max_memory_mb}
        return {"code": self.code, "tools": tools, "calls": list(made), "now": self.now, "seed": seed, **limits}


def _parameters(offer: Offer) -> list[str]:
    return list(offer.definition.input_schema.get("properties", {}))


async def _called(
    calls: "ToolCalls", name: str, settings: CodeSettings, number: int, wanted: dict[str, Any]
) -> dict[str, Any]:
    tool = wanted["name"]
    fault = None if tool in settings.tools else f"The code may not call {tool!r}."
    call = ToolCall(id=f"{name}.{number}", name=tool, arguments=wanted.get("arguments") or {}, fault=fault)
    result, _ = await calls.result_of(f"{name}.call[{number}]", call)
    answer = {"error": result.text} if result.is_error else {"value": result.value}
    return {"name": tool, "arguments": call.arguments, **answer}


def _finished(step: SubStep, result: ToolResult) -> ToolResult:
    step.finish(result.model_dump(mode="json"))
    return result


async def delegate(calls: "ToolCalls", name: str, offer: Offer, step: SubStep, arguments: dict[str, Any]) -> ToolResult:
    """Lets a member of the crew do a task, in a workflow of its own."""
    manager = calls.call.run.run.member
    if manager is None or manager.crew is None:
        return _finished(step, ToolResult.failed("There is no team."))
    names = [one["name"] for one in manager.crew["agents"]]
    if arguments.get("agent") not in names:
        return _finished(step, ToolResult.failed(f"The team has the members {', '.join(names)}."))
    index = names.index(arguments["agent"])
    member = MemberScope(
        graph=manager.graph,
        node=manager.node,
        place=("agents", index),
        path=step.path,
        name=arguments["agent"],
        title=arguments["agent"],
        settings=agent_settings(manager.crew["agents"][index], arguments["task"]),
        ask=manager.ask,
    )
    step.waiting(NodeStatus.WAITING, input={"name": offer.definition.name, "arguments": arguments})
    try:
        return _finished(step, ToolResult(value=answer_of(await run_member(step, member))))
    except PerdureError as error:
        return _finished(step, ToolResult.failed(error.info.message))


async def hand_off(calls: "ToolCalls", name: str, offer: Offer, step: SubStep, arguments: dict[str, Any]) -> ToolResult:
    """Ends the agent after this turn; the member that it names goes on."""
    handed = {"agent": arguments["agent"], "message": arguments["message"]}
    if calls.conversation.data.setdefault("handed", handed) is not handed:
        return _finished(step, ToolResult.failed("The work was handed over to somebody else already."))
    return _finished(step, ToolResult(value=f"{arguments['agent']} goes on."))


async def hand_over(
    calls: "ToolCalls", name: str, offer: Offer, step: SubStep, arguments: dict[str, Any]
) -> ToolResult:
    """Gives the conversation that the agent answers in to people; its answer to this message is its last."""
    settings = offer.use.settings
    assert isinstance(settings, HandOverSettings)  # noqa: S101 - the type of the tool says so
    step.waiting(NodeStatus.RUNNING, input={"name": offer.definition.name, "arguments": arguments})
    request = HandOverConversation(
        workspace_id=step.run.run.workspace_id,
        run_id=step.run.root_run_id,
        path=f"{step.run.run.run_id}/{step.path}",
        iteration=step.iteration,
        agent=step.agent_name,
        reason=str(arguments.get("reason") or "")[:2_000],
        to=settings.to,
    )
    handed = await call_service("hand_over_conversation", request, ConversationHanded)
    return _finished(step, ToolResult(value=_HANDED) if handed.found else ToolResult.failed(_NO_CONVERSATION))


CONTROL_TOOLS: Final[dict[str, ControlTool]] = {
    "ask_person": ask_person,
    "call_workflow": call_workflow,
    "call_agent": call_agent,
    "code": run_code,
    "delegate": delegate,
    "hand_off": hand_off,
    "hand_over": hand_over,
}
