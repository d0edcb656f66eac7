"""OAuth clients that the operator lets every workspace use; from the environment."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.connections.providers import PROVIDERS, Endpoints


class OperatorApp(BaseModel):
    """An OAuth client of the operator at one of the known providers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(min_length=1, max_length=1_000)
    client_secret: SecretStr | None = None
    endpoints: Endpoints | None = Field(default=None, description="Instead of the provider's usual ones.")


class ConnectionSettings(BaseSettings):
    """Settings of connections (`PERDURE_CONNECTIONS_APPS`)."""

    model_config = SettingsConfigDict(
        env_prefix="PERDURE_CONNECTIONS_", extra="ignore", env_ignore_empty=True, frozen=True
    )

    apps: dict[str, OperatorApp] = Field(
        default_factory=dict,
        description='OAuth clients by provider, as JSON: {"slack": {"client_id": "…", "client_secret": "…"}}.',
    )

    def endpoints(self, provider: str) -> Endpoints | None:
        """Where the operator's client of a provider leads; nothing if there is none."""
        app, known = self.apps.get(provider), PROVIDERS.get(provider)
        if app is None or known is None:
            return None
        return app.endpoints or known.endpoints

    def secrets(self) -> list[str]:
        """Secrets of the operator, for the log."""
        return [app.client_secret.get_secret_value() for app in self.apps.values() if app.client_secret is not None]


NO_APPS = ConnectionSettings.model_construct(apps={})
"""Of an operator who has none."""
