"""Where Temporal is; read from the environment by the composition roots only."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class TemporalSettings(BaseSettings):
    """Address and namespace of the Temporal server (`PERDURE_TEMPORAL_ADDRESS`, `PERDURE_TEMPORAL_NAMESPACE`)."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_TEMPORAL_", extra="ignore")

    address: str = Field(default="localhost:7233", description="host:port of the frontend service.")
    namespace: str = Field(default="default", description="Namespace that holds all runs.")
