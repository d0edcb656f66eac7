"""Requests and answers about the second factor."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.access.emails import MAX_CHARS
from api.identity.models import Body, Password

Code = Annotated[str, Field(min_length=1, max_length=64, examples=["492039"])]


class SecondFactorState(BaseModel):
    """Whether the caller has a second factor."""

    enabled: bool = Field(description="Whether a code is asked for at sign-in.")
    confirmed_at: datetime | None = Field(description="Since when.")
    recovery_codes_left: int = Field(description="Recovery codes that were not used yet.")
    required: bool = Field(description="Whether the workspace asks for one; without it the caller can only set it up.")


class BeginSecondFactor(Body):
    """Body of the beginning of the set-up."""

    password: Password | None = Field(default=None, description="Left out by an account that has none.")


class NewSecondFactor(BaseModel):
    """What an authenticator needs. Shown only here."""

    secret: str = Field(description="To type in.", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    uri: str = Field(
        description="To show as a QR code.",
        examples=["otpauth://totp/Perdure:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Perdure"],
    )


class ConfirmSecondFactor(Body):
    """Body of the end of the set-up."""

    code: Code = Field(description="That the authenticator shows now.")


class ProveSecondFactor(Body):
    """Body of changes that need both factors."""

    password: Password | None = Field(default=None, description="Left out by an account that has none.")
    code: Code = Field(description="Of the authenticator, or a recovery code.")


class RecoveryCodes(BaseModel):
    """Each of them takes the place of one code of the authenticator. Shown only here."""

    recovery_codes: list[str] = Field(examples=[["k7m2-q9xd-3hta-zw5n"]])


class ResetSecondFactor(Body):
    """Body of a reset by the operator."""

    email: str = Field(max_length=MAX_CHARS, description="Of the person who has lost authenticator and codes.")


class SecondFactorPolicy(BaseModel):
    """What the workspace asks of its members."""

    required: bool = Field(description="Members without a second factor can do nothing but set it up.")
    members_without: int = Field(description="Members who have none.")


class ChangePolicy(Body):
    """Body of a change of the policy."""

    required: bool
