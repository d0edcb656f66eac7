"""Providers of OpenID Connect for tests: a real one in a process of its own, and one that misbehaves on demand."""

import asyncio
import base64
import hashlib
import hmac
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import uuid4

import httpx
import orjson
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.support.http_server import HttpServer, Received, answer, http_server, json_answer
from tests.support.polling import eventually

Claims = dict[str, Any]


@asynccontextmanager
async def provider_process() -> AsyncIterator[str]:
    """Issuer of `oidc-provider-mock` in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(f"{issuer}/.well-known/openid-configuration")).is_success
            except httpx.HTTPError:
                return False

    try:
        await eventually(answers, seconds=30)
        yield issuer
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)


async def consent(url: str, subject: str) -> dict[str, str]:
    """What a person does at the real provider; gives what the browser is sent back with."""
    async with httpx.AsyncClient() as browser:
        shown = await browser.get(url)
        assert shown.status_code == 200, shown.text
        sent = await browser.post(url, data={"sub": subject})
    assert sent.status_code == 302, sent.text
    return dict(parse_qsl(urlsplit(sent.headers["location"]).query))


@dataclass
class Rogue:
    """A provider that does what it is told, right or wrong. `change` sees the claims before they are signed."""

    server: HttpServer = field(default_factory=HttpServer)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}))
    other_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    email: str = field(default_factory=lambda: f"ada-{uuid4().hex[:8]}@corp.example.com")
    claims: Claims = field(default_factory=dict)
    change: Callable[[Claims], None] = lambda claims: None
    sign: Callable[["Rogue", Claims], str] = lambda rogue, claims: rogue.signed(claims)
    metadata: Claims = field(default_factory=dict)
    subject: str = ""
    userinfo: Claims | None = None
    keys: list[Any] = field(default_factory=list)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    """Authorization requests by code; a code is taken away when it is used."""
    token_requests: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """As it names itself."""
        return self.server.url

    def signed(self, claims: Claims, key: Any = None, algorithm: str = "RS256", **header: Any) -> str:
        """A token."""
        used = key or self.key
        kid = {"kid": used.kid} if used.kid else {}
        return jwt.encode({"alg": algorithm, **kid, **header}, claims, used, [algorithm])

    def authorize(self, url: str) -> dict[str, str]:
        """What the browser is sent back with."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = base64.urlsafe_b64encode(os.urandom(12)).decode()
        self.asked[code] = query
        return {"code": code, "state": query["state"]}

    async def answer(self, request: Received, writer: asyncio.StreamWriter) -> None:
        """One request."""
        routes: dict[str, Callable[[Received], bytes]] = {
            "/.well-known/openid-configuration": lambda _: json_answer(self._described()),
            "/keys": lambda _: json_answer({"keys": self.keys or [self.key.as_dict(private=False)]}),
            "/token": self._token,
            "/userinfo": lambda _: json_answer(self.userinfo or {"sub": self.subject}),
        }
        writer.write(routes[request.path](request) if request.path in routes else answer(status=404))

    def _described(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **self.metadata,
        }

    def _token(self, request: Received) -> bytes:
        form = dict(parse_qsl(request.body.decode()))
        self.token_requests.append((form, request.headers))
        asked = self.asked.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or asked["code_challenge"] != challenge.decode().rstrip("="):
            return json_answer({"error": "invalid_grant", "error_description": "s3cret-of-the-provider"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "nonce": asked["nonce"],
            "sub": "ada-1",
            "iat": now,
            "exp": now + 300,
            "email": self.email,
            "email_verified": True,
            "name": "Ada L.",
            **self.claims,
        }
        self.change(claims)
        self.subject = str(claims.get("sub"))
        return json_answer({"access_token": "at", "token_type": "Bearer", "id_token": self.sign(self, claims)})


@asynccontextmanager
async def rogue_provider(**settings: Any) -> AsyncIterator[Rogue]:
    """A running `Rogue`."""
    rogue = Rogue(**settings)
    async with http_server(rogue.answer) as server:
        rogue.server = server
        yield rogue


def unsigned(rogue: Rogue, claims: Claims) -> str:
    """A token with the algorithm `none`."""
    parts = [base64.urlsafe_b64encode(text).rstrip(b"=") for text in (b'{"alg":"none"}', _json(claims))]
    return b".".join([*parts, b""]).decode()


def signed_with_the_public_key(rogue: Rogue, claims: Claims) -> str:
    """HS256 with the published key as its secret: the confusion of keys that everybody knows."""
    public = rogue.key.as_pem(private=False)
    parts = [base64.urlsafe_b64encode(text).rstrip(b"=") for text in (b'{"alg":"HS256","kid":"one"}', _json(claims))]
    mac = hmac.new(public, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def _json(claims: Claims) -> bytes:
    return orjson.dumps(claims)
