"""`notify`: tells another system something by a signed webhook."""

from typing import Any

from pydantic import Field

from schemas.node_spec import Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class NotifyConfig(NodeConfig):
    """Settings of `notify`."""

    url: str = Field(min_length=1, max_length=8_000, description="Where the webhook is sent.")
    type: str = Field(default="notification", min_length=1, max_length=200, description="Event type in the body.")
    data: Any = Field(default=None, description="Data of the event.")


SPEC = NodeSpec(
    kind="notify",
    title="Notify",
    description="Sends a webhook signed by the Standard Webhooks rules.",
    category="io",
    icon="bell",
    mode=Mode.REMOTE,
    config=NotifyConfig,
    output_schema={"type": "object", "properties": {"status": {"type": "integer"}, "id": {"type": "string"}}},
    timeout=30.0,
    heartbeat=5.0,
    queue="actions",
    examples=(
        Example(
            name="a refund was paid",
            config={"url": "http://example.test/hook", "type": "refund.paid", "data": {"order": "{{ input.order }}"}},
            scope={"input": {"order": "A-7"}},
            env=("http",),
        ),
    ),
)
