"""Route of events from outside."""

from fastapi import status

from api.access.caller import CurrentCaller
from api.events import service
from api.events.models import PublishedEvent, PublishEvent
from api.requests import IdempotencyKey
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("events")


@router.post("/v1/events", operation_id="publish_event", status_code=status.HTTP_202_ACCEPTED)
async def publish_event(
    services: CurrentServices, caller: CurrentCaller, body: PublishEvent, idempotency_key: IdempotencyKey = None
) -> PublishedEvent:
    """Publish an event. One run gets it: the one that waits longest, or the first that will wait for it."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.publish(session, caller.actor, body, idempotency_key)
