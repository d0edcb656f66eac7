"""pg_dump and pg_restore: of the embedded PostgreSQL's wheel, or of this machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from cli.embedded import postgres
from cli.embedded.processes import EmbeddedServerError
from cli.errors import CliError
from db.connect import driver_url

_SAID: Final = 2_000
"""Characters of a program's complaint that are passed on."""


def dump(url: str, target: Path) -> None:
    """Write all of a database as it is at one moment.

    Raises:
        CliError: There is no pg_dump, or it fails.
    """
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-comments", f"--file={target}")


def load(url: str, source: Path) -> None:
    """Fill an empty database; all of it or nothing.

    Raises:
        CliError: There is no pg_restore, or it fails.
    """
    _run("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", "--no-comments", str(source))


def version(program: str = "pg_dump") -> int:
    """Major version of the programs that are there.

    Raises:
        CliError: There are none.
    """
    said = subprocess.run([_find(program), "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603
    found = re.search(r"\b(\d+)(?:\.\d+|devel|beta|rc)", said)
    return int(found[1]) if found else 0


def _run(program: str, url: str, *arguments: str) -> None:
    target = urlsplit(driver_url(url))
    command = [_find(program), "--no-password", *arguments, f"--dbname={_words(target)}"]
    environment = {**os.environ, "PGPASSWORD": unquote(target.password or "")}
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL
        command, check=False, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise CliError(f"{program} has failed: {done.stderr.strip()[-_SAID:]}")


def _words(target: SplitResult) -> str:
    """Where to connect to, without the password, which anybody could read among the processes."""
    asked = {name: values[-1] for name, values in parse_qs(target.query).items()}
    words = {
        "dbname": target.path.removeprefix("/"),
        "user": unquote(target.username or ""),
        "host": target.hostname or "",
        "port": str(target.port or ""),
        **asked,
    }
    return " ".join(f"{name}='{_escaped(value)}'" for name, value in words.items() if value)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _find(program: str) -> str:
    try:
        return str(postgres.binaries() / program)
    except EmbeddedServerError:
        found = shutil.which(program)
    if found is None:
        raise CliError(
            f"there is no {program} here: install PostgreSQL's client programs, or use deploy/backup/backup.sh"
        )
    return found
