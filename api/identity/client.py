"""The client of a request that may not be signed in yet: where it is, and whether it is the web app.

The web app says so by a header that no foreign page can send without being asked first (CORS). Only with that header is
the refresh token kept in, and taken from, a cookie; so a forged form or image cannot use the cookie of a visitor.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Request, Response

from api.access.authentication import client_address
from api.errors import RequestError
from schemas.errors import ErrorCode

COOKIE_PATH: Final = "/v1/auth"
_COOKIE: Final = "perdure_refresh"
_SECURE_COOKIE: Final = "__Secure-perdure_refresh"
_WEB: Final = "web"


@dataclass(frozen=True)
class Client:
    """Facts of a request."""

    address: str
    user_agent: str
    request_id: str
    is_web: bool
    is_secure: bool
    cookie: str | None
    """Refresh token that the browser keeps."""

    def refresh_token(self, from_body: str | None) -> str | None:
        """The refresh token of the request, from its body or from the cookie of the web app.

        Raises:
            RequestError: `forbidden` if there is a cookie, but not the header that proves who sent it.
        """
        if from_body is not None:
            return from_body
        if self.cookie is not None and not self.is_web:
            raise RequestError(ErrorCode.FORBIDDEN, "With the cookie, send the header 'X-Perdure-Client: web' too.")
        return self.cookie

    def keep(self, response: Response, token: str, seconds: int) -> str | None:
        """Give the refresh token to the client: to the web app as a cookie, to a program as what is returned."""
        if not self.is_web:
            return token
        self._set_cookie(response, token, seconds)
        return None

    def drop(self, response: Response) -> None:
        """Take the cookie away again."""
        if self.cookie is not None:
            self._set_cookie(response, "", 0)

    def _set_cookie(self, response: Response, value: str, seconds: int) -> None:
        response.set_cookie(
            _SECURE_COOKIE if self.is_secure else _COOKIE,
            value,
            max_age=seconds,
            path=COOKIE_PATH,
            secure=self.is_secure,
            httponly=True,
            samesite="strict",
        )


async def _client(
    request: Request,
    x_perdure_client: Annotated[
        str | None, Header(max_length=50, description="`web`: keep the refresh token in a cookie.", examples=["web"])
    ] = None,
) -> Client:
    is_secure = request.scope.get("scheme") == "https"
    return Client(
        address=client_address(request.scope),
        user_agent=request.headers.get("user-agent", "").encode("ascii", "replace").decode()[:300],
        request_id=request.scope["request_id"],
        is_web=x_perdure_client == _WEB,
        is_secure=is_secure,
        cookie=request.cookies.get(_SECURE_COOKIE if is_secure else _COOKIE) or None,
    )


CurrentClient = Annotated[Client, Depends(_client)]
"""Parameter type of a route that is open to everybody."""
