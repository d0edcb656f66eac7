"""Signing in at an identity provider: a real one, and one that lies in every way that the specification names."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from joserfc.jwk import ECKey, RSAKey

from api.services import Services
from db.tables import Membership
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.oidc import (
    Claims,
    Rogue,
    consent,
    provider_process,
    rogue_provider,
    signed_with_the_public_key,
    unsigned,
)
from tests.support.people import Member, as_owner, new_member, nobody, owner, signed_in  # noqa: F401 - fixtures
from tests.support.workspaces import new_workspace

SECRET: Final = "s3cret-of-the-client"
_KEY: Final = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


@pytest.fixture
async def rogue() -> AsyncIterator[Rogue]:
    """A provider that does what a test tells it."""
    async with rogue_provider(key=_KEY) as running:
        yield running


def fresh(name: str) -> str:
    """An address that nobody has; tests share their accounts."""
    return f"{name}-{uuid4().hex[:8]}@corp.example.com"


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The web app of somebody who is not signed in."""
    async with nobody(app, **{"X-Perdure-Client": "web"}) as client:
        yield client


async def configure(api: httpx.AsyncClient, issuer: str, **settings: Any) -> str:
    body = {"name": "Acme", "issuer": issuer, "client_id": "perdure", "client_secret": SECRET, **settings}
    answer = await api.post("/v1/sign-on/providers", json=body)
    assert answer.status_code == 201, answer.text
    assert SECRET not in answer.text
    return str(answer.json()["id"])


async def begin(client: httpx.AsyncClient, provider: str) -> dict[str, Any]:
    answer = await client.post("/v1/auth/sign-on", json={"provider_id": provider})
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


async def finish(client: httpx.AsyncClient, back: dict[str, str]) -> httpx.Response:
    return await client.post("/v1/auth/sign-on/finish", json=back)


async def come_in(client: httpx.AsyncClient, rogue: Rogue, provider: str) -> httpx.Response:
    """The whole way."""
    return await finish(client, rogue.authorize((await begin(client, provider))["url"]))


async def me(app: FastAPI, entered: httpx.Response) -> dict[str, Any]:
    assert entered.status_code == 200, entered.text
    async with nobody(app, Authorization=f"Bearer {entered.json()['access_token']}") as client:
        answer = await client.get("/v1/me")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_at_a_real_provider(api: httpx.AsyncClient, app: FastAPI, visitor: httpx.AsyncClient) -> None:
    """In a process of its own, down to its tokens; what was used once is worth nothing."""
    async with provider_process() as issuer:
        provider = await configure(api, issuer)
        tested = (await api.post(f"/v1/sign-on/providers/{provider}/test")).json()
        assert (tested["ok"], tested["keys"], tested["algorithms"]) == (True, 1, ["RS256"]), tested
        async with httpx.AsyncClient() as admin:
            claims = {"email": (email := fresh("ada")), "email_verified": True, "name": "Ada", "groups": ["staff"]}
            assert (await admin.put(f"{issuer}/users/ada-1", json=claims)).is_success
        begun = await begin(visitor, provider)
        asked = dict(parse_qsl(urlsplit(begun["url"]).query))
        assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
        assert asked["redirect_uri"] == "http://localhost:8321/login/callback"
        back = await consent(begun["url"], "ada-1")
        entered = await finish(visitor, back)
        ada = await me(app, entered)
        assert (ada["user"]["email"], ada["user"]["name"]) == (email, "Ada")
        assert (ada["workspace"]["role"], ada["has_password"], ada["by_sign_on"]) == ("viewer", False, True)
        check_problem(await finish(visitor, back), 401, "unauthenticated")  # the state
        again = await begin(visitor, provider)
        check_problem(await finish(visitor, {**back, "state": again["state"]}), 401, "unauthenticated")  # the code
        assert (await me(app, await finish(visitor, await consent((await begin(visitor, provider))["url"], "ada-1"))))[
            "user"
        ]["id"] == ada["user"]["id"]
    check_problem(await visitor.post("/v1/auth/sign-on", json={"provider_id": "0" * 8}), 422, "invalid_request")
    actions = [entry["action"] for entry in (await api.get("/v1/audit")).json()["items"]]
    assert [one for one in reversed(actions) if not one.startswith("sign_on_provider")] == [
        "user.created",
        "sign_on.linked",
        "member.provisioned",
        "session.started",
        "session.started",
    ]


