"""The headers `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10)."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from api.headers import Header

_UNITS: Final = {"tokens_per_month": "tokens", "cost_usd_per_month": "us-cents", "running_runs": "runs"}
_CENTS: Final = 100


def rate_limit_headers(name: str, *, quota: int, window: float, remaining: int, reset: float) -> tuple[Header, Header]:
    """What a limit allows, and what is left of it.

    Args:
        name: Of the limit.
        quota: Requests in a window.
        window: Seconds.
        remaining: Requests that are left.
        reset: Seconds until all of the quota is there again.
    """
    policy = f'"{name}";q={quota};w={math.ceil(window)}'
    left = f'"{name}";r={remaining};t={math.ceil(reset)}'
    return (b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())


def quota_headers(facts: Mapping[str, Any]) -> dict[str, str]:
    """The same for a quota that is used up.

    Args:
        facts: Details of the error `quota_exceeded`.
    """
    quota, limit = facts["quota"], facts["limit"]
    name = quota.replace("_", "-")
    amount = math.floor(limit * _CENTS) if quota == "cost_usd_per_month" else limit
    policy, left = f'"{name}";q={amount}', f'"{name}";r=0'
    if unit := _UNITS.get(quota):
        policy += f';qu="{unit}"'
    if facts["resets_at"] is not None:
        resets_at = datetime.fromisoformat(facts["resets_at"])
        policy += f";w={_window(quota, resets_at)}"
        left += f";t={max(1, math.ceil((resets_at - datetime.now(UTC)).total_seconds()))}"
    return {"RateLimit-Policy": policy, "RateLimit": left}


def _window(quota: str, resets_at: datetime) -> int:
    if quota == "starts_per_minute":
        return 60
    began = (resets_at.astimezone(UTC) - timedelta(days=1)).replace(day=1)
    return int((resets_at - began).total_seconds())
