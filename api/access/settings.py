"""How sign-in is configured."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class AccessSettings(BaseSettings):
    """Keys that sign access tokens (`PERDURE_SIGNING_KEY`, or a file in `PERDURE_DATA_DIR`)."""

    # An empty variable is none: compose files set those that nobody filled in.
    model_config = SettingsConfigDict(env_prefix="PERDURE_", extra="ignore", env_ignore_empty=True)

    signing_key: SecretStr | None = Field(
        default=None,
        description="Secret of 32 characters or more that signs access tokens, the same for all API processes. "
        "Several with commas: the first signs, all are accepted.",
    )
    data_dir: Path | None = Field(
        default=None, description="Folder with the file `signing-key`, made at the first start if no key is given."
    )

    @property
    def secrets(self) -> list[str]:
        """What logs must never show."""
        return [] if self.signing_key is None else self.signing_key.get_secret_value().replace(",", " ").split()
