"""A stand-in for an OAuth 2 provider with a small API behind it.

Codes count once and need the verifier of PKCE; refresh tokens rotate, and one that is shown a second time ends the
whole family, as RFC 9700 has it. `POST /oauth/control` changes how the next answers are.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID = "perdure-client"
CLIENT_SECRET = "perdure-client-secret"  # noqa: S105 - of the stand-in


@dataclass
class Control:
    """How the provider behaves; changed by `POST /oauth/control`."""

    lifetime: float | None = 3600.0
    """Seconds of an access token; none without end."""
    rotate: bool = True
    strict_reuse: bool = True
    """Whether a refresh token that is used twice ends its family."""
    grace: bool = False
    """Whether one that is used twice is accepted, as by providers that allow for lost answers."""
    delay: float = 0.0
    """Seconds before a token is given, after the old one is spent."""
    fail: int = 0
    """How many token requests are answered 503."""
    refuse_client: int = 0
    """How many token requests are answered 401, as if the client were unknown."""
    fail_revocations: int = 0
    hang_notes: bool = False
    """Whether the API takes a note and never answers."""
    leak: bool = False
    """Whether the API answers with tokens, cookies and what it was sent."""


@dataclass
class _Grant:
    scope: str
    refresh_token: str = ""
    access_token: str = ""
    ends: float | None = None
    alive: bool = True
    spent: set[str] = field(default_factory=set)
    asked: dict[str, str] = field(default_factory=dict)
    """The request for it, of a client that acts for itself."""


@dataclass(frozen=True)
class _Code:
    redirect_uri: str
    challenge: str | None
    scope: str


class OAuthProvider:
    """Serves the endpoints and remembers what it gave."""

    def __init__(self) -> None:
        self.control = Control()
        self.grants: list[_Grant] = []
        self.posts: list[dict[str, Any]] = []
        self.counts: dict[str, int] = {}
        self._codes: dict[str, _Code] = {}
        self.app = Starlette(
            routes=[
                Route("/oauth/authorize", self._authorize),
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/oauth/revoke", self._revoke, methods=["POST"]),
                Route("/api/applications/{client}/grant", self._end_grant, methods=["DELETE"]),
                Route("/oauth/control", self._steer, methods=["POST"]),
                Route("/oauth/stats", self._stats),
                Route("/api/me", self._me),
                Route("/api/user", self._me),
                Route("/api/notes", self._notes, methods=["GET", "POST"]),
                Route("/api/notes/{note}", self._note, methods=["DELETE"]),
                Route("/api/away", self._away),
                Route("/api/chat.postMessage", self._slack, methods=["POST"]),
            ]
        )

    def live(self) -> list[_Grant]:
        """Grants that were not taken back."""
        return [grant for grant in self.grants if grant.alive]

    async def _authorize(self, request: Request) -> Response:
        """Asks a person, or gives access at once if the query says `consent=yes`."""
        query = request.query_params
        if query.get("client_id") != CLIENT_ID or query.get("response_type") != "code":
            return JSONResponse({"error": "invalid_request"}, 400)
        if query.get("consent") is None:
            again = f"{request.url}&consent="
            return HTMLResponse(
                "<title>Stand-in provider</title><h1>Give access?</h1>"
                f'<p><a id="yes" href="{again}yes">Give access</a> <a id="no" href="{again}no">Refuse</a>'
            )
        answer = {"state": query.get("state", "")}
        if query["consent"] != "yes":
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe(24)
            redirect, challenge = query["redirect_uri"], query.get("code_challenge")
            self._codes[answer["code"]] = _Code(redirect, challenge, query.get("scope", ""))
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> Response:
        form = await _form(request)
        grant_type = form.get("grant_type", "")
        self._count(grant_type)
        if not _is_client(request, form):
            return JSONResponse({"error": "invalid_client"}, 401)
        if self.control.refuse_client > 0:
            self.control.refuse_client -= 1
            return JSONResponse({"error": "invalid_client"}, 401)
        if self.control.fail > 0:
            self.control.fail -= 1
            return JSONResponse({"error": "temporarily_unavailable"}, 503)
        if grant_type == "client_credentials":
            return JSONResponse(await self._own(form))
        grant = self._exchanged(form) if grant_type == "authorization_code" else self._refreshed(form)
        if grant is None:
            return JSONResponse({"error": "invalid_grant", "error_description": "It counts no more."}, 400)
        answer = self._given(grant)
        # From here on the old refresh token is spent, whether or not the answer arrives.
        await asyncio.sleep(self.control.delay)
        return JSONResponse(answer)

    async def _own(self, form: dict[str, str]) -> dict[str, Any]:
        """Of the client itself: without a refresh token."""
        self.grants.append(_Grant(form.get("scope", ""), asked=form))
        answer = self._given(self.grants[-1])
        await asyncio.sleep(self.control.delay)
        return {name: value for name, value in answer.items() if name != "refresh_token"}

    def _exchanged(self, form: dict[str, str]) -> _Grant | None:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.redirect_uri != form.get("redirect_uri"):
            return None
        if code.challenge is not None and code.challenge != _challenge(form.get("code_verifier", "")):
            return None
        grant = _Grant(code.scope)
        self.grants.append(grant)
        return grant

    def _refreshed(self, form: dict[str, str]) -> _Grant | None:
        shown = form.get("refresh_token", "")
        for grant in self.live():
            if shown and shown == grant.refresh_token:
                return grant
            if shown and shown in grant.spent:
                if self.control.grace:
                    return grant
                grant.alive = not self.control.strict_reuse
        return None

    def _given(self, grant: _Grant) -> dict[str, Any]:
        grant.access_token = f"at-{secrets.token_urlsafe(24)}"
        if self.control.rotate or not grant.refresh_token:
            grant.spent.add(grant.refresh_token)
            grant.refresh_token = f"rt-{secrets.token_urlsafe(24)}"
        lifetime = self.control.lifetime
        grant.ends = None if lifetime is None else time.monotonic() + lifetime
        answer: dict[str, Any] = {
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
            "token_type": "Bearer",
            "scope": grant.scope,
        }
        return answer if lifetime is None else {**answer, "expires_in": lifetime}

    async def _revoke(self, request: Request) -> Response:
        """By the rules of RFC 7009; with a token as bearer as Slack does it, which answers 200 whatever happens."""
        form = await _form(request)
        self._count("revoke")
        if self._fails():
            return JSONResponse({"error": "server_error"}, 503)
        if "authorization" in request.headers and self._refusal(request) is not None:
            return JSONResponse({"ok": False, "error": "token_expired"})
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        for grant in self.live():
            if {form.get("token"), shown} & {grant.access_token, grant.refresh_token}:
                grant.alive = False
        return JSONResponse({"ok": True, "revoked": True})

    async def _end_grant(self, request: Request) -> Response:
        """As GitHub does it: the client proves who it is, and shows a token that is still good."""
        self._count("revoke")
        if self._fails():
            return JSONResponse({"message": "Service unavailable"}, 503)
        if request.path_params["client"] != CLIENT_ID or not _is_client(request, {}):
            return JSONResponse({"message": "Bad credentials"}, 401)
        shown = json.loads(await request.body())["access_token"]
        for grant in self.live():
            if grant.access_token == shown and (grant.ends is None or grant.ends > time.monotonic()):
                grant.alive = False
                return Response(status_code=204)
        return JSONResponse({"message": "Validation Failed"}, 422)

    def _fails(self) -> bool:
        """Whether a revocation is to fail."""
        self.control.fail_revocations -= 1
        return self.control.fail_revocations >= 0

    async def _steer(self, request: Request) -> Response:
        for name, value in (await request.json()).items():
            setattr(self.control, name, value)
        return JSONResponse(vars(self.control))

    async def _stats(self, request: Request) -> Response:
        return JSONResponse({"counts": self.counts, "live": len(self.live()), "posts": self.posts})

    async def _me(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return JSONResponse({"login": "ada", "email": "ada@example.com"})

    async def _notes(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        self._count("notes")
        sent = json.loads(await request.body() or b"null")
        if request.method == "POST":
            self.posts.append({"body": sent, "key": request.headers.get("idempotency-key")})
            if self.control.hang_notes:
                await _hung_up(request)
        answer: dict[str, Any] = {"notes": [post["body"] for post in self.posts]}
        if self.control.leak:
            answer |= {
                "authorization": request.headers["authorization"],
                "said": f"You sent {request.headers['authorization']}",
                "nested": [{"refreshToken": "some-refresh-token", "ok": True}],
                "slack": "xoxb-123456789012-abcdefghijkl",
                "tokens_used": 7,
            }
        headers = {"set-cookie": "session=very-secret", "x-internal": "host-7", "etag": '"1"'}
        return JSONResponse(answer, headers=headers)

    async def _note(self, request: Request) -> Response:
        return self._refusal(request) or Response(status_code=204)

    async def _away(self, request: Request) -> Response:
        return RedirectResponse("http://127.0.0.1:1/elsewhere", 302)

    async def _slack(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        sent = json.loads(await request.body())
        if sent["channel"] == "#gone":
            return JSONResponse({"ok": False, "error": "channel_not_found"})
        self.posts.append({"body": sent, "key": None})
        return JSONResponse({"ok": True, "channel": sent["channel"], "ts": "1.2"})

    def _refusal(self, request: Request) -> Response | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        for grant in self.live():
            if token == grant.access_token and (grant.ends is None or grant.ends > time.monotonic()):
                return None
        self._count("refused")
        return JSONResponse({"error": "invalid_token"}, 401)

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


def create_app() -> Starlette:
    """A fresh provider."""
    return OAuthProvider().app


async def _hung_up(request: Request) -> None:
    """Wait until the client has lost its patience."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}


def _is_client(request: Request, form: dict[str, str]) -> bool:
    shown = request.headers.get("authorization", "")
    if shown.startswith("Basic "):
        return base64.b64decode(shown[6:]).decode() == f"{CLIENT_ID}:{CLIENT_SECRET}"
    return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
