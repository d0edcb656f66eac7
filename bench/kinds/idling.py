"""What a step does in a benchmark: nothing, or wait a while and leave a mark of each execution."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

from pydantic import Field

from schemas.node_spec import NodeConfig


class IdleConfig(NodeConfig):
    """Settings of the kinds that do nothing."""

    seconds: float = Field(default=0.0, ge=0, description="How long it takes.")
    marks: str | None = Field(default=None, description="File that gets a line for each execution.")
    value: Any = Field(default=None, description="Its output.")


async def idle(seconds: float, marks: str | None, path: str) -> None:
    """Wait, and write down that, when and in which process it was done."""
    if marks is not None:
        mark(Path(marks), path, "begun")
    if seconds:
        await asyncio.sleep(seconds)
    if marks is not None:
        mark(Path(marks), path, "done")


def mark(file: Path, path: str, what: str) -> None:
    """Append a line; a line this short is written as one."""
    with file.open("a") as output:
        output.write(json.dumps({"path": path, "what": what, "pid": os.getpid(), "at": time.time()}) + "\n")


def marks_in(file: Path) -> list[dict[str, Any]]:
    """All marks so far; a line that is being written is left out."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]
