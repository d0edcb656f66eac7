"""Requests and answers about signing in at an identity provider."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, SecretStr, StringConstraints

from api.access.emails import comparable
from api.identity.models import Body
from schemas.roles import Role

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
Trimmed = Annotated[str, StringConstraints(strip_whitespace=True)]
ExternalName = Annotated[Trimmed, Field(min_length=1, max_length=300)]
Scope = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$")]
Domain = Annotated[Trimmed, Field(min_length=1, max_length=253, pattern=r"^[^@\s]+$"), AfterValidator(comparable)]


class ProviderBody(Body):
    """Settings of a provider."""

    name: Annotated[Trimmed, Field(min_length=1, max_length=60, pattern=r"\S")] = Field(
        description="Stands on its button on the sign-in page.", examples=["Acme"]
    )
    issuer: Annotated[Trimmed, Field(min_length=1, max_length=500)] = Field(
        description="Exactly as the provider writes it; `/.well-known/openid-configuration` follows it.",
        examples=["https://login.example.com/realms/acme"],
    )
    client_id: Annotated[Trimmed, Field(min_length=1, max_length=300)]
    client_secret: SecretStr | None = Field(
        default=None, max_length=2_000, description="Left out: stays as it is. Empty: none, for a public client."
    )
    scopes: list[Scope] = Field(default=["openid", "profile", "email"], max_length=30)
    algorithms: list[Algorithm] = Field(
        default=["RS256"], min_length=1, max_length=11, description="What ID tokens may be signed with."
    )
    domains: list[Domain] = Field(
        default=[], max_length=50, description="Only people with such e-mail addresses may come in; none: all."
    )
    groups_claim: Trimmed = Field(
        default="groups", max_length=200, description="Claim that lists the groups; empty: groups are left alone."
    )
    trust_email: bool = Field(
        default=False,
        description="Addresses count as verified although the provider does not say so. Only for one that gives out "
        "no address that it has not checked.",
    )
    create_accounts: bool = Field(default=True, description="Whoever signs in for the first time becomes a member.")
    enabled: bool = True


class Provider(BaseModel):
    """An identity provider."""

    id: UUID
    name: str
    issuer: str
    client_id: str
    has_secret: bool
    scopes: list[str]
    algorithms: list[Algorithm]
    domains: list[str]
    groups_claim: str
    trust_email: bool
    create_accounts: bool
    enabled: bool
    people: int = Field(description="How many have signed in there.")
    created_at: datetime
    updated_at: datetime


class Mapping(Body):
    """What being in a group of the company means here."""

    external: ExternalName = Field(
        description="The group, as the claim or the directory names it.", examples=["perdure-admins"]
    )
    role: Role | None = Field(default=None, description="Role of its people, unless another group gives more.")
    group_id: UUID | None = Field(default=None, description="Group here that its people are in.")


class ReplaceMappings(Body):
    """All mappings, in place of those that there are."""

    mappings: list[Mapping] = Field(max_length=500)


class GroupMapping(BaseModel):
    """What being in a group of the company means here."""

    external: str
    role: Role | None
    group_id: UUID | None
    group_name: str | None


class SignOn(BaseModel):
    """How people come into the workspace from the company."""

    required: bool = Field(description="Only owners may come in otherwise than by a provider.")
    default_role: Role = Field(description="Of people whom no mapping gives a role.")
    redirect_uri: str = Field(description="To be registered at the provider.")
    scim_url: str = Field(description="Base address for the directory.")
    login_path: str = Field(description="Sign-in page of the workspace, with the buttons of its providers.")
    providers: list[Provider]
    mappings: list[GroupMapping]


class UpdateSignOn(Body):
    """Body of a change; what is left out stays."""

    required: bool | None = None
    default_role: Role | None = None


class ProviderTest(BaseModel):
    """What came of asking a provider."""

    ok: bool
    problems: list[str] = Field(description="What is wrong, each in a sentence.")
    authorization_endpoint: str | None
    token_endpoint: str | None
    keys: int = Field(description="Public keys that sign.")
    algorithms: list[str] = Field(description="What the provider says that it signs with.")


class LoginProvider(BaseModel):
    """A button of the sign-in page."""

    id: UUID
    name: str


class LoginProviders(BaseModel):
    """The ways into a workspace."""

    items: list[LoginProvider]
    required: bool = Field(description="There is no other way, but for owners.")


class BeginSignOn(Body):
    """Body of the beginning of a sign-in."""

    provider_id: UUID


class BegunSignOn(BaseModel):
    """A sign-in that goes on at the provider."""

    url: str = Field(description="Where the person signs in.")
    state: str = Field(description="Comes back with the code.")
    browser: str | None = Field(
        description="Send it with the code: it proves that the same client asks. Null for the web app, which has a "
        "cookie."
    )
    expires_in: int = Field(description="Seconds.")


class FinishSignOn(Body):
    """Body of the end of a sign-in: what the provider has sent the browser back with."""

    state: str = Field(min_length=1, max_length=500)
    code: str = Field(min_length=1, max_length=4_000)
    iss: str | None = Field(default=None, max_length=1_000, description="If the provider names itself.")
    browser: str | None = Field(default=None, max_length=500, description="Left out by the web app.")
