"""What an operator may configure about outgoing requests."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from activities.egress.addresses import parse_rule


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _checked(rules: tuple[str, ...]) -> tuple[str, ...]:
    for rule in rules:
        parse_rule(rule)
    return rules


class EgressSettings(BaseSettings):
    """Bounds of outgoing HTTP, from `PERDURE_EGRESS_*`."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_EGRESS_", extra="ignore", frozen=True)

    allow: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_checked)] = Field(
        default=(), description="Destinations beside the public ones: host, host:port or CIDR, separated by commas."
    )
    proxy: str | None = Field(
        default=None,
        description="http(s) proxy for all requests. It resolves names, so it must keep private addresses out itself.",
    )
    ca_file: Path | None = Field(default=None, description="PEM file of further certificate authorities to trust.")
    connect_timeout: float = Field(default=10.0, gt=0, description="Seconds to find and reach a server.")
    idle_timeout: float = Field(default=30.0, gt=0, description="Seconds without a byte before we give up.")
    total_timeout: float = Field(default=60.0, gt=0, description="Seconds of a request where the caller names none.")
    max_connections: int = Field(default=200, ge=1, description="Connections open at once.")