def _set(**changed: Any) -> Callable[[Claims], None]:
    return lambda claims: claims.update(changed)


def _drop(name: str) -> Callable[[Claims], None]:
    return lambda claims: claims.pop(name)


def _now(seconds: int) -> int:
    return int(time.time()) + seconds


LIES: Final[dict[str, Callable[[Claims], None]]] = {
    "wrong issuer": _set(iss="https://evil.example.com"),
    "issuer with a slash": lambda claims: claims.update(iss=claims["iss"] + "/"),
    "no issuer": _drop("iss"),
    "wrong audience": _set(aud="another-client"),
    "audience of others": _set(aud=["another-client"]),
    "several audiences, no party": _set(aud=["perdure", "another-client"]),
    "another party": _set(azp="another-client"),
    "no audience": _drop("aud"),
    "wrong nonce": _set(nonce="of another sign-in"),
    "no nonce": _drop("nonce"),
    "expired": lambda claims: claims.update(iat=_now(-300), exp=_now(-61)),
    "no end": _drop("exp"),
    "end is no number": _set(exp="never"),
    "from the future": lambda claims: claims.update(iat=_now(120)),
    "not yet valid": lambda claims: claims.update(nbf=_now(120)),
    "issued long ago": lambda claims: claims.update(iat=_now(-3600)),
    "no subject": _drop("sub"),
    "empty subject": _set(sub=""),
    "subject is a number": _set(sub=7),
    "another access token": _set(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}

FORGED: Final[dict[str, Callable[[Rogue, Claims], str]]] = {
    "no signature": unsigned,
    "public key as secret": signed_with_the_public_key,
    "another key": lambda rogue, claims: rogue.signed(claims, rogue.other_key),
    "unknown key": lambda rogue, claims: rogue.signed(claims, RSAKey.generate_key(2048, {"kid": "two"})),
    "an algorithm that is not allowed": lambda rogue, claims: rogue.signed(
        claims, ECKey.generate_key("P-256", {"kid": "one"}), "ES256"
    ),
    "a key beside": lambda rogue, claims: rogue.signed(
        claims, rogue.other_key, jwk=rogue.other_key.as_dict(private=False)
    ),
    "changed": lambda rogue, claims: rogue.signed(claims)[:-8] + "AAAAAAAA",
    "nonsense": lambda rogue, claims: "a.b.c",
    "nothing": lambda rogue, claims: "",
}


async def test_lies_of_a_provider(
    api: httpx.AsyncClient,
    services: Services,
    visitor: httpx.AsyncClient,
    rogue: Rogue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each on the way on which the truth comes in."""
    monkeypatch.setattr("api.access.throttle.FIRST_DELAY", 0.0)
    provider = await configure(api, rogue.issuer)
    assert (await come_in(visitor, rogue, provider)).status_code == 200
    for what, change in LIES.items():
        rogue.change = change
        answer = await come_in(visitor, rogue, provider)
        assert answer.status_code == 401, (what, answer.text)
        check_problem(answer, 401, "unauthenticated")
    rogue.change = lambda claims: None
    for what, sign in FORGED.items():
        rogue.sign = sign
        answer = await come_in(visitor, rogue, provider)
        assert answer.status_code == 401, (what, answer.text)
    rogue.sign = lambda rogue, claims: rogue.signed(claims)
    rogue.keys = [{"kty": "oct", "k": "AAAA", "kid": "one"}, rogue.key.as_dict(private=False)]
    rogue.metadata = {"authorization_response_iss_parameter_supported": True}
    await services.sign_on.metadata(rogue.issuer, fresh=True)
    back = rogue.authorize((await begin(visitor, provider))["url"])
    check_problem(await finish(visitor, back), 401, "unauthenticated")  # RFC 9207: it must name itself
    back = rogue.authorize((await begin(visitor, provider))["url"])
    check_problem(await finish(visitor, {**back, "iss": "https://evil.example.com"}), 401, "unauthenticated")
    back = rogue.authorize((await begin(visitor, provider))["url"])
    assert (await finish(visitor, {**back, "iss": rogue.issuer})).status_code == 200


async def test_an_answer_counts_once_and_in_one_browser(
    api: httpx.AsyncClient, app: FastAPI, visitor: httpx.AsyncClient, rogue: Rogue
) -> None:
    provider = await configure(api, rogue.issuer)
    async with nobody(app, **{"X-Perdure-Client": "web"}) as another:
        back = rogue.authorize((await begin(visitor, provider))["url"])
        check_problem(await finish(another, back), 401, "unauthenticated")
        check_problem(await finish(visitor, back), 401, "unauthenticated")  # whoever tried first has used it up
        back = rogue.authorize((await begin(another, provider))["url"])
        answers = await asyncio.gather(*(finish(another, back) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    rogue.asked["stolen"] = {"code_challenge": "of another verifier", "client_id": "perdure", "nonce": "n"}
    begun = await begin(visitor, provider)
    answer = await finish(visitor, {"state": begun["state"], "code": "stolen"})
    check_problem(answer, 401, "unauthenticated")  # a code of somebody else's sign-in does not fit the verifier
    assert "s3cret-of-the-provider" not in answer.text
    form, _ = rogue.token_requests[0]
    assert (form["client_secret"], form["grant_type"]) == (SECRET, "authorization_code")
    async with nobody(app) as program:  # without a cookie, the secret of the browser goes by hand
        begun = await begin(program, provider)
        back = rogue.authorize(begun["url"])
        entered = await finish(program, {**back, "browser": begun["browser"]})
        assert entered.status_code == 200
        assert entered.json()["refresh_token"]


async def test_who_comes_in_twice_at_once_is_one_person(
    api: httpx.AsyncClient, app: FastAPI, services: Services, rogue: Rogue
) -> None:
    provider = await configure(api, rogue.issuer)
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(nobody(app, **{"X-Perdure-Client": "web"})) for _ in range(5)]
        for _ in range(2):  # the second time, somebody who is known and no member any more
            answers = await asyncio.gather(*(come_in(one, rogue, provider) for one in visitors))
            assert {answer.status_code for answer in answers} == {200}
            [user] = {answer.json()["user"]["id"] for answer in answers}
            assert (await api.delete(f"/v1/members/{user}")).status_code == 204
    for action, times in (("user.created", 1), ("sign_on.linked", 1), ("member.provisioned", 2)):
        assert len((await api.get("/v1/audit", params={"action": action})).json()["items"]) == times


async def test_whom_an_address_leads_to(
    api: httpx.AsyncClient,
    app: FastAPI,
    services: Services,
    visitor: httpx.AsyncClient,
    rogue: Rogue,
    database_url: str,
) -> None:
    provider = await configure(api, rogue.issuer, domains=["corp.example.com"])
    database = services.database
    insider = await new_member(database, services.workspace_id, Role.EDITOR, email=fresh("eve"))
    outsider = await new_member(database, await new_workspace(database_url), email=fresh("bob"))

    async def as_somebody(**claims: Any) -> httpx.Response:
        rogue.claims = {"sub": str(claims), **claims}
        return await come_in(visitor, rogue, provider)

    for claims in (
        {"email": insider.email, "email_verified": False},
        {"email": insider.email, "email_verified": None},
        {"email": outsider.email},
        {"email": "ada@elsewhere.example.com"},
        {"email": "ada@sub.corp.example.com"},
        {"email": None},
        {"email": "no address"},
    ):
        check_problem(await as_somebody(**claims), 403, "forbidden")
    entered = await me(app, await as_somebody(sub="eve", email=insider.email.upper()))
    assert (entered["user"]["id"], entered["workspace"]["role"]) == (str(insider.id), "editor")
    entered = await me(app, await as_somebody(sub="eve", email="eve.smith@other.example.com", email_verified=False))
    assert entered["user"]["id"] == str(insider.id)  # known by the subject, whatever the address is by now
    body = {"name": "Acme", "issuer": rogue.issuer, "client_id": "perdure", "create_accounts": False}
    assert (await api.put(f"/v1/sign-on/providers/{provider}", json=body)).status_code == 200
    check_problem(await as_somebody(sub="new", email=fresh("new")), 403, "forbidden")
    trusting = {**body, "trust_email": True, "create_accounts": True}
    assert (await api.put(f"/v1/sign-on/providers/{provider}", json=trusting)).status_code == 200
    assert (await as_somebody(sub="new", email=fresh("new"), email_verified=None)).status_code == 200
    assert (await api.delete(f"/v1/members/{insider.id}")).status_code == 204
    await api.put(f"/v1/sign-on/providers/{provider}", json=body)
    check_problem(await as_somebody(sub="eve", email=insider.email), 403, "forbidden")


async def test_who_made_an_account_for_the_address_of_another_is_out(
    api: httpx.AsyncClient,
    app: FastAPI,
    services: Services,
    visitor: httpx.AsyncClient,
    rogue: Rogue,
    database_url: str,
) -> None:
    """An invitation that is not mailed can be accepted by whoever made it."""
    provider, database = await configure(api, rogue.issuer), services.database
    boss, editor, spread = [
        await new_member(database, services.workspace_id, role, email=fresh("cy"), email_verified_at=None)
        for role in (Role.OWNER, Role.EDITOR, Role.EDITOR)
    ]
    async with database.identity() as session:
        session.add(Membership(workspace_id=await new_workspace(database_url), user_id=spread.id, role="owner"))

    async def as_somebody(email: str) -> int:
        rogue.claims = {"sub": email, "email": email}
        return (await come_in(visitor, rogue, provider)).status_code

    async with signed_in(app, editor) as maker, nobody(app) as client:
        assert [await as_somebody(one.email) for one in (boss, editor, spread)] == [200, 200, 403]
        assert (await maker.get("/v1/me")).status_code == 401
        for one, status in ((boss, 200), (editor, 401), (spread, 200)):
            assert (await client.post("/v1/auth/login", json=one.credentials)).status_code == status
        # The operator may answer for the address.
        made = (await api.post("/v1/auth/tickets", json={"purpose": "login", "email": spread.email})).json()
        assert (await client.post("/v1/auth/ticket", json={"ticket": made["ticket"]})).status_code == 200
        assert await as_somebody(spread.email) == 200


async def test_a_session_of_a_provider_counts_in_its_workspace_only(
    api: httpx.AsyncClient,
    other_api: httpx.AsyncClient,
    app: FastAPI,
    services: Services,
    visitor: httpx.AsyncClient,
    rogue: Rogue,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever owns a workspace says what its provider asserts: that must open nothing elsewhere."""
    elsewhere = await new_workspace(database_url)
    person = await new_member(services.database, services.workspace_id, Role.EDITOR, email=rogue.email)
    async with services.database.identity() as session:
        session.add(Membership(workspace_id=elsewhere, user_id=person.id, role="owner"))
    provider = await configure(api, rogue.issuer)
    entered = await come_in(visitor, rogue, provider)
    found = await me(app, entered)
    assert [one["id"] for one in found["workspaces"]] == [str(services.workspace_id)]
    async with signed_in(app, person) as own:
        everywhere = (await own.get("/v1/auth/sessions")).json()["items"]
        async with nobody(app, Authorization=f"Bearer {entered.json()['access_token']}") as confined:
            switch = await confined.post("/v1/auth/switch-workspace", json={"workspace_id": str(elsewhere)})
            assert switch.status_code in (404, 405), switch.text
            refused = [
                await confined.post("/v1/me/password", json={"new_password": "a new long password"}),
                await confined.patch("/v1/me", json={"name": "X"}),
                await confined.post("/v1/workspaces", json={"name": "X"}),
                await confined.post("/v1/me/second-factor/begin", json={}),
            ]
            for answer in refused:
                check_problem(answer, 403, "forbidden")
            shown = (await confined.get("/v1/auth/sessions")).json()["items"]
            assert [one["current"] for one in shown] == [True]
            assert len(everywhere) == 2
            invited = (await other_api.post("/v1/invitations", json={"email": person.email, "role": "admin"})).json()
            accepted = await confined.post("/v1/invitations/accept", json={"token": invited["token"]})
            check_problem(accepted, 403, "forbidden")
            assert (await other_api.get(f"/v1/invitations/{invited['id']}")).json()["state"] == "open"
        monkeypatch.setattr("api.identity.sessions.MAX_SESSIONS", 3)
        for _ in range(4):  # however often a provider lets somebody in, it ends nothing elsewhere
            assert (await come_in(visitor, rogue, provider)).status_code == 200
        left = (await own.get("/v1/auth/sessions")).json()["items"]
        assert (len(left), [one["current"] for one in left].count(True)) == (4, 1)
        refreshed = await visitor.post("/v1/auth/refresh", json={"workspace_id": str(elsewhere)})
        check_problem(refreshed, 404, "not_found")
        assert (await visitor.post("/v1/auth/refresh", json={})).status_code == 200


async def test_whom_the_directory_has_deactivated_stays_out(
    api: httpx.AsyncClient, app: FastAPI, services: Services, visitor: httpx.AsyncClient, rogue: Rogue
) -> None:
    provider = await configure(api, rogue.issuer)
    user = (await me(app, await come_in(visitor, rogue, provider)))["user"]
    token = (await api.post("/v1/sign-on/scim-tokens", json={"name": "Entra ID"})).json()["token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    async with nobody(app, **headers) as directory:
        made = await directory.post("/scim/v2/Users", json={"userName": user["email"]})
        path = f"/scim/v2/Users/{made.json()['id']}"
        assert (await come_in(visitor, rogue, provider)).status_code == 200
        closed = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
        for _ in range(2):  # the second time, a member whom somebody has brought back by hand
            assert (await directory.patch(path, json=closed)).json()["active"] is False
            assert (await api.get(f"/v1/members/{user['id']}")).status_code == 404
            check_problem(await come_in(visitor, rogue, provider), 403, "forbidden")
            async with services.database.identity() as session:
                session.add(Membership(workspace_id=services.workspace_id, user_id=UUID(user["id"]), role="editor"))
            check_problem(await come_in(visitor, rogue, provider), 403, "forbidden")
        async with signed_in(app, Member(UUID(user["id"]), user["email"])) as again:
            assert (await again.get("/v1/me")).status_code == 200
            assert (await directory.delete(path)).status_code == 204
            assert (await again.get("/v1/me")).status_code == 401
    assert (await api.get(f"/v1/members/{user['id']}")).status_code == 404


async def test_sign_on_as_the_only_way_in(
    api: httpx.AsyncClient, app: FastAPI, services: Services, visitor: httpx.AsyncClient, rogue: Rogue
) -> None:
    check_problem(await api.patch("/v1/sign-on", json={"required": True}), 409, "conflict")
    provider = await configure(api, rogue.issuer)
    boss = await new_member(services.database, services.workspace_id, Role.OWNER)
    worker = await new_member(services.database, services.workspace_id, Role.EDITOR, email=rogue.email)
    async with signed_in(app, worker) as before:
        assert (await before.get("/v1/me")).status_code == 200
        assert (await api.patch("/v1/sign-on", json={"required": True})).json()["required"] is True
        assert (await before.get("/v1/me")).status_code == 401
    slug = (await api.get("/v1/workspace")).json()["slug"]
    buttons = (await visitor.get("/v1/auth/providers", params={"workspace": slug})).json()
    assert buttons == {"items": [{"id": provider, "name": "Acme"}], "required": True}
    refused = check_problem(await visitor.post("/v1/auth/login", json=worker.credentials), 403, "forbidden")
    assert "single sign-on" in refused["detail"]
    assert (await visitor.post("/v1/auth/login", json=boss.credentials)).status_code == 200
    assert (await come_in(visitor, rogue, provider)).status_code == 200
    assert (await visitor.get("/v1/auth/providers", params={"workspace": "nobody"})).json()["items"] == []


async def test_groups_become_roles_and_groups(
    api: httpx.AsyncClient, app: FastAPI, services: Services, visitor: httpx.AsyncClient, rogue: Rogue
) -> None:
    provider = await configure(api, rogue.issuer, groups_claim="realm.groups")
    group = (await api.post("/v1/groups", json={"name": "Approvers"})).json()["id"]
    mappings = [
        {"external": "Staff", "role": "operator"},
        {"external": "admins", "role": "admin", "group_id": group},
        {"external": "money", "group_id": group},
    ]
    assert (await api.put("/v1/sign-on/mappings", json={"mappings": mappings})).status_code == 200
    assert (await api.patch("/v1/sign-on", json={"default_role": "editor"})).status_code == 200
    check_problem(await api.put("/v1/sign-on/mappings", json={"mappings": [{"external": "x"}]}), 422, "invalid_request")

    async def role(groups: Any) -> tuple[str, list[str]]:
        rogue.userinfo = {"sub": "ada-1", "realm": {"groups": groups}} if groups is not None else {"sub": "ada-1"}
        entered = await me(app, await come_in(visitor, rogue, provider))
        member = (await api.get(f"/v1/members/{entered['user']['id']}")).json()
        return member["role"], [one["name"] for one in member["groups"]]

    assert await role(["staff", "unknown"]) == ("operator", [])
    assert await role(["staff", "admins"]) == ("admin", ["Approvers"])
    assert await role(None) == ("admin", ["Approvers"])  # the provider says nothing: nothing changes
    assert await role("money") == ("editor", ["Approvers"])
    assert await role([]) == ("editor", [])
    rogue.userinfo = {"sub": "somebody-else", "realm": {"groups": ["admins"]}}
    check_problem(await come_in(visitor, rogue, provider), 401, "unauthenticated")
    owners = await new_member(services.database, services.workspace_id, Role.OWNER, email=fresh("last"))
    rogue.claims, rogue.userinfo = {"sub": "last", "email": owners.email}, {"realm": {"groups": []}, "sub": "last"}
    last = await me(app, await come_in(visitor, rogue, provider))
    assert last["workspace"]["role"] == "owner"  # a workspace never loses its last owner


async def test_keys_are_changed_and_providers_go_away(
    api: httpx.AsyncClient, services: Services, visitor: httpx.AsyncClient, rogue: Rogue, closed_port: int
) -> None:
    provider = await configure(api, rogue.issuer)
    first = await come_in(visitor, rogue, provider)
    assert first.status_code == 200, first.text
    rogue.key = RSAKey.generate_key(2048, {"kid": "two"})
    services.sign_on._keys._known.clear()  # a look is allowed once in ten seconds
    assert (await come_in(visitor, rogue, provider)).status_code == 200
    away = await configure(api, f"http://127.0.0.1:{closed_port}", name="Away")
    check_problem(await visitor.post("/v1/auth/sign-on", json={"provider_id": away}), 503, "unavailable")
    tested = (await api.post(f"/v1/sign-on/providers/{away}/test")).json()
    assert (tested["ok"], tested["keys"]) == (False, 0)
    rogue.metadata = {"issuer": "https://another.example.com"}
    tested = (await api.post(f"/v1/sign-on/providers/{provider}/test")).json()
    assert "calls itself" in tested["problems"][0]
    rogue.metadata = {"id_token_signing_alg_values_supported": ["HS256"]}
    assert "signs with HS256" in (await api.post(f"/v1/sign-on/providers/{provider}/test")).json()["problems"][0]
    for issuer in ("http://login.example.com", "ftp://x", "https://user@x.example.com", "nonsense"):
        body = {"name": "X", "issuer": issuer, "client_id": "c"}
        check_problem(await api.post("/v1/sign-on/providers", json=body), 422, "invalid_request")
    body = {"name": "acme", "issuer": rogue.issuer, "client_id": "c"}
    check_problem(await api.post("/v1/sign-on/providers", json=body), 409, "conflict")
    assert (await api.delete(f"/v1/sign-on/providers/{provider}")).status_code == 204
    check_problem(await visitor.post("/v1/auth/sign-on", json={"provider_id": provider}), 404, "not_found")
    settings = (await api.get("/v1/sign-on")).json()
    assert [one["name"] for one in settings["providers"]] == ["Away"]
