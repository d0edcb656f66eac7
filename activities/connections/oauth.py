"""OAuth 2 with a provider: requests are made by Authlib, and leave through the guarded client like all others."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oauth2.rfc7009 import prepare_revoke_token_request

from activities.egress import Egress, EgressRequest, EgressResponse
from activities.text import clean_text
from schemas.connections.providers import Endpoints
from schemas.errors import ErrorCode, PerdureError

SECONDS: Final = 15.0
MAX_ANSWER: Final = 100_000
_ANY_STATUS: Final = frozenset(range(100, 600))
_GONE: Final = (
    *("invalid_grant", "interaction_required"),
    *("bad_refresh_token", "bad_verification_code"),  # of GitHub
    *("invalid_refresh_token", "token_revoked", "invalid_code", "code_already_used"),  # of Slack
)
"""What providers call a code or a refresh token that is good for nothing any more."""

_ENDED: Final = ("token_revoked", "account_inactive")
"""Of Slack, for a token whose access has ended before."""
_MAX_LIFETIME: Final = 10 * 365 * 86_400


@dataclass(frozen=True)
class OAuthApp:
    """An OAuth client at a provider."""

    client_id: str
    client_secret: str | None = field(repr=False)
    endpoints: Endpoints


@dataclass(frozen=True)
class Tokens:
    """What a provider gave."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_in: float | None = None
    scopes: tuple[str, ...] = ()
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def stored(self) -> bytes:
        """As they are sealed."""
        return json.dumps({"access_token": self.access_token, "refresh_token": self.refresh_token}).encode()

    def values(self) -> list[str]:
        """Every secret among them."""
        return [self.access_token, *([self.refresh_token] if self.refresh_token else [])]

    @classmethod
    def of(cls, stored: bytes) -> "Tokens":
        """The tokens that were sealed."""
        found = json.loads(stored)
        return cls(found["access_token"], found.get("refresh_token"))


class GrantRefusedError(PerdureError):
    """The provider does not accept the code or the refresh token: only a person can connect again."""

    def __init__(self, error: str) -> None:
        message = f"The provider does not accept what it was shown ({clean_text(error)[:100]}); connect again."
        super().__init__(ErrorCode.AUTH_FAILED, message, details={"error": clean_text(error)[:100]})


