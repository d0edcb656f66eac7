"""How many requests are allowed."""

from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LimitSettings(BaseSettings):
    """Limits of each API process (`PERDURE_LIMIT_USER`, …) in requests per minute; 0 is no limit."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_LIMIT_", extra="ignore")

    user: int = Field(default=1_200, ge=0, description="Requests of one signed-in person per minute.")
    key: int = Field(default=6_000, ge=0, description="Requests with one API key per minute.")
    address: int = Field(
        default=300, ge=0, description="Requests of one network address without a valid credential per minute."
    )
    open: int = Field(
        default=60, ge=0, description="Calls of one network address per minute that need no credential, such as logins."
    )


NO_LIMITS: Final = LimitSettings.model_construct(user=0, key=0, address=0, open=0)
"""For an application inside another process, such as a test."""
