"""`crew`: agents with roles that work on tasks together, each in a workflow of its own."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from schemas.agents import AgentMemory, AgentSettings
from schemas.crews import HAND_OFF, JUDGE, MANAGER, CrewAgent, CrewTask
from schemas.document import Retry
from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class CrewConfig(NodeConfig):
    """Settings of `crew`."""

    process: Literal["sequential", "hierarchical", "parallel", "hand_off"] = Field(
        default="sequential",
        description="sequential: the tasks in their order; parallel: all at once, then the judge; hierarchical: a "
        "manager delegates; hand_off: the first member begins and hands over to others.",
    )
    message: Any = Field(default=None, description="What the crew is asked.")
    agents: list[CrewAgent] = Field(min_length=1, max_length=20, description="The members.")
    tasks: list[CrewTask] = Field(default_factory=list, max_length=50, description="What is to be done.")
    manager: AgentSettings | None = Field(default=None, description="Of a hierarchical crew: who delegates.")
    judge: AgentSettings | None = Field(default=None, description="Of a parallel crew: who makes one result of all.")
    budget_usd: float | None = Field(
        default=None,
        gt=0,
        description="What all members, manager and judge included, may spend on models together, in US dollars, until "
        "a person allows more.",
    )
    memory: AgentMemory | None = Field(
        default=None,
        description="A memory that all members share who have none of their own: what one keeps, the others are told.",
    )
    rounds: int = Field(default=10, ge=1, le=100, description="How often work may be handed over.")
    on_agent_error: Literal["fail", "ask", "continue"] = Field(
        default="fail",
        description="When a member fails: the crew fails (a retry repeats that member only), a person is asked about "
        "this member, or the others go on without its result.",
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        names = [agent.name for agent in self.agents]
        tasks = [task.name for task in self.tasks]
        for kind, known in (("member", names), ("task", tasks)):
            if len(set(known)) < len(known):
                raise ValueError(f"two {kind}s of a crew cannot have the same name")
        if taken := {MANAGER, JUDGE} & {*names, *tasks}:
            raise ValueError(f"the name `{taken.pop()}` is taken; choose another")
        for task in self.tasks:
            if task.agent is not None and task.agent not in names:
                raise ValueError(f"the task `{task.name}` names the member `{task.agent}`, which is not there")
            if unknown := set(task.needs or ()) - set(tasks[: tasks.index(task.name)]):
                raise ValueError(f"the task `{task.name}` needs `{unknown.pop()}`, which is no task before it")
        if not self.tasks and self.message is None:
            raise ValueError("give tasks, or say in `message` what the crew is asked")
        if self.process == HAND_OFF and self.message is None:
            raise ValueError("say in `message` what the crew is asked")
        return self


SPEC = NodeSpec(
    kind="crew",
    title="Crew",
    description="Lets agents with different roles work on a task together.",
    category="ai",
    icon="users-group",
    mode=Mode.CONTROL,
    config=CrewConfig,
    output_schema={
        "type": "object",
        "properties": {
            "output": {"description": "The result: of the last task, of the judge, or of the manager."},
            "results": {"type": "array", "description": "What each member gave back, in order: task, agent, result."},
        },
    },
    retry=Retry(max_attempts=6, initial=1.0, backoff=2.0, max_interval=60.0),
    timeout=600.0,
    side_effects=True,
    secret_fields=("agents", "manager", "judge"),
    hints={
        "message": {"widget": "prompt"},
        "agents[*]": {"order": ["name", "role", "goal", "instructions", "tools", "model", "agent"]},
        "agents[*].instructions": {"widget": "prompt"},
        "agents[*].goal": {"widget": "prompt"},
        "agents[*].output_schema": {"widget": "json-schema"},
        "tasks[*]": {"order": ["name", "agent", "description", "expected_output", "needs"]},
        "tasks[*].description": {"widget": "prompt"},
        "tasks[*].expected_output": {"widget": "prompt"},
        "manager": {"order": ["instructions", "model", "tools"]},
        "manager.instructions": {"widget": "prompt"},
        "judge": {"order": ["instructions", "model", "tools"]},
        "judge.instructions": {"widget": "prompt"},
    },
    examples=(
        Example(
            name="one after the other",
            config={
                "message": "Write about {{ input.topic }}.",
                "agents": [
                    {"name": "ada", "role": "Researcher"},
                    {"name": "bo", "role": "Writer"},
                ],
                "tasks": [
                    {"name": "facts", "agent": "ada", "description": "Find facts. [[sim:reply Tea is a plant.]]"},
                    {"name": "text", "agent": "bo", "description": "Write a line. [[sim:reply Tea grows.]]"},
                ],
            },
            scope={"input": {"topic": "tea"}},
            env=("simulator",),
        ),
    ),
)
