"""The mail server of the installation, and the address under which people open it; from the environment."""

from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SmtpSettings(BaseSettings):
    """Where mails are handed in (`PERDURE_SMTP_HOST`, `PERDURE_SMTP_PASSWORD`, …). Without a host there are none."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_SMTP_", extra="ignore", env_ignore_empty=True, frozen=True)

    host: str | None = Field(default=None, description="Mail server; none by default.")
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="`tls` from the first byte (port 465), or `none` inside a private network."
    )
    username: str | None = None
    password: SecretStr | None = None
    sender: str = Field(default="Perdure <perdure@localhost>", description="`From` of every mail.")
    ca_file: Path | None = Field(default=None, description="PEM file of the authority that the server is checked by.")
    timeout: float = Field(default=30.0, gt=0, description="Seconds for each answer of the server.")

    @field_validator("sender")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return checked_sender(value)


class ReachSettings(BaseSettings):
    """How people reach this installation and it reaches them (`PERDURE_PUBLIC_URL`, `PERDURE_LINK_HOURS`)."""

    model_config = SettingsConfigDict(env_prefix="PERDURE_", extra="ignore", env_ignore_empty=True, frozen=True)

    public_url: str = Field(
        default="http://localhost:8321", pattern=r"^https?://[^\s/]+(/\S*)?$", description="Begins links in messages."
    )
    link_hours: float = Field(
        default=72.0, ge=0, le=24 * 30, description="How long a link answers for one person; 0: none are sent."
    )
    smtp_host: str | None = Field(default=None, description="Mail server; here only whether there is one.")

    @property
    def mails(self) -> bool:
        """Whether the installation has a mail server."""
        return self.smtp_host is not None

    def url(self, path: str) -> str:
        """The address of a page."""
        return self.public_url.rstrip("/") + path


def checked_sender(value: str) -> str:
    """A sender, if it is one plain address with a name or without.

    Raises:
        ValueError: Otherwise.
    """
    name, address = parseaddr(value)
    if any(ord(char) < 32 for char in value) or "@" not in address:
        raise ValueError("the sender is written as `Name <name@example.com>` or `name@example.com`")
    return str(Address(name, addr_spec=address))
