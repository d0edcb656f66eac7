"""The way to a provider and back: authorization code with PKCE, state, nonce and a proof of the same browser."""

import base64
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

import orjson
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.opaque_tokens import digest, new_secret, same
from api.access.throttle import address_limit, attempt_succeeded, begin_attempt
from api.errors import not_found
from api.identity import repository, sessions
from api.identity.client import Client
from api.identity.sessions import OpenSession
from api.services import Services
from api.sign_on import accounts
from api.sign_on.discovery import ProviderMetadata
from api.sign_on.id_tokens import Expected, UnknownKeyError, check_id_token, refused
from api.sign_on.models import FinishSignOn, LoginProvider, LoginProviders
from db.audit import Actor
from db.tables import SignOnAttempt, SignOnProvider, Workspace
from engine.secrets.purposes import SIGN_ON, SIGN_ON_ATTEMPT
from schemas.errors import ErrorCode, PerdureError

LASTS: Final = timedelta(minutes=10)
CALLBACK: Final = "/login/callback"
"""Where providers send browsers back to."""


@dataclass(frozen=True)
class Begun:
    """A sign-in under way."""

    url: str
    state: str
    browser: str


@dataclass(frozen=True)
class _Attempt:
    nonce: str
    verifier: str
    redirect_uri: str


async def providers(services: Services, slug: str | None) -> LoginProviders:
    """The buttons of the sign-in page of a workspace; of the installation's own without a slug."""
    named = Workspace.id == services.workspace_id if slug is None else Workspace.slug == slug
    async with services.database.identity() as session:
        workspace = (await session.scalars(select(Workspace).where(named))).one_or_none()
        if workspace is None:
            return LoginProviders(items=[], required=False)
        query = select(SignOnProvider.id, SignOnProvider.name).where(
            SignOnProvider.workspace_id == workspace.id, SignOnProvider.enabled
        )
        rows = await session.execute(query.order_by(func.lower(SignOnProvider.name)))
        items = [LoginProvider(id=row[0], name=row[1]) for row in rows]
    return LoginProviders(items=items, required=workspace.sign_on_required and bool(items))


async def begin(services: Services, provider_id: UUID) -> Begun:
    """Begin a sign-in.

    Raises:
        PerdureError: `not_found`; `unavailable` if the provider does not answer.
    """
    async with services.database.identity() as session:
        provider = await _provider(session, provider_id)
    metadata = await services.sign_on.metadata(provider.issuer)
    state, browser = new_secret(), new_secret()
    attempt = _Attempt(secrets.token_urlsafe(32), secrets.token_urlsafe(48), services.reach.url(CALLBACK))
    async with services.database.identity() as session:
        over = delete(SignOnAttempt).where(SignOnAttempt.expires_at < func.clock_timestamp())
        await session.execute(over)
        session.add(
            SignOnAttempt(
                state_hash=digest(state),
                provider_id=provider.id,
                browser_hash=digest(browser),
                sealed=services.encryption.encrypt(
                    SIGN_ON_ATTEMPT, None, provider.id, orjson.dumps([attempt.nonce, attempt.verifier])
                ),
                redirect_uri=attempt.redirect_uri,
                expires_at=await repository.now(session) + LASTS,
            )
        )
    return Begun(_address(provider, metadata, attempt, state), state, browser)


async def finish(services: Services, client: Client, body: FinishSignOn, browser: str | None) -> OpenSession:
    """End a sign-in with what the provider has sent the browser back with.

    Raises:
        PerdureError: `unauthenticated` if it proves nothing; `forbidden` if the person may not come in;
            `unavailable` if the provider does not answer; `rate_limited`.
    """
    limit = address_limit(client.address)
    await begin_attempt(services.database, limit)
    provider, attempt = await _use(services, body.state, browser)
    metadata = await services.sign_on.metadata(provider.issuer)
    if (metadata.names_itself or body.iss is not None) and body.iss != provider.issuer:
        raise refused("The answer is from another provider.")
    tokens = await _exchange(services, provider, metadata, attempt, body.code)
    claims = await _claims(services, provider, metadata, attempt, tokens)
    said = accounts.read_claims(provider, claims)
    actor = Actor(provider.workspace_id, "system", None, provider.name, client.address, client.request_id)
    async with services.database.identity() as session:
        user = await accounts.person(session, provider, said, actor)
        opened = await sessions.start_session(
            session, user, client, f"sign-on: {provider.name}", workspace_id=provider.workspace_id, by_sign_on=True
        )
    services.directory.forget()
    await attempt_succeeded(services.database, limit)
    return opened


