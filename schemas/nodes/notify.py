"""`notify`: tells another system something by a signed webhook."""

from typing import Any

from pydantic import Field

from schemas.node_spec import CredentialName, Example, NodeConfig, NodeSpec
from schemas.plan import Mode


class NotifyConfig(NodeConfig):
    """Settings of `notify`."""

    url: str = Field(min_length=1, max_length=8_000, description="Where the webhook is sent.")
    type: str = Field(default="notification", min_length=1, max_length=200, description="Event type in the body.")
    credential: CredentialName | None = Field(
        default=None, description="Credential with the signing secret; without one the operator's secret signs."
    )
    data: Any = Field(default=None, description="Data of the event.")
    repeatable: bool = Field(
        default=True,
        description="Whether it may be sent again when the answer was lost, because the receiver tells a repeat by its "
        "`webhook-id`; if not, a person is asked first.",
    )


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
    repeatable=lambda config: config.repeatable,
    side_effects=True,
    credential_types=("webhook_signing",),
    hints={"credential": {"widget": "credential", "types": ["webhook_signing"]}},
    examples=(
        Example(
            name="a refund was paid",
            config={"url": "http://example.test/hook", "type": "refund.paid", "data": {"order": "{{ input.order }}"}},
            scope={"input": {"order": "A-7"}},
            env=("http",),
        ),
    ),
)
