"""Routes of signing in at a provider; open to everybody."""

from typing import Annotated, Final

from fastapi import Cookie, Query, Response

from api.identity.answers import signed_in
from api.identity.client import COOKIE_PATH, CurrentClient
from api.identity.models import SignedIn
from api.requests import router as feature_router
from api.services import CurrentServices
from api.sign_on import login
from api.sign_on.models import BeginSignOn, BegunSignOn, FinishSignOn, LoginProviders

router = feature_router("sign-in")

_COOKIE: Final = "perdure_sign_on"


@router.get("/v1/auth/providers", operation_id="list_login_providers")
async def list_providers(
    services: CurrentServices,
    workspace: Annotated[
        str | None, Query(max_length=100, description="Slug; the installation's own workspace by default.")
    ] = None,
) -> LoginProviders:
    """The buttons of the sign-in page."""
    return await login.providers(services, workspace)


@router.post("/v1/auth/sign-on", operation_id="begin_sign_on")
async def begin(services: CurrentServices, client: CurrentClient, body: BeginSignOn, response: Response) -> BegunSignOn:
    """Begin to sign in at a provider. The web app gets a cookie, without which the answer counts for nobody."""
    begun = await login.begin(services, body.provider_id)
    seconds = int(login.LASTS.total_seconds())
    if client.is_web:
        _keep(response, begun.browser, seconds, secure=client.is_secure)
    return BegunSignOn(
        url=begun.url, state=begun.state, browser=None if client.is_web else begun.browser, expires_in=seconds
    )


@router.post("/v1/auth/sign-on/finish", operation_id="finish_sign_on")
async def finish(
    services: CurrentServices,
    client: CurrentClient,
    body: FinishSignOn,
    response: Response,
    perdure_sign_on: Annotated[str | None, Cookie(max_length=500, include_in_schema=False)] = None,
) -> SignedIn:
    """Sign in with what the provider has sent the browser back with; it works once."""
    browser = perdure_sign_on if client.is_web else body.browser
    opened = await login.finish(services, client, body, browser)
    if client.is_web:
        _keep(response, "", 0, secure=client.is_secure)
    return signed_in(services, client, response, opened)


def _keep(response: Response, value: str, seconds: int, *, secure: bool) -> None:
    response.set_cookie(
        _COOKIE, value, max_age=seconds, path=COOKIE_PATH, secure=secure, httponly=True, samesite="strict"
    )
