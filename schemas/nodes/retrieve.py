"""`retrieve`: looks something up in knowledge bases, or in the memory of an agent."""

from typing import Any, Self

from pydantic import Field, model_validator

from schemas.document import Retry
from schemas.knowledge import MAX_QUERY_CHARS, MAX_TOP_K, SearchMode
from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class RetrieveConfig(NodeConfig):
    """Settings of `retrieve`."""

    query: str = Field(min_length=1, max_length=MAX_QUERY_CHARS, description="What is looked for.")
    knowledge: list[str] = Field(default_factory=list, max_length=10, description="Slugs of knowledge bases.")
    memory: str | None = Field(
        default=None, min_length=1, max_length=100, description="Whose memory is searched instead, such as an agent."
    )
    subject: str | None = Field(
        default=None, max_length=320, description="With `memory`: only facts about this person or thing."
    )
    top_k: int = Field(default=8, ge=1, le=MAX_TOP_K, description="How many passages at most.")
    mode: SearchMode = Field(default=SearchMode.HYBRID, description="By meaning and words, or by one of them.")
    filter: dict[str, Any] = Field(
        default_factory=dict, description="Only documents whose metadata has these values; `document` names one."
    )
    min_similarity: float | None = Field(
        default=None, ge=-1, le=1, description="Only passages whose meaning is this near, 1 being the same."
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if bool(self.knowledge) == (self.memory is not None):
            raise ValueError("name `knowledge` bases, or a `memory`")
        return self


SPEC = NodeSpec(
    kind="retrieve",
    title="Retrieve",
    description="Looks something up in knowledge bases, or in a memory.",
    category="ai",
    icon="books",
    mode=Mode.REMOTE,
    config=RetrieveConfig,
    output_schema={
        "type": "object",
        "properties": {
            "passages": {"type": "array", "description": "What was found, the best first, with citations."},
            "facts": {"type": "array", "description": "Of a memory: what was found."},
            "text": {"type": "string", "description": "All of it as text with numbered sources, for a prompt."},
        },
    },
    retry=Retry(max_attempts=5, initial=1.0, backoff=2.0, max_interval=30.0),
    timeout=60.0,
    heartbeat=10.0,
    queue="actions",
    side_effects=False,
    hints={"query": {"widget": "prompt"}, "knowledge": {"widget": "knowledge"}},
    examples=(
        Example(
            name="an empty memory",
            config={"memory": "nobody", "query": "what does {{ input.name }} like?"},
            scope={"input": {"name": "Ada"}},
            output={"passages": [], "facts": [], "text": ""},
            env=("simulator",),
        ),
    ),
)
