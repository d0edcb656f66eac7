"""How the API process is configured."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_ORIGIN: Final = re.compile(r"https?://[a-z0-9.\-\[\]:]+")


class ApiSettings(BaseSettings):
    """Settings of the HTTP API (`PERDURE_API_TOKEN`, `PERDURE_API_HOST`, …)."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_API_", extra="ignore")

    token: SecretStr = Field(min_length=1, description="Bearer token that every caller must send.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8321, ge=0, le=65535, description="Port to listen on.")
    drain_seconds: int = Field(default=10, ge=1, description="Time that requests under way get at shutdown.")
    web_dir: Path | None = Field(
        default=None, description="Folder of the built web app; `frontend/dist` beside the code by default."
    )
    metrics_host: str = Field(default="127.0.0.1", description="Address of /metrics.")
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, description="Port of /metrics for Prometheus; without it there is none."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins of web pages elsewhere that may call, such as https://app.example.com, comma between.",
    )

    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses or CIDR of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, comma "
        "between; by default those of this machine. Others could claim to be anybody.",
    )

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(dict.fromkeys(part.strip().lower() for part in value.split(",") if part.strip()))
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network)
            except ValueError as error:
                raise ValueError(f"{network!r} is no address and no CIDR, such as 10.0.0.0/8") from error
        return value

    @field_validator("cors_origins")
    @classmethod
    def _exact(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin; write scheme and host, such as https://app.example.com")
        return value
