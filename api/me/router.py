"""Routes of the caller's own account."""

from fastapi import status

from api.access.caller import CurrentCaller
from api.access.person import CurrentPerson
from api.me import service
from api.me.models import ChangePassword, Me, UpdateMe
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("account")


@router.get("/v1/me", operation_id="get_me")
async def get_me(services: CurrentServices, caller: CurrentCaller) -> Me:
    """Who calls: a person, a key or the operator; where, and with which permissions."""
    return await service.get_me(services, caller)


@router.patch("/v1/me", operation_id="update_me")
async def update_me(services: CurrentServices, person: CurrentPerson, body: UpdateMe) -> Me:
    """Change the own name."""
    await service.update_me(services, person, body)
    return await service.get_me(services, person.caller)


@router.post("/v1/me/password", operation_id="change_password", status_code=status.HTTP_204_NO_CONTENT)
async def change_password(services: CurrentServices, person: CurrentPerson, body: ChangePassword) -> None:
    """Change the own password. All other sessions of the account end."""
    await service.change_password(services, person, body)
