"""Where the time of a process goes: looks at every thread two hundred times a second and counts what it finds.

A sampling profiler costs little and sees all threads, also those that walk runs; it does not see native threads,
whose CPU time is listed by thread name instead.
"""

import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

PAUSE = 0.005
TOP = 45
_IDLE = ("wait", "select", "poll", "_worker", "_wait_for_tstate_lock", "_end_with_parent", "run", "get")
"""Functions in which a thread does nothing; as leaves of a stack."""


class Profiler:
    """Samples this process while the block runs and writes a report at its end."""

    def __init__(self, report: str) -> None:
        self._report = Path(report)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="profiler", daemon=True)
        self._own: Counter[str] = Counter()
        self._total: Counter[str] = Counter()
        self._samples = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._report.write_text(self.text())

    def text(self) -> str:
        """The report."""
        return "\n".join(
            [
                f"{self._samples} samples of busy threads",
                *("", "CPU seconds by thread", *_thread_times()),
                *("", "own time", *self._lines(self._own)),
                *("", "with all that is called", *self._lines(self._total)),
                "",
            ]
        )

    def _watch(self) -> None:
        own = threading.get_ident()
        while not self._stop.is_set():
            for thread, frame in sys._current_frames().items():
                if thread != own:
                    self._count(frame)
            time.sleep(PAUSE)

    def _count(self, frame: FrameType) -> None:
        if _is_idle(frame):
            return
        self._samples += 1
        self._own[_name(frame)] += 1
        seen = set()
        above: FrameType | None = frame
        while above is not None:
            seen.add(_name(above))
            above = above.f_back
        self._total.update(seen)

    def _lines(self, counter: Counter[str]) -> list[str]:
        whole = max(1, self._samples)
        return [f"{100 * count / whole:5.1f} %  {name}" for name, count in counter.most_common(TOP)]


def _is_idle(frame: FrameType) -> bool:
    code = frame.f_code
    module = Path(code.co_filename).name
    return code.co_name in _IDLE and module in (
        *("threading.py", "selectors.py", "runners.py", "parent.py", "thread.py", "queue.py"),
    )


def _name(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    return f"{'/'.join(path.parts[-3:])}:{frame.f_code.co_qualname}"


def _thread_times() -> list[str]:
    """CPU seconds of every thread of this process, threads of one name together; Linux only."""
    found: Counter[str] = Counter()
    for task in Path("/proc/self/task").glob("*"):
        name = (task / "comm").read_text().strip().rstrip("0123456789-_")
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        found[name] += int(fields[11]) + int(fields[12])
    return [f"{ticks / 100:8.2f} s  {name}" for name, ticks in found.most_common(12)]
