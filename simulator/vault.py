"""A stand-in for HashiCorp Vault: tokens, AppRole, leases, namespaces, and a KV engine of version 2, over HTTP.

Answers have the shape of the real server's, the errors included; `seal` and `revoke_all` are its accidents.
"""

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ROOT_TOKEN = "hvs.root-of-the-stand-in"  # noqa: S105 - of the stand-in


@dataclass
class _Token:
    ttl: float
    ends: float
    renewable: bool
    max_ends: float


@dataclass
class VaultServer:
    """A Vault in memory; tests change its fields."""

    namespace: str = ""
    mount: str = "secret"
    role_id: str = "role-of-perdure"
    secret_id: str = "secret-id-of-perdure"  # noqa: S105 - of the stand-in
    ttl: float = 3600.0
    max_ttl: float = 86_400.0
    sealed: bool = False
    versions: dict[str, list[dict[str, str] | None]] = field(default_factory=dict)
    """Data of each version of each path; nothing where it was deleted."""
    readable: str = ""
    """Beginning of the paths that tokens may read."""
    counts: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, _Token] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tokens[ROOT_TOKEN] = _Token(0, float("inf"), renewable=False, max_ends=float("inf"))
        self.app = Starlette(
            routes=[
                Route("/v1/auth/{mount}/login", self._login, methods=["POST"]),
                Route("/v1/auth/token/lookup-self", self._lookup),
                Route("/v1/auth/token/renew-self", self._renew, methods=["POST"]),
                Route("/v1/{path:path}", self._read),
            ]
        )

    def write(self, path: str, **data: str) -> None:
        """A new version of a secret."""
        self.versions.setdefault(path, []).append(data)

    def issue(self, ttl: float | None = None, *, renewable: bool = True) -> str:
        """A token."""
        token, now = f"hvs.{secrets.token_urlsafe(32)}", time.monotonic()
        lasts = self.ttl if ttl is None else ttl
        self.tokens[token] = _Token(lasts, now + lasts, renewable, now + self.max_ttl)
        return token

    def revoke_all(self) -> None:
        """As if somebody had, or a backup was restored."""
        self.tokens.clear()

    async def _login(self, request: Request) -> Response:
        if (away := self._away(request, "login")) is not None:
            return away
        sent = await request.json()
        known = request.path_params["mount"] == "approle" and self._in_namespace(request)
        if not known or (sent.get("role_id"), sent.get("secret_id")) != (self.role_id, self.secret_id):
            return _errors(400, "invalid role or secret ID")
        return JSONResponse({"auth": self._auth(self.issue()), "data": None})

    async def _lookup(self, request: Request) -> Response:
        token = self._token(request, "lookup")
        if isinstance(token, Response):
            return token
        left = 0 if token.ends == float("inf") else int(token.ends - time.monotonic())
        return JSONResponse({"data": {"ttl": left, "renewable": token.renewable, "creation_ttl": int(token.ttl)}})

    async def _renew(self, request: Request) -> Response:
        token = self._token(request, "renew")
        if isinstance(token, Response):
            return token
        if not token.renewable:
            return _errors(400, "lease is not renewable")
        token.ends = min(time.monotonic() + token.ttl, token.max_ends)
        return JSONResponse({"auth": self._auth(request.headers["x-vault-token"])})

    async def _read(self, request: Request) -> Response:
        token = self._token(request, "read")
        if isinstance(token, Response):
            return token
        mount, _, path = request.path_params["path"].partition("/data/")
        if mount != self.mount or not path.startswith(self.readable):
            return _errors(403, "1 error occurred:\n\t* permission denied\n\n")
        found = self.versions.get(path)
        number = int(request.query_params.get("version", 0)) or len(found or ())
        if not found or not 1 <= number <= len(found):
            return JSONResponse({"errors": []}, 404)
        data = found[number - 1]
        deleted = "" if data is not None else datetime.now(UTC).isoformat()
        metadata = {"version": number, "deletion_time": deleted, "destroyed": False, "custom_metadata": None}
        return JSONResponse({"data": {"data": data, "metadata": metadata}}, 200 if data is not None else 404)

    def _auth(self, token: str) -> dict[str, Any]:
        known = self.tokens[token]
        lasts = int(known.ends - time.monotonic())
        return {"client_token": token, "lease_duration": lasts, "renewable": known.renewable, "policies": ["perdure"]}

    def _token(self, request: Request, what: str) -> "_Token | Response":
        if (away := self._away(request, what)) is not None:
            return away
        token = self.tokens.get(request.headers.get("x-vault-token", ""))
        if token is None or token.ends <= time.monotonic() or not self._in_namespace(request):
            return _errors(403, "permission denied")
        return token

    def _away(self, request: Request, what: str) -> Response | None:
        self.counts[what] = self.counts.get(what, 0) + 1
        return _errors(503, "Vault is sealed") if self.sealed else None

    def _in_namespace(self, request: Request) -> bool:
        return request.headers.get("x-vault-namespace", "").strip("/") == self.namespace


def create_app() -> Starlette:
    """A fresh Vault."""
    return VaultServer().app


def _errors(status: int, message: str) -> Response:
    return JSONResponse({"errors": [message]}, status)
