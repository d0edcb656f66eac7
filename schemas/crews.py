"""Crews: agents with roles that work on tasks together. Settings, what members are told, tools of a team. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from schemas.agents import AGENT_REFERENCE_PATTERN, AgentSettings
from schemas.conversation import ToolDefinition
from schemas.document import ID_PATTERN, Strict
from schemas.tools.policy import ToolPolicy
from schemas.tools.spec import Effect, Idempotency, ToolSettings, ToolSpec, object_schema
from schemas.tools.use import Offer, ToolUse

DELEGATE: Final = "delegate"
HAND_OFF: Final = "hand_off"
MANAGER: Final = "manager"
JUDGE: Final = "judge"

_RESULT_CHARS: Final = 20_000
"""Of one result, in what the others are told."""


class CrewAgent(AgentSettings):
    """A member of a crew: described here, or a published agent by name."""

    name: str = Field(pattern=ID_PATTERN, description="By which tasks and other members name it.")
    agent: str | None = Field(
        default=None, pattern=AGENT_REFERENCE_PATTERN, description="Slug of a published agent, run as a run of its own."
    )
    role: str = Field(default="", max_length=2_000, description="What it is, such as `Researcher`.")
    goal: str = Field(default="", max_length=20_000, description="What it is there for.")


class CrewTask(Strict):
    """A piece of work for one member."""

    name: str = Field(pattern=ID_PATTERN, description="Slug, unique within the crew.")
    description: str = Field(min_length=1, max_length=200_000, description="What is to be done.")
    expected_output: str = Field(default="", max_length=20_000, description="What the result must be like.")
    agent: str | None = Field(default=None, description="Member that does it; by default the members take turns.")
    needs: list[str] | None = Field(
        default=None, max_length=50, description="Tasks whose results it is told; by default all before it."
    )
    output_schema: dict[str, Any] | None = Field(default=None, description="JSON Schema of its result.")


def member_instructions(role: str, goal: str, instructions: str) -> str:
    """Instructions of a member."""
    parts = (f"You are {role}." if role else "", f"Your goal: {goal}" if goal else "", instructions)
    return "\n\n".join(part for part in parts if part)


def task_message(description: str, expected: str, asked: Any, results: Sequence[tuple[str, str, Any]]) -> str:
    """What a member is told: its task, what the crew was asked, and the results that it builds on.

    Args:
        description: The task.
        expected: What the result must be like.
        asked: What the crew was asked.
        results: Task, member and result of what is done already.
    """
    parts = [f"# Task\n{description}"]
    if expected:
        parts.append(f"# Expected output\n{expected}")
    if asked is not None:
        parts.append(f"# What the crew was asked\n{shown(asked)}")
    if results:
        parts.append(
            "# Results so far\n" + "\n\n".join(f"## {task} (by {who})\n{shown(one)}" for task, who, one in results)
        )
    return "\n\n".join(parts)


def shown(value: Any) -> str:
    """A value as text that a model reads."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _RESULT_CHARS else f"{text[:_RESULT_CHARS]} […]"


class TeamSettings(ToolSettings):
    """Settings of the tools by which members work together: none."""


def _nothing(settings: Any) -> tuple[ToolDefinition, ...]:
    return ()


def _team_tool(name: Literal["delegate", "hand_off"], title: str) -> ToolSpec:
    return ToolSpec(
        type=name,
        title=title,
        description=f"{title}.",
        settings=TeamSettings,
        define=_nothing,
        effect=Effect.READ,
        idempotency=Idempotency.KEY,
        control=True,
    )


_SPECS: Final = {
    DELEGATE: _team_tool("delegate", "Give a task to a member of the team and wait for the result"),
    HAND_OFF: _team_tool("hand_off", "Hand the work over to a member of the team, who goes on with it"),
}


def team_offer(tool: str, members: Iterable[Mapping[str, Any]]) -> Offer:
    """The tool `delegate` or `hand_off`, for the members of a crew by name, role and goal."""
    team = list(members)
    told = "; ".join(f"{one['name']}: {one.get('role') or 'agent'}. {one.get('goal', '')}".strip() for one in team)
    spec, key = _SPECS[tool], "task" if tool == DELEGATE else "message"
    schema = object_schema(
        ("agent", key),
        agent={"type": "string", "enum": [one["name"] for one in team]},
        **{key: {"type": "string", "minLength": 1, "maxLength": 100_000, "description": "All that must be known."}},
    )
    use = ToolUse(type=tool, settings=TeamSettings(), policy=ToolPolicy())
    definition = ToolDefinition(name=tool, description=f"{spec.title}. The team: {told}"[:4_000], input_schema=schema)
    return Offer(-1, use, spec, tool, definition)
