"""Routes of the set-up of a fresh installation."""

from fastapi import Request, Response, status

from api.identity import setup
from api.identity.answers import signed_in
from api.identity.client import CurrentClient
from api.identity.models import SetUp, SetupState, SignedIn
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("set-up")


def _is_local(request: Request) -> bool:
    return setup.is_local(request.scope, request.app.state.listens_on)


@router.get("/v1/setup", operation_id="get_setup")
async def get_setup(services: CurrentServices, request: Request) -> SetupState:
    """Whether the installation has an owner, and what it takes to become it."""
    return SetupState(done=await setup.is_done(services), ticket_required=not _is_local(request))


@router.post("/v1/setup", operation_id="set_up", status_code=status.HTTP_201_CREATED)
async def set_up(
    services: CurrentServices, client: CurrentClient, body: SetUp, request: Request, response: Response
) -> SignedIn:
    """Become the owner of a fresh installation. Works once."""
    opened = await setup.set_up(services, client, body, local=_is_local(request))
    return signed_in(services, client, response, opened)
