"""CPU time of the processes that take part in a measurement."""

import psutil


class CpuMeter:
    """Sums user and system time of named processes, and of a PostgreSQL server with all its backends.

    Args:
        pids: Process ids by name.
        postmaster: Process id of the PostgreSQL server, if it takes part.
    """

    def __init__(self, pids: dict[str, int], *, postmaster: int | None = None) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._postmaster = None if postmaster is None else psutil.Process(postmaster)

    def read(self) -> dict[str, float]:
        """Seconds used so far, by name."""
        used = {name: _own(process) for name, process in self._processes.items()}
        if self._postmaster is not None:
            used["PostgreSQL"] = _family(self._postmaster)
        return used


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _family(process: psutil.Process) -> float:
    """With living children, and those that have ended and were waited for."""
    times = process.cpu_times()
    seconds = times.user + times.system + times.children_user + times.children_system
    for child in process.children():
        try:
            seconds += _own(child)
        except psutil.NoSuchProcess:
            continue
    return float(seconds)
