"""`code`: runs a little Python in an interpreter without host access."""

from typing import Any

from pydantic import Field

from schemas.document import Retry
from schemas.node_spec import LOCAL_TIMEOUT, Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class CodeConfig(NodeConfig):
    """Settings of `code`."""

    code: str = Field(
        min_length=1, max_length=100_000, description="Python; the value of the last expression is the output."
    )
    inputs: dict[str, Any] = Field(default_factory=dict, description="Variables of the code; templates are filled in.")
    max_seconds: float = Field(default=1.0, gt=0, le=4.0, description="Longest run time.")
    max_memory_mb: int = Field(default=64, ge=1, le=512, description="Most memory.")


SPEC = NodeSpec(
    kind="code",
    title="Code",
    description="Runs Python safely: no files, no network, bounded time and memory.",
    category="data",
    icon="code",
    mode=Mode.LOCAL,
    config=CodeConfig,
    retry=Retry(max_attempts=2, initial=0.1),
    timeout=LOCAL_TIMEOUT,
    hints={"code": {"widget": "python"}},
    examples=(
        Example(
            name="sum of a list",
            config={"code": "sum(r['amount'] for r in rows)", "inputs": {"rows": "{{ input.rows }}"}},
            scope={"input": {"rows": [{"amount": 2}, {"amount": 3}]}},
            output=5,
        ),
        Example(name="a mistake", config={"code": "1 / 0"}, error="code_failed"),
        Example(name="endless", config={"code": "while True: pass", "max_seconds": 0.2}, error="code_limit"),
    ),
)