class OAuth:
    """Talks to token endpoints.

    Args:
        egress: The only way out.
    """

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def exchange(self, app: OAuthApp, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Tokens for the code of a sign-in.

        Raises:
            PerdureError: `auth_failed` if it is not accepted; what `Egress.send` raises.
        """
        proof = {"code_verifier": verifier} if app.endpoints.pkce else {}
        return await self._granted(app, "authorization_code", redirect_uri=redirect_uri, code=code, **proof)

    async def refresh(self, app: OAuthApp, refresh_token: str) -> Tokens:
        """New tokens for a refresh token; without a new refresh token the old one stays good.

        Raises:
            PerdureError: as `exchange`.
        """
        fresh = await self._granted(app, "refresh_token", refresh_token=refresh_token)
        kept = fresh.refresh_token or refresh_token
        return Tokens(fresh.access_token, kept, fresh.expires_in, fresh.scopes, fresh.answer)

    async def own(self, app: OAuthApp, scopes: Sequence[str]) -> Tokens:
        """An access token of the client itself; a refresh token that comes with it has no use.

        Raises:
            PerdureError: as `exchange`.
        """
        asked = {**app.endpoints.token_parameters, "scope": app.endpoints.scope_separator.join(scopes)}
        given = await self._granted(
            app, "client_credentials", **{name: value for name, value in asked.items() if value}
        )
        return replace(given, refresh_token=None)

    async def revoke(self, app: OAuthApp, tokens: Tokens) -> bool:
        """Take access back; false if the provider has no way to do that.

        Raises:
            PerdureError: `upstream_failed` if the provider does not say that the access has ended, and what
                `Egress.send` raises, so that it is tried again.
        """
        url = app.endpoints.revoke_url
        match app.endpoints.revocation if url is not None else "none":
            case "rfc7009":
                for hint, token in (("refresh_token", tokens.refresh_token), ("access_token", tokens.access_token)):
                    if token is not None:
                        await self._revoke(app, str(url), token, hint)
            case "bearer":
                answer = await self._send("POST", str(url), {"authorization": f"Bearer {tokens.access_token}"}, "")
                _check_ended(answer, said=_json(answer))
            case "github":
                headers = {"content-type": "application/json", "accept": "application/vnd.github+json"}
                address = str(url).replace("{client_id}", quote(app.client_id, safe=""))
                body = json.dumps({"access_token": tokens.access_token})
                proof = ClientAuth(app.client_id, app.client_secret or "", "client_secret_basic")
                answer = await self._send("DELETE", *_prepared(proof, "DELETE", address, headers, body))
                # GitHub knows no such grant any more.
                _check_ended(answer, fine=answer.status == 404)
            case _:
                return False
        return True

    async def account(self, url: str, fields: tuple[str, ...], tokens: Tokens) -> str | None:
        """Whose account it is, if the provider says so; only for people to read."""
        headers = {"authorization": f"Bearer {tokens.access_token}", "accept": "application/json"}
        try:
            answer = _json(await self._send("GET", url, headers, ""))
        except PerdureError:
            return None
        known = [clean_text(answer[name]) for name in fields if isinstance(answer.get(name), str)]
        return " / ".join(known)[:200] or None

    async def _revoke(self, app: OAuthApp, url: str, token: str, hint: str) -> None:
        body, headers = prepare_revoke_token_request(token, hint)
        answer = await self._send("POST", *self._authenticated(app, url, headers, body))
        over = ("invalid_token",) if hint == "refresh_token" else ("invalid_token", "unsupported_token_type")
        _check_ended(answer, fine=answer.status == 400 and _json(answer).get("error") in over)

    async def _granted(self, app: OAuthApp, grant: str, redirect_uri: str = "", **parameters: str) -> Tokens:
        body = prepare_token_request(grant, "", redirect_uri or None, **parameters)
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        url = app.endpoints.token_url
        return _tokens(await self._send("POST", *self._authenticated(app, url, headers, body)))

    def _authenticated(
        self, app: OAuthApp, url: str, headers: dict[str, str], body: str
    ) -> tuple[str, dict[str, str], str]:
        method = app.endpoints.client_authentication if app.client_secret else "none"
        proof = ClientAuth(app.client_id, app.client_secret, method)
        return _prepared(proof, "POST", url, headers, body)

    async def _send(self, method: str, url: str, headers: dict[str, str], body: str) -> EgressResponse:
        request = EgressRequest(
            method,
            url,
            headers={name.lower(): value for name, value in headers.items()},
            body=body.encode() or None,
            expect=_ANY_STATUS,
            timeout=SECONDS,
            max_bytes=MAX_ANSWER,
            follow_redirects=False,
            secret_body=True,
        )
        return await self._egress.send(request)


def _prepared(
    proof: ClientAuth, method: str, url: str, headers: dict[str, str], body: str
) -> tuple[str, dict[str, str], str]:
    """Address, headers and body with the proof of who asks."""
    prepared: tuple[str, dict[str, str], str] = proof.prepare(  # type: ignore[no-untyped-call]
        method, url, headers, body
    )
    return prepared


def _check_ended(response: EgressResponse, *, fine: bool = False, said: Mapping[str, Any] | None = None) -> None:
    """Refuse an answer that does not say that access was taken back.

    Args:
        response: The answer.
        fine: Whether it says so in the provider's own way.
        said: Its body, if failures are told there under a good status.

    Raises:
        PerdureError: `upstream_failed`.
    """
    fault = clean_text((said or {}).get("error", ""))[:100]
    failed = said is not None and (said.get("ok") is False or said.get("revoked") is False)
    if fine or (200 <= response.status < 300 and (not failed or fault in _ENDED)):
        return
    told = f"answered {response.status}{f' ({fault})' if fault else ''}"
    raise PerdureError(ErrorCode.UPSTREAM_FAILED, f"The provider {told} to the revocation.")


def _tokens(response: EgressResponse) -> Tokens:
    """The tokens of an answer.

    Raises:
        GrantRefusedError: what was shown is good for nothing any more.
        PerdureError: `auth_failed` if they are refused for another reason, such as the client's secret, which people
            may mend; `upstream_failed` if it is unclear.
    """
    answer = _json(response)
    if response.status >= 500 or response.status == 429:
        text = f"The provider answered {response.status} instead of giving tokens."
        raise PerdureError(ErrorCode.UPSTREAM_FAILED, text, details={"status": response.status})
    error = answer.get("error")
    if error in ("temporarily_unavailable", "server_error", "ratelimited", "slow_down"):
        raise PerdureError(ErrorCode.UPSTREAM_FAILED, f"The provider gives no tokens at the moment ({error}).")
    if error in _GONE:
        raise GrantRefusedError(str(error))
    access = answer.get("access_token")
    if error or response.status >= 400 or not isinstance(access, str) or not access:
        said = clean_text(str(error or f"status {response.status}"))[:100]
        text = f"The provider gives no tokens ({said}); look whether the OAuth client is what it expects."
        raise PerdureError(ErrorCode.AUTH_FAILED, text, details={"error": said})
    refresh, scope = answer.get("refresh_token"), answer.get("scope")
    return Tokens(
        access_token=access,
        refresh_token=refresh if isinstance(refresh, str) and refresh else None,
        expires_in=_seconds(answer.get("expires_in")),
        scopes=tuple(scope.replace(",", " ").split()) if isinstance(scope, str) else (),
        answer=answer,
    )


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < _MAX_LIFETIME else None


def _json(response: EgressResponse) -> dict[str, Any]:
    """The object that was answered; some providers answer a form."""
    try:
        found = json.loads(response.body)
    except ValueError:
        found = dict(parse_qsl(response.body.decode("utf-8", "replace")))
    return found if isinstance(found, dict) else {}
