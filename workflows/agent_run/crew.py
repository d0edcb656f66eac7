"""How a crew works: its tasks one after the other or at once, a manager who delegates, or work handed on."""

from typing import Any

from schemas.agents import EndReason
from schemas.crews import DELEGATE, HAND_OFF, JUDGE, MANAGER, CrewTask, shown, task_message
from schemas.errors import PerdureError
from schemas.messages import CrewBudget, MemberScope, NodeStatus
from schemas.nodes.crew import CrewConfig
from workflows.agent_run.answers import answer_of
from workflows.agent_run.members import agent_settings, run_member
from workflows.agent_run.memory import memory_name
from workflows.agent_run.side_by_side import all_of
from workflows.agent_run.sub_step import path_of
from workflows.graph_run.node_call import NodeCall
from workflows.outcome import NodeOutcome

_PART = "Do your part of what the crew was asked."
_MANAGE = (
    "Reach what the crew was asked with the help of your team: delegate, look at the results, and give the result."
)
_JUDGE = "Judge the results below, and give the best result that can be made of them."


class CrewRun:
    """Runs one crew to its end; what its members gave back is kept in the node's memo.

    Args:
        call: The node.
        config: Its settings.
        filled: The same before they were validated.
    """

    def __init__(self, call: NodeCall, config: CrewConfig, filled: dict[str, Any]) -> None:
        self._call = call
        self._config = config
        self._filled = _sharing(filled, call)
        self._results: dict[str, Any] = call.memo.setdefault("results", {})
        self._tasks = config.tasks or [
            CrewTask(name=agent.name, description=_PART, agent=agent.name) for agent in config.agents
        ]

    async def run(self) -> NodeOutcome:
        """Lets the members work, as the process says.

        Raises:
            PerdureError: CHILD_FAILED if a member failed and the crew must not go on without it.
            Halt: if the run moves.
        """
        self._call.waiting(NodeStatus.RUNNING, input={"process": self._config.process, "message": self._config.message})
        match self._config.process:
            case "sequential":
                output = await self._one_after_the_other()
            case "parallel":
                output = await self._side_by_side()
            case "hierarchical":
                output = await self._managed()
            case _:
                output = await self._handed_on()
        results = [{"task": task, **result} for task, result in self._results.items()]
        return NodeOutcome({"output": output, "results": results})

    async def _one_after_the_other(self) -> Any:
        for position, task in enumerate(self._tasks):
            await self._do(position, task, [one.name for one in self._tasks[:position]])
        return self._results[self._tasks[-1].name]["result"]

    async def _side_by_side(self) -> Any:
        work = [self._do(position, task, []) for position, task in enumerate(self._tasks)]
        for problem in await all_of(work):
            raise problem
        # In the order of the tasks, whoever was first.
        done = {task.name: self._results[task.name] for task in self._tasks}
        self._results.clear()
        self._results.update(done)
        if self._config.judge is None:
            return {name: result["result"] for name, result in done.items()}
        message = task_message(_JUDGE, "", self._config.message, self._told(list(done)))
        output = await self._member((JUDGE,), JUDGE, agent_settings(self._filled[JUDGE], message))
        return answer_of(output)

    async def _managed(self) -> Any:
        tasks = "\n".join(
            f"- {task.name}: {task.description}"
            + (f" Expected: {task.expected_output}" if task.expected_output else "")
            + (f" (best done by {task.agent})" if task.agent else "")
            for task in self._config.tasks
        )
        message = task_message(f"{_MANAGE}\n{tasks}" if tasks else _MANAGE, "", self._config.message, [])
        settings = agent_settings(self._filled.get(MANAGER) or {}, message)
        return answer_of(await self._member((MANAGER,), MANAGER, settings, team_tool=DELEGATE))

    async def _handed_on(self) -> Any:
        """The first member begins; who has the work is kept, so that a retry goes on with the same member."""
        memo = self._call.memo
        names = [agent.name for agent in self._config.agents]
        at: dict[str, Any] = memo.setdefault("at", {"agent": names[0], "message": shown(self._config.message)})
        while True:
            number = len(self._results)
            told = task_message(at["message"], "", self._config.message, self._told(list(self._results)))
            index = names.index(at["agent"])
            settings = agent_settings(self._filled["agents"][index], told)
            may_go_on = number < self._config.rounds
            output = await self._member(
                ("agents", index), f"{at['agent']}[{number}]", settings, team_tool=HAND_OFF if may_go_on else None
            )
            handed = output.get("handed_to")
            result = handed["message"] if handed else answer_of(output)
            self._results[f"{at['agent']}[{number}]"] = {"agent": at["agent"], "result": result}
            if output.get("end") != EndReason.HANDED_OVER or handed is None:
                return result
            memo["at"] = at = {"agent": handed["agent"], "message": handed["message"]}

    async def _do(self, position: int, task: CrewTask, before: list[str]) -> None:
        """Lets a member do a task that is not done yet."""
        if task.name in self._results:
            return
        names = [agent.name for agent in self._config.agents]
        index = names.index(task.agent) if task.agent is not None else position % len(names)
        told = self._told(before if task.needs is None else task.needs)
        message = task_message(task.description, task.expected_output, self._config.message, told)
        settings = agent_settings(self._filled["agents"][index], message, task.output_schema)
        try:
            output = await self._member(("agents", index), task.name, settings)
        except PerdureError as error:
            if self._config.on_agent_error != "continue":
                raise
            failed = {"agent": names[index], "result": None, "error": error.info.model_dump(mode="json")}
            self._results[task.name] = failed
        else:
            self._results[task.name] = {"agent": names[index], "result": answer_of(output)}

    async def _member(
        self, place: tuple[str | int, ...], name: str, settings: dict[str, Any], *, team_tool: str | None = None
    ) -> dict[str, Any]:
        call = self._call
        who = name if place[0] != "agents" else self._config.agents[int(place[1])].name
        scope = MemberScope(
            graph=call.walker.place.plan_path,
            node=call.node.id,
            place=place,
            path=path_of(call),
            name=name,
            title=f"{call.node.name}: {who}",
            settings=settings,
            ask=self._config.on_agent_error == "ask",
            crew=self._filled if team_tool is not None else None,
            team_tool=team_tool,
            budget=self._budget(),
        )
        return await run_member(call, scope)

    def _budget(self) -> CrewBudget | None:
        usd, run = self._config.budget_usd, self._call.run.run
        return None if usd is None else CrewBudget(key=f"{run.run_id}/{path_of(self._call)}", usd=usd)

    def _told(self, tasks: list[str]) -> list[tuple[str, str, Any]]:
        """Results that a member is told: the memory that the crew shares."""
        known = [(task, self._results[task]) for task in tasks if task in self._results]
        return [(task, result["agent"], result["result"]) for task, result in known if result["result"] is not None]


def _sharing(filled: dict[str, Any], call: NodeCall) -> dict[str, Any]:
    """Settings of a crew in which members that are described there have the crew's memory, if they have no other."""
    shared, own = filled.get("memory"), memory_name(call)

    def given(member: dict[str, Any]) -> dict[str, Any]:
        memory, name = (member["memory"], f"{own}/{member.get('name', '')}") if member.get("memory") else (shared, own)
        if memory is None or member.get("agent") is not None:
            return member
        return {**member, "memory": {**memory, "name": memory.get("name") or name.strip("/")[:100]}}

    others = {name: given(filled[name]) for name in (MANAGER, JUDGE) if filled.get(name)}
    return {**filled, **others, "agents": [given(member) for member in filled["agents"]]}
