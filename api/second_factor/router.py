"""Routes of the second factor."""

from fastapi import status

from api.access.caller import CallerKind, CurrentCaller
from api.access.person import CurrentPerson
from api.errors import RequestError
from api.requests import router as feature_router
from api.second_factor import policy, service
from api.second_factor.models import (
    BeginSecondFactor,
    ChangePolicy,
    ConfirmSecondFactor,
    NewSecondFactor,
    ProveSecondFactor,
    RecoveryCodes,
    ResetSecondFactor,
    SecondFactorPolicy,
    SecondFactorState,
)
from api.services import CurrentServices
from schemas.errors import ErrorCode

router = feature_router("second factor")


@router.get("/v1/me/second-factor", operation_id="get_second_factor")
async def get_second_factor(services: CurrentServices, person: CurrentPerson) -> SecondFactorState:
    """Whether one has a second factor, and how many recovery codes are left."""
    return await service.get_state(services, person)


@router.post("/v1/me/second-factor/begin", operation_id="begin_second_factor")
async def begin_second_factor(
    services: CurrentServices, person: CurrentPerson, body: BeginSecondFactor
) -> NewSecondFactor:
    """Get a secret for an authenticator. It is asked for only once a code of it has confirmed it."""
    return await service.begin(services, person, body.password)


@router.post("/v1/me/second-factor/confirm", operation_id="confirm_second_factor")
async def confirm_second_factor(
    services: CurrentServices, person: CurrentPerson, body: ConfirmSecondFactor
) -> RecoveryCodes:
    """Turn the second factor on with a first code. Ends all other sessions, which were opened without it."""
    return await service.confirm(services, person, body.code)


@router.post("/v1/me/second-factor/recovery-codes", operation_id="renew_recovery_codes")
async def renew_recovery_codes(
    services: CurrentServices, person: CurrentPerson, body: ProveSecondFactor
) -> RecoveryCodes:
    """Get other recovery codes; those from before are worthless."""
    return await service.renew_recovery_codes(services, person, body)


@router.post(
    "/v1/me/second-factor/disable", operation_id="disable_second_factor", status_code=status.HTTP_204_NO_CONTENT
)
async def disable_second_factor(services: CurrentServices, person: CurrentPerson, body: ProveSecondFactor) -> None:
    """Turn the second factor off."""
    await service.disable(services, person, body)


@router.post("/v1/second-factor/reset", operation_id="reset_second_factor", status_code=status.HTTP_204_NO_CONTENT)
async def reset_second_factor(services: CurrentServices, caller: CurrentCaller, body: ResetSecondFactor) -> None:
    """Turn off the second factor of somebody who has lost it. Only with the operator's token."""
    if caller.kind is not CallerKind.OPERATOR:
        raise RequestError(ErrorCode.FORBIDDEN, "Only the operator's token (PERDURE_API_TOKEN) can reset an account.")
    await service.reset(services, caller.actor, body.email)


@router.get("/v1/workspace/second-factor", operation_id="get_second_factor_policy")
async def get_policy(services: CurrentServices, caller: CurrentCaller) -> SecondFactorPolicy:
    """Whether the workspace asks its members for a second factor."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await policy.get_policy(session, caller)


@router.put("/v1/workspace/second-factor", operation_id="change_second_factor_policy")
async def change_policy(services: CurrentServices, caller: CurrentCaller, body: ChangePolicy) -> SecondFactorPolicy:
    """Ask the members for a second factor, or no longer.

    Who has none can set it up, and do nothing else until then; nor can the keys that they have made.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        answer = await policy.change_policy(session, caller, required=body.required)
    services.directory.forget()
    return answer
