"""Places outside that keep secrets: how they are reached, and where in them the value of a credential is."""

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.connections.providers import Address
from schemas.document import Strict

_SEGMENTS: Final = r"^[A-Za-z0-9_][A-Za-z0-9_. @+-]*(/[A-Za-z0-9_][A-Za-z0-9_. @+-]*)*$"


def _inside(path: str) -> str:
    if any(part in (".", "..") for part in path.split("/")):
        raise ValueError("a path may not climb out of its mount")
    return path


StorePath = Annotated[str, Field(pattern=_SEGMENTS, max_length=500), AfterValidator(_inside)]
"""Path without a slash at its ends."""


class StoreSettings(Strict):
    """HashiCorp Vault, or OpenBao, with a KV engine of version 2."""

    kind: Literal["hashicorp_vault"] = "hashicorp_vault"
    address: Address = Field(description="Address of the server, as https://vault.example.com:8200.")
    namespace: str | None = Field(
        default=None, max_length=500, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_/-]*$", description="Namespace, if it has any."
    )
    mount: StorePath = Field(default="secret", description="Where the KV engine is mounted.")
    auth: Literal["token", "approle"] = Field(description="Whether a token signs in, or a role with its secret id.")
    auth_mount: StorePath = Field(default="approle", description="Where AppRole is mounted.")
    role_id: str | None = Field(default=None, max_length=500, description="Id of the role, for AppRole.")
    cache_seconds: int = Field(
        default=30, ge=0, le=300, description="How long a value is kept in the memory of a worker; never on disk."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.auth == "approle" and not self.role_id:
            raise ValueError("AppRole needs the `role_id`")
        return self


class SecretSource(Strict):
    """Where in a store the value of a credential is."""

    path: StorePath = Field(description="Path of the secret below the mount, without `data/`.", examples=["apps/shop"])
    version: int | None = Field(default=None, ge=1, description="Which version; null: the newest.")
    keys: dict[str, str] = Field(
        default_factory=dict,
        max_length=50,
        description="Key in the secret by field of the credential, where they are not named alike.",
        examples=[{"token": "api_key"}],
    )
