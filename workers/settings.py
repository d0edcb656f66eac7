"""How a worker process is configured."""

from importlib.metadata import version
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.messages import ACTIONS_QUEUE, LLM_QUEUE, RUNS_QUEUE


class WorkerSettings(BaseSettings):
    """Settings of a worker (`PERDURE_WORKER_QUEUES`, `PERDURE_WORKER_HEALTH_PORT`, …)."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_WORKER_", extra="ignore", populate_by_name=True)

    queues: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(RUNS_QUEUE, ACTIONS_QUEUE, LLM_QUEUE),
        min_length=1,
        description="Task queues to serve, comma between: runs (workflows, short steps), actions, llm, or others.",
    )
    health_host: str = Field(default="127.0.0.1", description="Address of /healthz, /readyz and /metrics.")
    health_port: int = Field(default=8322, ge=0, le=65535, description="Port of the same; 0 takes any free one.")
    max_cached_runs: int = Field(
        default=5_000, ge=0, description="Runs kept in memory between their steps; beyond it they are replayed."
    )
    max_workflow_tasks: int = Field(default=20, ge=1, description="Runs that are walked at the same moment.")
    max_local_steps: int = Field(default=200, ge=1, description="Short steps under way at once.")
    max_steps: int = Field(default=200, ge=1, description="Steps under way at once, per queue.")
    max_polls: int = Field(default=20, ge=1, description="Most polls in flight per queue; they grow with the load.")
    drain_seconds: float = Field(default=30.0, ge=0, description="Time that steps under way get at shutdown.")
    build_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$",
        description="Build of the code. With it runs stay on the build on which they began until they are moved "
        "(docs/upgrading.md); `auto` takes version and commit.",
    )
    deployment: str = Field(
        default="perdure",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$",
        description="Name under which all builds of these workers are known to Temporal.",
    )
    sandbox: bool = Field(
        default=False,
        description="Check workflow code for determinism while it runs, as the tests do; costs a short run three times "
        "the CPU, and a cached run five times the memory.",
    )

    @field_validator("build_id", mode="before")
    @classmethod
    def _name_build(cls, value: object) -> object:
        return own_build() if value == "auto" else value or None

    @field_validator("queues", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
        return value


class BuildSettings(BaseSettings):
    """What the image says of itself (`PERDURE_COMMIT`)."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_", extra="ignore", env_ignore_empty=True)

    commit: str | None = Field(default=None, description="Commit that the code was built from; the image sets it.")


def own_build() -> str:
    """Version of the package, and the commit if it is known."""
    commit = BuildSettings().commit
    return "-".join([version("perdure"), *([commit[:12]] if commit else [])])


class SigningSettings(BaseSettings):
    """What the worker signs webhooks with (`PERDURE_WEBHOOK_SECRET`)."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_", extra="ignore")

    webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="Secret in the form whsec_…; without it `notify` steps fail and say so."
    )
