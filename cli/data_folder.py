"""The data folder of `perdure up`: what is in it, who holds it, and the secrets it keeps."""

import base64
import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.errors import CliError

DEFAULT = "~/.perdure"


@dataclass(frozen=True)
class DataFolder:
    """A folder that holds the embedded servers' data, logs, ports and secrets."""

    path: Path

    @classmethod
    def at(cls, path: Path | None) -> "DataFolder":
        """The folder asked for, else the one of the environment, else `~/.perdure`."""
        return cls(Path(path or os.environ.get("PERDURE_DATA_DIR") or DEFAULT).expanduser().resolve())

    @property
    def is_default(self) -> bool:
        """Whether commands find it without being told."""
        return self == DataFolder.at(None)

    @property
    def logs(self) -> Path:
        """Folder of the logs of API and worker."""
        return self.path / "logs"

    @property
    def restoring(self) -> Path:
        """Folder in which a restore puts together what belongs here; there only while it goes on."""
        return self.path / "restoring"

    def check_whole(self) -> None:
        """Refuse to start on what a broken restore has left.

        Raises:
            CliError: It was broken off.
        """
        if self.restoring.exists():
            raise CliError(f"a restore into {self.path} was broken off; run `perdure restore` again, it starts anew")

    def create(self) -> None:
        """Make it, if it is not there.

        Raises:
            CliError: Not possible.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
        except OSError as failed:
            raise CliError(f"the data folder {self.path} cannot be made: {failed.strerror}") from failed

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder; the kernel lets go of it when the process dies, however it dies.

        Raises:
            CliError: Another process holds it.
        """
        with (self.path / "up.lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise CliError(f"perdure already runs on {self.path} (process {file.read().strip()})") from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def token(self) -> str:
        """API token, made at the first call and kept."""
        return self._secret("token", lambda: secrets.token_urlsafe(32))

    def webhook_secret(self) -> str:
        """Secret that signs webhooks, in the form of the Standard Webhooks specification."""
        return self._secret("webhook-secret", lambda: "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode())

    def encryption_keys(self) -> Path:
        """File with the keys that encrypt secrets of the database, made with a first one. Who loses it loses them."""
        from engine.secrets.key_file import ensure_key_file  # late: clients need it not

        return ensure_key_file(self.path / "encryption-keys")

    def known_token(self) -> str | None:
        """API token if there is one already."""
        with contextlib.suppress(OSError):
            return (self.path / "token").read_text().strip() or None
        return None

    def remember(self, **facts: Any) -> None:
        """Keep facts for the next start and for clients, such as the API's URL."""
        fresh = self.path / "state.json.new"
        fresh.write_text(json.dumps({**self.remembered(), **facts}))
        fresh.replace(self.path / "state.json")

    def remembered(self) -> dict[str, Any]:
        """Facts kept by earlier starts."""
        with contextlib.suppress(OSError, ValueError):
            facts = json.loads((self.path / "state.json").read_text())
            if isinstance(facts, dict):
                return facts
        return {}

    def _secret(self, name: str, make: Callable[[], str]) -> str:
        path = self.path / name
        with contextlib.suppress(FileNotFoundError):
            if kept := path.read_text().strip():
                return kept
        fresh = self.path / f"{name}.new"
        fresh.unlink(missing_ok=True)
        value = make()
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(value)
        fresh.replace(path)
        return value
