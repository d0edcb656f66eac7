"""Proof that somebody who is not signed in is the person of an account.

Who was removed from their last workspace cannot sign in anywhere, and still must be able to accept an invitation. An
account that a provider or a directory has made has no password at all: anybody can have one made for any address. Who
opens the link in the mail of an invitation owns the mailbox, and chooses a password; whoever else has the link, such as
the one who has made it, does not.
"""

import base64
import binascii
from uuid import UUID

from api.access import passwords
from api.access.opaque_tokens import digest, same
from api.access.throttle import account_limit, address_limit, attempt_succeeded, begin_attempt, user_limit
from api.errors import RequestError
from api.identity.client import Client
from api.invitations.models import AcceptInvitation
from api.second_factor.verification import verify_second_factor
from api.services import Services
from db.tables import Invitation, User
from engine.secrets import Encryption
from engine.secrets.purposes import INVITATION_MAIL
from schemas.errors import ErrorCode, PerdureError

_MARK = "."
"""Between the token that everybody is shown and what only the mail says."""


def mailed_token(encryption: Encryption, workspace_id: UUID, invitation_id: UUID, token: str) -> str:
    """The token of an invitation as only its mail says it."""
    proof = encryption.encrypt(INVITATION_MAIL, workspace_id, invitation_id, digest(token))
    return f"{token}{_MARK}{base64.urlsafe_b64encode(proof).decode().rstrip('=')}"


def plain_token(text: str) -> str:
    """The token without what only the mail says."""
    return text.partition(_MARK)[0]


def may_choose_password(encryption: Encryption, invitation: Invitation, user: User, text: str) -> bool:
    """Whether somebody who has opened the mail may give an account its first password."""
    if user.password_hash is not None or user.totp_confirmed_at is not None:
        return False
    return is_from_mail(encryption, invitation, text)


def is_from_mail(encryption: Encryption, invitation: Invitation, text: str) -> bool:
    """Whether somebody has opened the mail of an invitation, so that the mailbox is theirs."""
    token, _, proof = text.partition(_MARK)
    if not proof:
        return False
    try:
        sealed = base64.b64decode(proof + "=" * (-len(proof) % 4), altchars=b"-_", validate=True)
        said = encryption.decrypt(INVITATION_MAIL, invitation.workspace_id, invitation.id, sealed)
    except (PerdureError, ValueError, binascii.Error):
        return False
    return same(digest(token), said)


async def prove_account(services: Services, client: Client, user: User, body: AcceptInvitation) -> None:
    """Check password and second factor of an account as a sign-in does, under the same limits.

    Raises:
        PerdureError: `unauthenticated`, `rate_limited`.
    """
    if body.password is None:
        raise RequestError(ErrorCode.UNAUTHENTICATED, f"{user.email} has an account; sign in as it, then accept.")
    limits = (account_limit(user.email), address_limit(client.address))
    await begin_attempt(services.database, *limits)
    right = await passwords.is_right(body.password.get_secret_value(), user.password_hash)
    if not right or user.disabled_at is not None:
        raise RequestError(ErrorCode.UNAUTHENTICATED, f"This is not the password of the account of {user.email}.")
    await attempt_succeeded(services.database, *limits)
    if user.totp_confirmed_at is not None:
        await _prove_second_factor(services, client, user, body.code)


async def _prove_second_factor(services: Services, client: Client, user: User, code: str | None) -> None:
    if code is None:
        message = "The account has a second factor; send a code of it too."
        raise RequestError(ErrorCode.UNAUTHENTICATED, message, details={"second_factor_required": True})
    limits = (user_limit("second-factor", user.id), address_limit(client.address))
    await begin_attempt(services.database, *limits)
    async with services.database.identity() as session:
        # Used up even if the invitation cannot be accepted after all: a code that was sent is spent.
        proof = await verify_second_factor(session, services.encryption, user.id, code)
    if proof is None:
        raise RequestError(ErrorCode.UNAUTHENTICATED, "The code is wrong or was used before; wait for the next one.")
    await attempt_succeeded(services.database, *limits)
