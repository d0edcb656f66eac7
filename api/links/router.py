"""Routes of links, for programs and for the web app; `api.links.pages` has the page behind a link."""

from api.approvals.models import Approval
from api.identity.client import CurrentClient
from api.links import service
from api.links.models import ConfirmLink, InspectLink, LinkedRequest
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("links")


@router.post("/v1/links/inspect", operation_id="inspect_link")
async def inspect_link(services: CurrentServices, body: InspectLink) -> LinkedRequest:
    """What a link from a message is about. Changes nothing."""
    return await service.inspect(services, body.token)


@router.post("/v1/links/confirm", operation_id="confirm_link")
async def confirm_link(services: CurrentServices, client: CurrentClient, body: ConfirmLink) -> Approval:
    """Answer as the person whom the link is for. A link works once, for some time, and only for that person's answer.

    The answer carries the `digest` of what was shown: if the request has changed since, it is refused.
    """
    return await service.confirm(services, client, body)
