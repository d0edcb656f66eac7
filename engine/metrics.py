"""Metrics that several kinds of processes count, for Prometheus. Nothing here is labelled by workspace or run."""

from typing import Final

from prometheus_client import Counter

RUNS_STARTED: Final = Counter("perdure_runs_started", "Runs that were accepted.", ["trigger"])
RUNS_ENDED: Final = Counter("perdure_runs_ended", "Runs that have ended, each attempt once.", ["status"])
