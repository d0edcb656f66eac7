"""Rules, holds and jobs of privacy of a populated workspace."""

from typing import Any

import httpx

from tests.support.polling import eventually


async def privacy(person: httpx.AsyncClient, run: str) -> dict[str, str]:
    """A rule, settings of masking, a hold on a run, and an export that is over."""
    await _sent(person, "PUT", "/v1/privacy/retention", rules=[{"data": "audit", "days": 3_650}])
    await _sent(person, "PUT", "/v1/privacy/masking", mask_views=False)
    hold = await _sent(person, "POST", "/v1/legal-holds", run_id=run, reason="a case at court")
    job = await _sent(person, "POST", "/v1/privacy/exports")

    async def over() -> bool:
        shown = (await person.get(f"/v1/privacy/jobs/{job['id']}")).json()
        return bool(shown["status"] == "completed")

    await eventually(over, seconds=60)
    return {"legal_hold": hold["id"], "privacy_job": job["id"]}


async def _sent(client: httpx.AsyncClient, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.request(method, path, json=body or None)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found
