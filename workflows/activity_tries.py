"""How activities are tried that stand beside runs: what must be written down, and when a dead worker is noticed."""

from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy

ALWAYS: Final = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
"""For what ends a job in the database: without it the job would look as if it went on."""

HEARTBEAT: Final = timedelta(seconds=10)
"""Silence of an activity after which its worker counts as dead."""

PAGE_HEARTBEAT: Final = timedelta(seconds=6)
"""The same for the pages of long jobs, which say often how far they are."""
