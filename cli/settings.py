"""Whom the command line talks to: URL and token, from options, the environment or the data folder, in this order.

A data folder that is named on the command line goes before the environment: it was named for this one command.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cli.data_folder import DataFolder
from cli.errors import CliError

DEFAULT_URL = "http://127.0.0.1:8321"


@dataclass
class Connection:
    """Address of the API and the token it wants; what is None is looked for elsewhere."""

    url: str | None = None
    token: str | None = None
    data_dir: Path | None = None

    @property
    def folder(self) -> DataFolder:
        """Data folder of the local `perdure up`."""
        return DataFolder.at(self.data_dir)

    def resolved_url(self) -> str:
        """URL of the API."""
        kept = self.folder.remembered().get("api_url")
        return str(self._first(self.url, "PERDURE_API_URL", kept) or DEFAULT_URL).rstrip("/")

    def resolved_token(self) -> str:
        """Token for the API.

        Raises:
            CliError: There is none.
        """
        token = self._first(self.token, "PERDURE_API_TOKEN", self.folder.known_token())
        if not token:
            raise CliError(
                "no API token: start `perdure up` first, or give one with --token or PERDURE_API_TOKEN "
                f"(looked in {self.folder.path} too)"
            )
        return token

    def _first(self, given: str | None, variable: str, kept: str | None) -> str | None:
        environment = os.environ.get(variable)
        return given or (kept or environment if self.data_dir is not None else environment or kept)
