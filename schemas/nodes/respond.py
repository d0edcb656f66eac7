"""`respond`: answers whoever started the run by a hook that waits, while the run goes on."""

from typing import Annotated, Any

from pydantic import Field

from schemas.node_spec import LOCAL_TIMEOUT, Example, NodeConfig, NodeSpec
from schemas.plan import Mode

HeaderName = Annotated[str, Field(pattern=r"^[Xx]-[A-Za-z0-9-]{1,60}$")]
HeaderValue = Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00-\x1f\x7f]*$")]


class RespondConfig(NodeConfig):
    """Settings of `respond`."""

    status: int = Field(default=200, ge=200, le=599, description="HTTP status.")
    body: Any = Field(default=None, description="Text, or any JSON value; templates inside it are filled in.")
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, max_length=20, description="Headers whose names begin with X-."
    )


SPEC = NodeSpec(
    kind="respond",
    title="Respond",
    description="Answers the webhook that started the run, before the run has ended. The first answer counts.",
    category="io",
    icon="bell",
    mode=Mode.LOCAL,
    config=RespondConfig,
    timeout=LOCAL_TIMEOUT,
    side_effects=False,
    examples=(
        Example(
            name="an answer",
            config={"status": 201, "body": {"ticket": "{{ input.id }}"}, "headers": {"X-Ticket": "A-7"}},
            scope={"input": {"id": "A-7"}},
            output={"status": 201, "body": {"ticket": "A-7"}, "headers": {"X-Ticket": "A-7"}},
        ),
    ),
)
