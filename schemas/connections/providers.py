"""The providers that are known, as data: endpoints, peculiarities and the actions that come with each."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from schemas.connections.actions import ConnectionAction
from schemas.connections.catalogue import github, google, microsoft, slack
from schemas.document import Strict

CUSTOM: Final = "custom"
"""Any other provider: its endpoints come with the OAuth client, its actions from an API description."""

_OURS: Final = frozenset(
    {
        *(
            "grant_type",
            "response_type",
            "response_mode",
            "client_id",
            "client_secret",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
        ),
        *("code_challenge", "code_challenge_method", "code_verifier", "request", "request_uri"),
    }
)
"""Parameters of a sign-in or a request for a token on which its safety rests: nobody else sets them."""

CALLBACK_PATH: Final = "/connections/callback"
"""Page of the web app to which providers send people back."""


def _plain(url: str) -> str:
    host = url.partition("://")[2].partition("/")[0]
    if "@" in host or "?" in url or "#" in url or "\\" in url:
        raise ValueError("write the address without a user, a query or a fragment")
    return url.rstrip("/")


Address = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/?#@\\]+[^\s]*$", max_length=2_000, examples=["https://api.example.com"]),
    AfterValidator(_plain),
]
"""Address of an endpoint."""


class Endpoints(Strict):
    """Where a provider is, and how it wants to be spoken to."""

    grant: Literal["authorization_code", "client_credentials"] = Field(
        default="authorization_code",
        description="`client_credentials`: the client acts for itself, and nobody signs in (RFC 6749, 4.4).",
    )
    authorize_url: Address | None = Field(
        default=None,
        description="Where people give access; needed if people sign in.",
        examples=["https://example.com/authorize"],
    )
    token_url: Address = Field(description="Where tokens are given.")
    revoke_url: Address | None = Field(default=None, description="Where access is taken back; null if there is none.")
    api_url: Address = Field(description="Before the path of every action; tokens are sent nowhere else.")
    issuer: str | None = Field(
        default=None, max_length=2_000, description="Must be named as `iss` by the provider when it sends people back."
    )
    client_authentication: Literal["client_secret_basic", "client_secret_post", "none"] = "client_secret_post"
    revocation: Literal["rfc7009", "bearer", "github", "none"] = Field(
        default="rfc7009", description="`bearer`: the token authenticates its own end; `github`: GitHub's own way."
    )
    scope_separator: Literal[" ", ","] = " "
    pkce: bool = Field(default=True, description="Whether the provider understands PKCE (S256).")
    authorize_parameters: dict[str, str] = Field(
        default_factory=dict, max_length=20, description="Further parameters of the sign-in."
    )

    token_parameters: dict[str, str] = Field(
        default_factory=dict,
        max_length=20,
        description="Further parameters of the request for a token of the client's own, such as `audience`.",
    )

    @model_validator(mode="after")
    def _fits_the_grant(self) -> "Endpoints":
        if self.grant == "client_credentials":
            if self.client_authentication == "none":
                raise ValueError("grant `client_credentials` needs a client that proves who it is")
        elif self.authorize_url is None or self.token_parameters:
            raise ValueError("where people sign in, `authorize_url` is needed, and `token_parameters` have no use")
        return self

    @field_validator("authorize_parameters", "token_parameters")
    @classmethod
    def _further(cls, value: dict[str, str]) -> dict[str, str]:
        if taken := sorted(name for name in value if name.strip().lower() in _OURS):
            raise ValueError(f"{', '.join(taken)}: Perdure sets this itself; leave it out")
        return value


class Provider(Strict):
    """A provider."""

    name: str
    title: str
    description: str
    endpoints: Endpoints | None = Field(description="Null if whoever makes the OAuth client says them.")
    scopes: tuple[str, ...] = Field(default=(), description="What is asked for if nothing else is said.")
    account_path: str | None = Field(default=None, description="Where the API says whose account it is.")
    account_fields: tuple[str, ...] = ()
    ok_field: str | None = Field(
        default=None, description="Field of every answer that is false if the call failed, whatever the status."
    )
    auth_errors: tuple[str, ...] = Field(default=(), description="Of such answers, those that refuse the token.")
    help_url: str = ""
    actions: tuple[ConnectionAction, ...] = ()


_PROVIDERS: Final = (
    Provider(
        name="slack",
        title="Slack",
        description="Messages and channels of a workspace.",
        endpoints=Endpoints(
            authorize_url="https://slack.com/oauth/v2/authorize",
            token_url="https://slack.com/api/oauth.v2.access",  # noqa: S106 - an address
            revoke_url="https://slack.com/api/auth.revoke",
            api_url="https://slack.com/api",
            revocation="bearer",
            scope_separator=",",
            # Slack takes PKCE only of apps that were made public clients, which cannot be undone, and whose refresh
            # tokens end after 30 days (docs.slack.dev/authentication/using-pkce); others have a secret instead.
            pkce=False,
        ),
        scopes=("chat:write", "channels:read", "users:read", "users:read.email"),
        account_path="/auth.test",
        account_fields=("team", "user"),
        ok_field="ok",
        auth_errors=("invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive"),
        help_url="https://api.slack.com/apps",
        actions=slack.ACTIONS,
    ),
    Provider(
        name="google",
        title="Google",
        description="Gmail, Calendar and Drive of an account.",
        endpoints=Endpoints(
            authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
            token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
            revoke_url="https://oauth2.googleapis.com/revoke",
            api_url="https://www.googleapis.com",
            # Without both there is no refresh token, or none the second time.
            authorize_parameters={"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true"},
        ),
        scopes=("openid", "email", "https://www.googleapis.com/auth/gmail.send"),
        account_path="/oauth2/v3/userinfo",
        account_fields=("email",),
        help_url="https://console.cloud.google.com/apis/credentials",
        actions=google.ACTIONS,
    ),
    Provider(
        name="microsoft",
        title="Microsoft 365",
        description="Mail, calendar and Teams through Microsoft Graph.",
        endpoints=Endpoints(
            authorize_url="https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
            token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",  # noqa: S106 - an address
            api_url="https://graph.microsoft.com/v1.0",
            revocation="none",
        ),
        scopes=("offline_access", "User.Read", "Mail.Send"),
        account_path="/me",
        account_fields=("userPrincipalName", "displayName"),
        help_url="https://entra.microsoft.com",
        actions=microsoft.ACTIONS,
    ),
    Provider(
        name="github",
        title="GitHub",
        description="Repositories and issues.",
        endpoints=Endpoints(
            authorize_url="https://github.com/login/oauth/authorize",
            token_url="https://github.com/login/oauth/access_token",  # noqa: S106 - an address
            revoke_url="https://api.github.com/applications/{client_id}/grant",
            api_url="https://api.github.com",
            revocation="github",
        ),
        scopes=("repo",),
        account_path="/user",
        account_fields=("login",),
        help_url="https://github.com/settings/developers",
        actions=github.ACTIONS,
    ),
    Provider(
        name=CUSTOM,
        title="Another provider",
        description="Any API: with OAuth 2 by its endpoints, or with a credential; its actions come from OpenAPI.",
        endpoints=None,
    ),
)

PROVIDERS: Final[Mapping[str, Provider]] = {provider.name: provider for provider in _PROVIDERS}
"""Every provider by name."""
