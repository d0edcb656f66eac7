"""Routes of health; the only ones that need no token."""

from fastapi import Response, status

from api.health.models import Health, Readiness
from api.health.service import readiness
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("health")


@router.get("/healthz", operation_id="get_health")
async def get_health() -> Health:
    """Whether the process lives."""
    return Health(status="ok")


@router.get(
    "/readyz",
    operation_id="get_readiness",
    responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": Readiness, "description": "Something is missing."}},
)
async def get_readiness(services: CurrentServices, response: Response) -> Readiness:
    """Whether database, Temporal and workers are there."""
    answer = await readiness(services.database, services.temporal)
    if not answer.ready:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return answer
