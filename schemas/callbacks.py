"""Callbacks: what programs outside can hear of, and for how long it is tried."""

from datetime import timedelta
from enum import StrEnum
from typing import Final


class CallbackEvent(StrEnum):
    """What can be subscribed to. Part of the public API."""

    RUN_STARTED = "run.started"
    RUN_PAUSED = "run.paused"
    RUN_RESUMED = "run.resumed"
    RUN_COMPLETED = "run.completed"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    RUN_TERMINATED = "run.terminated"
    RUN_RETRIED = "run.retried"
    APPROVAL_OPENED = "approval.opened"
    APPROVAL_DECIDED = "approval.decided"
    APPROVAL_EXPIRED = "approval.expired"
    APPROVAL_REOPENED = "approval.reopened"
    APPROVAL_COMMENTED = "approval.commented"
    APPROVAL_REMINDED = "approval.reminded"
    APPROVAL_ESCALATED = "approval.escalated"


TEST: Final = "subscription.test"
"""What is sent to try a subscription out."""

PATIENCE: Final = timedelta(days=3)
"""A subscription to which nothing could be sent for so long is disabled."""

MAX_PAUSE: Final = timedelta(hours=1)
"""The longest time between two attempts, whatever the receiver asks for."""

GONE: Final = 410
"""The HTTP status by which a receiver says that it wants no more."""
