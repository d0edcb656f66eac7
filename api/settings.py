"""How the API process is configured."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """Settings of the HTTP API (`PERDURE_API_TOKEN`, `PERDURE_API_HOST`, …)."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_API_", extra="ignore")

    token: SecretStr = Field(min_length=1, description="Bearer token that every caller must send.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8321, ge=0, le=65535, description="Port to listen on.")
    drain_seconds: int = Field(default=10, ge=1, description="Time that requests under way get at shutdown.")
