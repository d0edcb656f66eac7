"""Route of events from outside."""

from fastapi import status

from api.events import service
from api.events.models import PublishedEvent, PublishEvent
from api.requests import IdempotencyKey
from api.requests import router as feature_router
from api.services import CurrentServices, CurrentWorkspace

router = feature_router("events")


@router.post("/v1/events", operation_id="publish_event", status_code=status.HTTP_202_ACCEPTED)
async def publish_event(
    services: CurrentServices, workspace: CurrentWorkspace, body: PublishEvent, idempotency_key: IdempotencyKey = None
) -> PublishedEvent:
    """Publish an event. One run gets it: the one that waits longest, or the first that will wait for it."""
    async with services.database.tenant(workspace) as session:
        return await service.publish(session, workspace, body, idempotency_key)
