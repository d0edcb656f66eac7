"""Where the database is."""

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseSettings):
    """Settings of the database, from the environment. Built at the composition roots only."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_", extra="ignore", populate_by_name=True)

    database_url: SecretStr = Field(
        validation_alias=AliasChoices("PERDURE_DATABASE_URL", "DATABASE_URL"),
        description="Used by API and workers; its role must be a member of perdure_app, _system and _identity.",
    )
    database_admin_url: SecretStr | None = Field(
        default=None, description="Owner of the tables, for migrations; by default the former."
    )
    database_pool_size: int = Field(default=5, ge=1, le=200, description="Connections kept per pool.")
    run_log_pool_size: int = Field(default=8, ge=1, le=200, description="Connections of the run log in a worker.")

    @property
    def url(self) -> str:
        """URL for API and workers."""
        return self.database_url.get_secret_value()

    @property
    def admin_url(self) -> str:
        """URL for migrations."""
        return (self.database_admin_url or self.database_url).get_secret_value()
