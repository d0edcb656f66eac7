"""HashiCorp Vault by its HTTP API: signs in by token or AppRole, renews its lease, reads KV version 2."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from activities.egress import Egress, EgressRequest, EgressResponse
from schemas.errors import ErrorCode, PerdureError
from schemas.secret_stores import SecretSource, StoreSettings

SECONDS: Final = 10.0
_ANY_STATUS: Final = frozenset(range(100, 600))
_MAX_ANSWER: Final = 1_000_000
_FORBIDDEN: Final = 403


@dataclass(frozen=True)
class _Lease:
    """A token of Vault and until when it is good, by the clock of the process; never is infinite."""

    token: str = field(repr=False)
    begins: float
    ends: float
    renewable: bool

    def is_old(self) -> bool:
        """Whether a third of its time is left at most."""
        return self.ends - time.monotonic() < (self.ends - self.begins) / 3


class HashicorpVault:
    """One Vault as one workspace reaches it.

    Args:
        settings: Where it is and how one signs in.
        proof: The token, or the secret id of the role.
        egress: The only way out.
    """

    def __init__(self, settings: StoreSettings, proof: str, egress: Egress) -> None:
        self._settings = settings
        self._proof = proof
        self._egress = egress
        self._lease: _Lease | None = None
        self._turn = asyncio.Lock()

    async def read(self, source: SecretSource) -> dict[str, Any]:
        """The data of a secret.

        Raises:
            PerdureError: `missing_credential` if there is none, `auth_failed` if Vault does not let us see it;
                `network`, `timeout` or `upstream_failed` if it cannot answer.
        """
        path = f"{self._settings.mount}/data/{source.path}"
        query = f"?version={source.version}" if source.version is not None else ""
        lease = await self._signed_in()
        answer = await self._send("GET", path + query, token=lease.token)
        if answer.status == _FORBIDDEN and self._settings.auth == "approle":
            # The token may have been revoked, or Vault restored from a backup: a new one tells.
            lease = await self._signed_in(instead_of=lease)
            answer = await self._send("GET", path + query, token=lease.token)
        return self._secret(source, answer)

    async def check(self) -> None:
        """Sign in.

        Raises:
            PerdureError: as `read`.
        """
        lease = await self._signed_in()
        answer = await self._send("GET", "auth/token/lookup-self", token=lease.token)
        if answer.status != 200:
            raise self._refusal(answer)

    async def _signed_in(self, instead_of: _Lease | None = None) -> _Lease:
        """A token that is good: the one that is there, renewed in time, or a new one."""
        async with self._turn:
            lease = self._lease
            if lease is not None and lease is not instead_of:
                if not lease.is_old():
                    return lease
                if (renewed := await self._renewed(lease)) is not None:
                    self._lease = renewed
                    return renewed
            self._lease = await self._login()
            return self._lease

    async def _login(self) -> _Lease:
        if self._settings.auth == "token":
            answer = await self._send("GET", "auth/token/lookup-self", token=self._proof)
            if answer.status != 200:
                raise self._refusal(answer)
            found = _json(answer).get("data") or {}
            return _lease(self._proof, found.get("ttl"), found.get("renewable"))
        body = {"role_id": self._settings.role_id, "secret_id": self._proof}
        answer = await self._send("POST", f"auth/{self._settings.auth_mount}/login", body=body)
        given = _json(answer).get("auth") or {}
        if answer.status != 200 or not given.get("client_token"):
            raise self._refusal(answer)
        return _lease(given["client_token"], given.get("lease_duration"), given.get("renewable"))

    async def _renewed(self, lease: _Lease) -> _Lease | None:
        """The same token for longer; nothing if it cannot be renewed any more, or has no more time to win."""
        if not lease.renewable or lease.ends <= time.monotonic():
            return None
        answer = await self._send("POST", "auth/token/renew-self", token=lease.token, body={})
        given = _json(answer).get("auth") or {}
        if answer.status != 200 or not given.get("client_token"):
            return None
        fresh = _lease(given["client_token"], given.get("lease_duration"), given.get("renewable"))
        # Near the end of its greatest life a token is given hardly any more time.
        return fresh if self._settings.auth == "token" or fresh.ends > lease.ends else None

    async def _send(
        self, method: str, path: str, *, token: str | None = None, body: dict[str, Any] | None = None
    ) -> EgressResponse:
        headers = {"x-vault-request": "true", "accept": "application/json"}
        if token is not None:
            headers["x-vault-token"] = token
        if self._settings.namespace:
            headers["x-vault-namespace"] = self._settings.namespace
        where, mark, query = path.partition("?")
        request = EgressRequest(
            method,
            f"{self._settings.address}/v1/{quote(where)}{mark}{query}",
            headers=headers,
            body=None if body is None else json.dumps(body).encode(),
            expect=_ANY_STATUS,
            timeout=SECONDS,
            max_bytes=_MAX_ANSWER,
            follow_redirects=False,
            secret_headers=frozenset({"x-vault-token"}),
            secret_body=True,
        )
        answer = await self._egress.send(request)
        if answer.status >= 500 or answer.status in (412, 429, 472, 473):
            text = f"Vault cannot answer at the moment (status {answer.status})."
            raise PerdureError(ErrorCode.UPSTREAM_FAILED, text, details={"status": answer.status})
        return answer

    def _secret(self, source: SecretSource, answer: EgressResponse) -> dict[str, Any]:
        if answer.status == 404:
            # A deleted version is a 404 with metadata and without data.
            which = "" if source.version is None else f", version {source.version}"
            message = f"Vault has no secret at {self._settings.mount}/{source.path}{which}, or it was deleted."
            raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message)
        data = (_json(answer).get("data") or {}).get("data")
        if answer.status != 200 or not isinstance(data, dict):
            raise self._refusal(answer)
        return data

    def _refusal(self, answer: EgressResponse) -> PerdureError:
        """Its own words are left out: they may name what others keep there."""
        if answer.status in (400, 401, _FORBIDDEN):
            text = f"Vault does not let us in, or not there (status {answer.status}); look at the token or the role."
            return PerdureError(ErrorCode.AUTH_FAILED, text, details={"status": answer.status})
        text = f"Vault answered {answer.status} in a way that is not understood; is this a KV engine of version 2?"
        return PerdureError(ErrorCode.UPSTREAM_REFUSED, text, details={"status": answer.status})


def _lease(token: str, seconds: Any, renewable: Any) -> _Lease:
    now = time.monotonic()
    lasts = float(seconds) if isinstance(seconds, int | float) and seconds > 0 else float("inf")
    return _Lease(token, now, now + lasts, renewable is True)


def _json(answer: EgressResponse) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
