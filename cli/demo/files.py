"""Where the example is, and what the demo keeps between starts: the ledger's file and port, and the run."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from cli.data_folder import DataFolder
from cli.embedded.processes import is_free, pick_port
from cli.errors import CliError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/refunds"


def require_example() -> None:
    """Complain if only the installed package is here.

    Raises:
        CliError: The example's files are missing.
    """
    if not (EXAMPLE / "workflow.yaml").is_file():
        raise CliError("the demo's files come with the repository and are not installed; clone it and run `make demo`")


@dataclass(frozen=True)
class Episode:
    """One showing of the demo: a ledger that nobody else pays from, and the run that does."""

    ledger_file: str
    ledger_port: int
    run_id: str | None = None

    @classmethod
    def fresh(cls) -> Self:
        """A ledger without refunds, and no run yet."""
        return cls(ledger_file=f"ledger-{time.strftime('%Y%m%d-%H%M%S')}.sqlite", ledger_port=pick_port())

    @classmethod
    def unfinished(cls, folder: DataFolder) -> Self | None:
        """What an earlier start left behind, if its run was started and not yet seen to its end."""
        kept = folder.remembered().get("demo")
        if not isinstance(kept, dict) or not kept.get("run_id"):
            return None
        try:
            episode = cls(**kept)
        except TypeError:
            return None
        return episode if is_free(episode.ledger_port) and episode.database(folder).exists() else None

    @property
    def ledger_url(self) -> str:
        """Where this episode's ledger listens."""
        return f"http://127.0.0.1:{self.ledger_port}"

    def database(self, folder: DataFolder) -> Path:
        """The ledger's SQLite file."""
        return folder.path / "demo" / self.ledger_file

    def keep(self, folder: DataFolder) -> None:
        """Remember it, so that a start after a kill goes on with its run."""
        folder.remember(demo=asdict(self))

    @staticmethod
    def forget(folder: DataFolder) -> None:
        """Its run has ended."""
        kept: dict[str, Any] | None = None
        folder.remember(demo=kept)
