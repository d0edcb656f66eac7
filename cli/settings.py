"""Whom the command line talks to: URL and token, from options, the environment or the data folder, in this order."""

import os
from dataclasses import dataclass
from pathlib import Path

from cli.data_folder import DataFolder
from cli.errors import CliError

DEFAULT_URL = "http://127.0.0.1:8321"


@dataclass
class Connection:
    """Address of the API and the token it wants."""

    url: str | None = None
    token: str | None = None
    data_dir: Path | None = None

    @property
    def folder(self) -> DataFolder:
        """Data folder of the local `perdure up`."""
        return DataFolder.at(self.data_dir)

    def resolved_url(self) -> str:
        """URL of the API."""
        found = self.url or os.environ.get("PERDURE_API_URL") or self.folder.remembered().get("api_url")
        return str(found or DEFAULT_URL).rstrip("/")

    def resolved_token(self) -> str:
        """Token for the API.

        Raises:
            CliError: There is none.
        """
        token = self.token or os.environ.get("PERDURE_API_TOKEN") or self.folder.known_token()
        if not token:
            raise CliError(
                "no API token: start `perdure up` first, or give one with --token or PERDURE_API_TOKEN "
                f"(looked in {self.folder.path} too)"
            )
        return token
