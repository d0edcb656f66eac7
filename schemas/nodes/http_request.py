"""`http_request`: calls an HTTP API."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from schemas.node_spec import CredentialName, Example, NodeConfig, NodeSpec
from schemas.plan import Mode

READING = ("GET", "HEAD")
"""Methods that change nothing."""


class HttpRequestConfig(NodeConfig):
    """Settings of `http_request`."""

    url: str = Field(min_length=1, max_length=8_000, description="http or https; public addresses unless allowed.")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = Field(default="GET", description="HTTP method.")
    headers: dict[str, str] = Field(default_factory=dict, max_length=100, description="Headers of the request.")
    query: dict[str, Any] = Field(default_factory=dict, description="Added to the URL; null values are left out.")
    json_body: Any = Field(default=None, alias="json", description="Body sent as JSON.")
    body: str | None = Field(default=None, description="Body sent as text; not together with json.")
    expect: list[int] = Field(
        default_factory=list, description="Status codes that count as success; default 200 to 299."
    )
    idempotency_header: str | None = Field(
        default="Idempotency-Key",
        description="Header that carries the step's key on every attempt; null sends none.",
    )
    repeatable: bool | None = Field(
        default=None,
        description="Whether the request may be sent again when its answer was lost; if not, a person is asked first. "
        "By default whatever only reads or carries an idempotency key may.",
    )
    credential: CredentialName | None = Field(
        default=None, description="Credential that the request authenticates with; never sent on by a redirect."
    )
    follow_redirects: bool = Field(default=True, description="Each hop is checked like the first address.")
    max_bytes: int = Field(default=1_000_000, ge=1, le=1_000_000, description="Longest accepted answer.")

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if self.json_body is not None and self.body is not None:
            raise ValueError("give json or body, not both")
        return self


def _repeatable(config: HttpRequestConfig) -> bool:
    if config.repeatable is not None:
        return config.repeatable
    return config.method in READING or bool(config.idempotency_header)


SPEC = NodeSpec(
    kind="http_request",
    title="HTTP request",
    description="Calls an HTTP API and returns status, headers and body.",
    category="io",
    icon="world",
    mode=Mode.REMOTE,
    config=HttpRequestConfig,
    output_schema={
        "type": "object",
        "properties": {"status": {"type": "integer"}, "headers": {"type": "object"}, "body": {}},
        "description": "JSON answers as data, text as text; anything else as base64, and then `base64` is true.",
    },
    timeout=30.0,
    heartbeat=5.0,
    queue="actions",
    repeatable=_repeatable,
    side_effects=lambda config: config.get("method", "GET") not in READING,
    credential_types=("api_key", "bearer", "basic", "header"),
    secret_fields=("headers", "query", "json"),
    hints={
        "body": {"widget": "textarea"},
        "credential": {"widget": "credential", "types": ["api_key", "bearer", "basic", "header"]},
        "headers": {"markers": True},
        "query": {"markers": True},
        "json": {"markers": True},
    },
    examples=(
        Example(
            name="read JSON",
            config={"url": "http://example.test/echo", "query": {"q": "{{ input.q }}"}},
            scope={"input": {"q": "tea"}},
            env=("http",),
        ),
        Example(
            name="a private address",
            config={"url": "http://169.254.169.254/latest/meta-data"},
            error="address_denied",
        ),
        Example(
            name="an answer that is an error",
            config={"url": "http://example.test/status/404"},
            error="upstream_refused",
            env=("http",),
        ),
    ),
)
