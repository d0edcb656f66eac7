"""Routes of subscriptions."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices
from api.subscriptions import models, service

router = feature_router("subscriptions")


async def _subscription_id(
    subscription_id: Annotated[str, Path(max_length=100, description="Id of the subscription.")],
) -> UUID:
    return parse_id("subscription", subscription_id)


async def _delivery_id(delivery_id: Annotated[str, Path(max_length=100, description="Id of the delivery.")]) -> UUID:
    return parse_id("delivery", delivery_id)


SubscriptionId = Annotated[UUID, Depends(_subscription_id)]
DeliveryId = Annotated[UUID, Depends(_delivery_id)]


@router.get("/v1/subscriptions", operation_id="list_subscriptions")
async def list_subscriptions(
    services: CurrentServices, workspace: CurrentWorkspace, limit: Limit = 50, cursor: Cursor = None
) -> models.SubscriptionPage:
    """Programs outside that hear of runs and approvals, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_all(session, cursor, limit)


@router.post("/v1/subscriptions", operation_id="create_subscription", status_code=status.HTTP_201_CREATED)
async def create_subscription(
    services: CurrentServices, caller: CurrentCaller, body: models.CreateSubscription, response: Response
) -> models.SubscriptionWithSecret:
    """Let a program outside hear of events: signed, and tried again for three days until it answers 2xx."""
    async with services.database.tenant(caller.workspace_id) as session:
        made = await service.create(session, caller, services.encryption, body)
    response.headers["Location"] = f"/v1/subscriptions/{made.id}"
    return made


@router.get("/v1/subscriptions/{subscription_id}", operation_id="get_subscription")
async def get_subscription(
    services: CurrentServices, workspace: CurrentWorkspace, subscription_id: SubscriptionId
) -> models.Subscription:
    """A subscription without its secrets."""
    async with services.database.tenant(workspace) as session:
        return service.describe(await service.find(session, subscription_id))


@router.patch("/v1/subscriptions/{subscription_id}", operation_id="update_subscription")
async def update_subscription(
    services: CurrentServices,
    caller: CurrentCaller,
    subscription_id: SubscriptionId,
    body: models.UpdateSubscription,
) -> models.Subscription:
    """Change a subscription, or enable it again; what is not sent stays."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update(session, caller, services.encryption, subscription_id, body)


@router.delete(
    "/v1/subscriptions/{subscription_id}", operation_id="delete_subscription", status_code=status.HTTP_204_NO_CONTENT
)
async def delete_subscription(
    services: CurrentServices, caller: CurrentCaller, subscription_id: SubscriptionId
) -> None:
    """Delete a subscription and its log."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete(session, caller, subscription_id)


@router.post("/v1/subscriptions/{subscription_id}/rotate", operation_id="rotate_subscription_secret")
async def rotate_subscription_secret(
    services: CurrentServices, caller: CurrentCaller, subscription_id: SubscriptionId
) -> models.SubscriptionWithSecret:
    """Sign with another secret; for a day everything bears the signature of the one before, too."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.rotate(session, caller, services.encryption, subscription_id)


@router.post(
    "/v1/subscriptions/{subscription_id}/test", operation_id="test_subscription", status_code=status.HTTP_202_ACCEPTED
)
async def test_subscription(
    services: CurrentServices, caller: CurrentCaller, subscription_id: SubscriptionId
) -> models.Callback:
    """Send a test; the log tells what becomes of it."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.try_out(session, caller, subscription_id)


@router.get("/v1/subscriptions/{subscription_id}/deliveries", operation_id="list_callbacks")
async def list_callbacks(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    subscription_id: SubscriptionId,
    delivery_status: Annotated[
        models.DeliveryStatus | None, Query(alias="status", description="Only those with this status.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.CallbackPage:
    """What was sent and what became of it, the newest first; kept for 30 days."""
    async with services.database.tenant(workspace) as session:
        return await service.list_callbacks(
            session, subscription_id, status=delivery_status, cursor=cursor, limit=limit
        )


@router.post(
    "/v1/subscriptions/{subscription_id}/deliveries/{delivery_id}/redeliver",
    operation_id="redeliver_callback",
    status_code=status.HTTP_202_ACCEPTED,
)
async def redeliver_callback(
    services: CurrentServices, caller: CurrentCaller, subscription_id: SubscriptionId, delivery_id: DeliveryId
) -> models.Callback:
    """Send something once more, under the same message id."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.redeliver(session, caller, subscription_id, delivery_id)
