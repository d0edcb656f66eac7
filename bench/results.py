"""Results that are kept: the newest outcome of each benchmark, and figures of earlier commits to compare with."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from bench.outcome import Figure, Outcome, Size

KEPT = 30


class Record(BaseModel):
    """One benchmark at one commit."""

    commit: str
    at: str
    size: Size
    machine: dict[str, str]
    load: float
    seconds: float
    outcome: Outcome


class Past(BaseModel):
    """Figures of an earlier record."""

    name: str
    commit: str
    at: str
    size: Size
    figures: dict[str, Figure]


class Results(BaseModel):
    """Everything that is kept."""

    latest: dict[str, Record] = {}
    past: list[Past] = []

    @classmethod
    def load(cls, file: Path) -> "Results":
        """From a file; nothing if it is not there."""
        return cls.model_validate_json(file.read_text()) if file.exists() else cls()

    def save(self, file: Path) -> None:
        """To a file."""
        file.write_text(self.model_dump_json(indent=1) + "\n")

    def add(self, record: Record) -> None:
        """A new record takes the place of the last one, whose figures become the past if its commit was another."""
        name = record.outcome.name
        before = self.latest.get(name)
        if before is not None and before.commit != record.commit:
            self.past.append(
                Past(name=name, commit=before.commit, at=before.at, size=before.size, figures=before.outcome.figures)
            )
            self.past = self.past[-KEPT:]
        self.latest[name] = record

    def before(self, record: Record) -> Past | None:
        """The newest figures of another commit, measured at the same size."""
        same = [
            past
            for past in self.past
            if past.name == record.outcome.name and past.size == record.size and past.commit != record.commit
        ]
        return same[-1] if same else None


def commit_now(folder: Path) -> str:
    """Short hash of the commit, with a plus sign if files that make up the product have changed since."""
    done = _git(folder, "rev-parse", "--short=10", "HEAD")
    if not done:
        return "unknown"
    changed = _git(
        folder, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/benchmarks.md", ":!bench"
    )
    return done + ("+" if changed else "")


def now() -> str:
    """The time, for people."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=False, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
