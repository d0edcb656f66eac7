"""What an operator may configure about model calls."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LlmSettings(BaseSettings):
    """Providers, aliases and bounds of model calls.

    Keys of providers that go through LiteLLM are read by LiteLLM itself from the variables it documents
    (`DEEPSEEK_API_KEY`, `GEMINI_API_KEY` …), unless one address is configured for all of them.
    """

    # An empty variable is none: compose files and CI systems set those that nobody filled in.
    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True)

    openai_api_key: SecretStr | None = Field(default=None, alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, alias="OPENAI_BASE_URL")
    anthropic_api_key: SecretStr | None = Field(default=None, alias="ANTHROPIC_API_KEY")
    anthropic_base_url: str | None = Field(default=None, alias="ANTHROPIC_BASE_URL")
    litellm_api_base: str | None = Field(
        default=None, alias="PERDURE_LITELLM_API_BASE", description="Address for all models that go through LiteLLM."
    )
    litellm_api_key: SecretStr | None = Field(default=None, alias="PERDURE_LITELLM_API_KEY")
    model_aliases: dict[str, str | list[str]] = Field(
        default_factory=dict,
        alias="PERDURE_MODEL_ALIASES",
        description="JSON object: alias to a model, or to a list of models tried in order.",
    )
    connect_timeout: float = Field(
        default=10.0, gt=0, alias="PERDURE_LLM_CONNECT_TIMEOUT", description="Seconds to reach a provider."
    )
    idle_timeout: float = Field(
        default=120.0,
        gt=0,
        alias="PERDURE_LLM_IDLE_TIMEOUT",
        description="Seconds without a byte before a call is given up; thinking models are silent for long.",
    )

    def secrets(self) -> tuple[str, ...]:
        """Every key, for keeping them out of messages."""
        keys = (self.openai_api_key, self.anthropic_api_key, self.litellm_api_key)
        return tuple(key.get_secret_value() for key in keys if key is not None and key.get_secret_value())
