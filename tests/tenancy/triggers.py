"""Schedules, hooks and subscriptions of a populated workspace."""

from typing import Any, Protocol

import httpx

TIMES = {"intervals": [{"every": "1h"}]}
PAST = {"starts_at": "2026-01-01T00:30:00Z", "ends_at": "2026-01-01T01:30:00Z"}
UNSIGNED = {"signature": "none"}


class _Named(Protocol):
    workflow: str


async def triggers(person: httpx.AsyncClient, names: _Named) -> dict[str, str]:
    """A schedule that rests, a hook that something came in by, a subscription with a delivery."""
    of_it = {"workflow": names.workflow, "name": "Probe"}
    schedule = await _made(person, "/v1/schedules", **of_it, times=TIMES, paused=True)
    hook = await _made(person, "/v1/hooks", **of_it, settings={**UNSIGNED, "filter": "false"})
    form = await _made(person, "/v1/hooks", **of_it, kind="form")
    delivery = await _made(person, hook["path"], sent="something")
    told = {"name": "Probe", "url": "http://127.0.0.1:1/hook", "events": ["run.terminated"]}
    subscription = await _made(person, "/v1/subscriptions", **told)
    callback = await _made(person, f"/v1/subscriptions/{subscription['id']}/test")
    return {
        "schedule": schedule["id"],
        "hook": hook["id"],
        "form": form["id"],
        "hook_delivery": delivery["delivery"],
        "subscription": subscription["id"],
        "callback": callback["id"],
    }


async def _made(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body or None)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found
