"""What an operator may configure about model calls."""

from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class RateLimit(BaseModel):
    """How often one key may be used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)


class ModelPrice(BaseModel):
    """What a model costs, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Decimal = Field(ge=0)
    output: Decimal = Field(default=Decimal(0), ge=0)
    cached_input: Decimal | None = Field(default=None, ge=0, description="Of `input`, if it is not said.")

    def as_facts(self) -> dict[str, Any]:
        """As the map of prices has it: per token."""
        cached = self.input if self.cached_input is None else self.cached_input
        prices = {
            "input_cost_per_token": self.input,
            "output_cost_per_token": self.output,
            "cache_read_input_token_cost": cached,
        }
        return {name: price / 1_000_000 for name, price in prices.items()}


class LlmSettings(BaseSettings):
    """Providers, aliases and bounds of model calls.

    Keys of providers that go through LiteLLM are read by LiteLLM itself from the variables it documents
    (`DEEPSEEK_API_KEY`, `GEMINI_API_KEY` …), unless one address is configured for all of them.
    """

    # An empty variable is none: compose files and CI systems set those that nobody filled in.
    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True)

    openai_api_key: SecretStr | None = Field(default=None, alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, alias="OPENAI_BASE_URL")
    openai_api: Literal["auto", "chat", "responses"] = Field(
        default="auto",
        alias="PERDURE_OPENAI_API",
        description="API by which OpenAI's models are asked; `auto` takes responses where OpenAI itself demands it.",
    )
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
    embedding_model: str | None = Field(
        default=None,
        alias="PERDURE_EMBEDDING_MODEL",
        description="Model or alias that turns texts into vectors; `text-embedding-3-small` if OpenAI is configured.",
    )
    rate_limits: dict[str, RateLimit] = Field(
        default_factory=dict,
        alias="PERDURE_MODEL_RATE_LIMITS",
        description="JSON object of `requests_per_minute` and `tokens_per_minute` of each key, by `vendor/model`, "
        "model, vendor (`openai`, `anthropic`, `litellm`) or `*`; all workers keep them together, and steps wait.",
    )
    model_prices: dict[str, ModelPrice] = Field(
        default_factory=dict,
        alias="PERDURE_MODEL_PRICES",
        description="JSON object: model to `input`, `output` and `cached_input` in US dollars per million tokens, for "
        "models that the map of prices does not know, or that have a price of their own. A model without a price is "
        "not asked where a budget or a quota of money counts.",
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

    @property
    def asks_openai_itself(self) -> bool:
        """Whether OpenAI's models are asked at OpenAI, not at a server that speaks its protocol."""
        return self.openai_base_url is None or urlsplit(self.openai_base_url).hostname == "api.openai.com"

    def key_digest(self, vendor: str) -> str:
        """Tells the keys of a vendor from others without telling what they are."""
        keys = {"openai": self.openai_api_key, "anthropic": self.anthropic_api_key, "litellm": self.litellm_api_key}
        key, secret = keys.get(vendor), ""
        if key is not None:
            secret = key.get_secret_value()
        return sha256(f"{vendor}/{secret}".encode()).hexdigest()[:16]

    def secrets(self) -> tuple[str, ...]:
        """Every key, for keeping them out of messages."""
        keys = (self.openai_api_key, self.anthropic_api_key, self.litellm_api_key)
        return tuple(key.get_secret_value() for key in keys if key is not None and key.get_secret_value())
