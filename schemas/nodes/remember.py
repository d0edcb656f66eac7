"""`remember`: keeps facts in the memory of an agent, each once."""

from pydantic import Field

from schemas.document import Duration, Retry
from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class RememberConfig(NodeConfig):
    """Settings of `remember`."""

    memory: str = Field(min_length=1, max_length=100, description="Whose memory: a name, such as that of an agent.")
    facts: list[str] = Field(max_length=100, description="Short sentences that stand for themselves.")
    subject: str | None = Field(
        default=None, max_length=320, description="Whom or what they are about; all of it can be erased together."
    )
    expires_in: Duration | None = Field(default=None, gt=0, description="How long they are kept; for ever by default.")


SPEC = NodeSpec(
    kind="remember",
    title="Remember",
    description="Keeps facts for later runs; a fact that is known already is kept once.",
    category="ai",
    icon="brain",
    mode=Mode.REMOTE,
    config=RememberConfig,
    output_schema={
        "type": "object",
        "properties": {
            "kept": {"type": "integer", "description": "Facts that are new."},
            "known": {"type": "integer", "description": "Facts that were known; they are kept as long as new ones."},
        },
    },
    retry=Retry(max_attempts=5, initial=1.0, backoff=2.0, max_interval=30.0),
    timeout=60.0,
    heartbeat=10.0,
    queue="actions",
    side_effects=False,
    examples=(
        Example(
            name="nothing new",
            config={"memory": "nobody", "facts": []},
            output={"kept": 0, "known": 0},
            env=("simulator",),
        ),
    ),
)
