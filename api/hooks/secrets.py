"""What is secret about a hook: the end of its address, and what its sender signs with; sealed in its row."""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.errors import RequestError
from db.hook_keys import HookKey
from db.tables import Hook
from engine.hook_signatures import standard_key
from engine.secrets import Encryption
from engine.secrets.purposes import HOOK
from schemas.errors import ErrorCode
from schemas.hooks import Signature

OVERLAP: Final = timedelta(hours=24)
"""How long what was signed with the secret before is taken too."""


@dataclass(frozen=True)
class HookSecrets:
    """The secrets of a hook."""

    key: str
    """As it stands in the address."""
    secret: str | None = None
    previous: str | None = None
    previous_until: float = 0.0

    def accepted(self) -> list[str]:
        """Secrets that count now."""
        old = [self.previous] if self.previous and datetime.now(UTC).timestamp() < self.previous_until else []
        return [one for one in (self.secret, *old) if one]

    def renewed(self, secret: str) -> "HookSecrets":
        """The same with another secret; the one before counts a while longer."""
        until = (datetime.now(UTC) + OVERLAP).timestamp()
        return HookSecrets(self.key, secret, self.secret, until)


def read_secrets(encryption: Encryption, hook: Hook) -> HookSecrets:
    """The secrets in a row.

    Raises:
        PerdureError: `missing_credential` if they cannot be read.
    """
    return HookSecrets(**json.loads(encryption.decrypt(HOOK, hook.workspace_id, hook.id, hook.sealed)))


def write_secrets(encryption: Encryption, hook: Hook, found: HookSecrets) -> None:
    """Put secrets into a row."""
    key = HookKey.parse(found.key)
    if key is None:
        raise AssertionError("a hook has an address")
    hook.key_hash = key.digest
    hook.sealed = encryption.encrypt(HOOK, hook.workspace_id, hook.id, json.dumps(vars(found)).encode())


def chosen_secret(style: Signature, given: str | None) -> str | None:
    """The secret that a sender signs with: the given one, or a new one; none where nothing is signed.

    Raises:
        RequestError: `invalid_request`.
    """
    if style is Signature.NONE:
        if given is not None:
            message = "`secret` goes with a signature; choose one in `settings.signature`."
            raise RequestError(ErrorCode.INVALID_REQUEST, message)
        return None
    if given is None:
        return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    try:
        if style is Signature.STANDARD and len(standard_key(given)) < 8:
            raise ValueError("it is too short")
    except ValueError as error:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"`secret` cannot be used: {error}.") from None
    return given