async def _provider(session: AsyncSession, provider_id: UUID) -> SignOnProvider:
    query = select(SignOnProvider).where(SignOnProvider.id == provider_id, SignOnProvider.enabled)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise not_found("provider", provider_id)
    return found


def _address(provider: SignOnProvider, metadata: ProviderMetadata, attempt: _Attempt, state: str) -> str:
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": attempt.redirect_uri,
        "scope": " ".join(dict.fromkeys(["openid", *provider.scopes])),
        "state": state,
        "nonce": attempt.nonce,
        "code_challenge": create_s256_code_challenge(attempt.verifier),  # type: ignore[no-untyped-call]
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in metadata.authorization_endpoint else "?"
    return f"{metadata.authorization_endpoint}{joint}{urlencode(asked)}"


async def _use(services: Services, state: str, browser: str | None) -> tuple[SignOnProvider, _Attempt]:
    """Use an attempt up; of several answers with one state, the first counts, even if it is wrong."""
    async with services.database.identity() as session:
        used = delete(SignOnAttempt).where(SignOnAttempt.state_hash == digest(state)).returning(SignOnAttempt)
        row = (await session.scalars(used)).one_or_none()
        fits = (
            row is not None
            and row.expires_at > await repository.now(session)
            and same(digest(browser or ""), row.browser_hash)
        )
        provider = None if row is None else await session.get(SignOnProvider, row.provider_id)
    if row is None or not fits or provider is None or not provider.enabled:
        raise refused("The sign-in was used before, took too long, or was begun in another browser; begin again.")
    nonce, verifier = orjson.loads(services.encryption.decrypt(SIGN_ON_ATTEMPT, None, provider.id, row.sealed))
    return provider, _Attempt(nonce, verifier, row.redirect_uri)


async def _exchange(
    services: Services, provider: SignOnProvider, metadata: ProviderMetadata, attempt: _Attempt, code: str
) -> dict[str, Any]:
    """The tokens for a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": attempt.redirect_uri,
        "code_verifier": attempt.verifier,
        "client_id": provider.client_id,
    }
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if (secret := client_secret(services, provider)) is not None:
        if "client_secret_basic" in metadata.auth_methods or "client_secret_post" not in metadata.auth_methods:
            pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_secret"] = secret
    try:
        return await services.sign_on.ask(metadata.token_endpoint, headers=headers, body=urlencode(form).encode())
    except PerdureError as failed:
        raise _of_provider(provider, failed) from failed


async def _claims(
    services: Services,
    provider: SignOnProvider,
    metadata: ProviderMetadata,
    attempt: _Attempt,
    tokens: dict[str, Any],
) -> dict[str, Any]:
    """What the tokens say, and what the user info adds."""
    access = tokens.get("access_token")
    access = access if isinstance(access, str) else None
    expected = Expected(provider.issuer, provider.client_id, attempt.nonce, provider.algorithms, access)
    text = tokens.get("id_token")
    claims = await _checked(services, metadata, text if isinstance(text, str) else "", expected)
    complete = "email" in claims and (not provider.groups_claim or provider.groups_claim in claims)
    if complete or access is None or metadata.userinfo_endpoint is None:
        return claims
    try:
        more = await services.sign_on.ask(metadata.userinfo_endpoint, headers={"authorization": f"Bearer {access}"})
    except PerdureError as failed:
        raise _of_provider(provider, failed) from failed
    if more.get("sub") != claims["sub"]:
        raise refused("The user info is about another person than the ID token.")
    return {**more, **claims}


async def _checked(services: Services, metadata: ProviderMetadata, text: str, expected: Expected) -> dict[str, Any]:
    for fresh in (False, True):
        try:
            return check_id_token(text, await services.sign_on.keys(metadata, fresh=fresh), expected)
        except UnknownKeyError:
            continue  # the provider may have changed its keys
    raise refused("The ID token is signed by none of the provider's keys.")


def client_secret(services: Services, provider: SignOnProvider) -> str | None:
    """The secret that proves to the provider who asks."""
    if provider.sealed is None:
        return None
    return services.encryption.decrypt(SIGN_ON, provider.workspace_id, provider.id, provider.sealed).decode()


def _of_provider(provider: SignOnProvider, failed: PerdureError) -> PerdureError:
    """What a person is told: nothing that the provider has said to us, which may quote secrets."""
    if failed.code is ErrorCode.UPSTREAM_REFUSED:
        return refused(f"{provider.name} has refused the code; begin again.")
    return PerdureError(ErrorCode.UNAVAILABLE, f"{provider.name} cannot be reached at the moment; try again.")
