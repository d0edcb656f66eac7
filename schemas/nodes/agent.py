"""`agent`: a model that works in turns and uses tools until it is done; described here, or published and named."""

from typing import Any, Self

from pydantic import Field, model_validator

from schemas.agents import AGENT_REFERENCE_PATTERN, LIMIT_PORT, AgentOutput, AgentSettings, torn
from schemas.conversation import Message
from schemas.document import Retry
from schemas.node_spec import Example, NodeSpec
from schemas.plan import Mode
from schemas.ports import PortRule, PortRules

_OF_CALL = frozenset({"agent", "message", "history", "input"})


class AgentConfig(AgentSettings):
    """Settings of `agent`: an agent described here, or the name of a published one, and what it is asked."""

    agent: str | None = Field(
        default=None,
        pattern=AGENT_REFERENCE_PATTERN,
        description="Slug of a published agent, pinned to a version with `slug@3`; it is run as a run of its own.",
    )
    message: Any = Field(default=None, description="What it is asked: text, parts (text, images, files), or data.")
    history: list[Message] = Field(default_factory=list, description="What was said before.")
    input: dict[str, Any] | None = Field(
        default=None, description="With `agent`: its whole input, instead of message and history."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.agent is not None and (own := sorted(self.model_fields_set - _OF_CALL)):
            raise ValueError(f"a published agent brings its own settings, so `{own[0]}` cannot be given with `agent`")
        if self.agent is None and self.input is not None:
            raise ValueError("`input` goes with `agent` only; give a `message`")
        if self.agent is None and self.message is None and not self.history:
            raise ValueError("say in `message` what the agent is asked")
        if (problem := torn(self.history)) is not None:
            raise ValueError(f"history: {problem}")
        return self


SPEC = NodeSpec(
    kind="agent",
    title="Agent",
    description="Lets a model work in turns with tools until the task is done.",
    category="ai",
    icon="robot",
    mode=Mode.CONTROL,
    config=AgentConfig,
    output_schema=AgentOutput.model_json_schema(),
    ports=PortRules(rules=(PortRule(name="out"), PortRule(name=LIMIT_PORT, when=("limit_port",)))),
    retry=Retry(max_attempts=6, initial=1.0, backoff=2.0, max_interval=60.0),
    timeout=600.0,
    side_effects=True,
    credential_types=("llm_provider",),
    secret_fields=("tools",),
    hints={
        "instructions": {"widget": "prompt"},
        "message": {"widget": "prompt"},
        "output_schema": {"widget": "json-schema"},
        "credential": {"widget": "credential", "types": ["llm_provider"]},
    },
    examples=(
        Example(
            name="an answer",
            config={"message": "Greet {{ input.name }}. [[sim:reply Hello, {{ input.name }}!]]"},
            scope={"input": {"name": "Ada"}},
            env=("simulator",),
        ),
        Example(
            name="a limit of turns",
            config={
                "message": "Go on for ever. [[sim:tool no_such_tool {}]]",
                "limits": {"turns": 2},
            },
            error="turn_limit",
            env=("simulator",),
        ),
    ),
)
