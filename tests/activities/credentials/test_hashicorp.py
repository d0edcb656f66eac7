"""Values that HashiCorp Vault keeps: over real HTTP, from a stand-in that answers as the server does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from activities.credentials.hashicorp import HashicorpVault
from activities.egress import Egress, EgressSettings
from schemas.errors import ErrorCode, PerdureError
from schemas.secret_stores import SecretSource, StoreSettings
from simulator.vault import ROOT_TOKEN, VaultServer
from tests.support.http_server import http_server
from tests.support.perdure import Perdure
from tests.support.serving import served

SECRET = "value-that-only-vault-keeps"
SOURCE = SecretSource(path="apps/shop")


@pytest.fixture
async def vault() -> AsyncIterator[tuple[VaultServer, str]]:
    """A Vault with a namespace and a secret."""
    server = VaultServer(namespace="team/a", mount="kv")
    server.write("apps/shop", api_key="the-first-version", note="x")
    server.write("apps/shop", api_key=SECRET, note="x")
    async with served(server.app) as url:
        yield server, url


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    """The way out."""
    async with Egress(EgressSettings(allow=("127.0.0.1",))) as made:
        yield made


def settings(url: str, **changes: Any) -> StoreSettings:
    """A role that may sign in."""
    role = {"auth": "approle", "role_id": "role-of-perdure", "namespace": "team/a", "mount": "kv"}
    return StoreSettings.model_validate({"address": url, **role, **changes})


async def failure(client: HashicorpVault, source: SecretSource = SOURCE) -> ErrorCode:
    """How a read ends."""
    with pytest.raises(PerdureError) as caught:
        await client.read(source)
    assert SECRET not in caught.value.info.message
    return caught.value.code


async def test_a_role_signs_in_once_and_reads(vault: tuple[VaultServer, str], egress: Egress) -> None:
    server, url = vault
    client = HashicorpVault(settings(url), server.secret_id, egress)
    assert (await client.read(SOURCE))["api_key"] == SECRET
    assert (await client.read(SecretSource(path="apps/shop", version=1)))["api_key"] == "the-first-version"
    assert (server.counts["login"], server.counts["read"]) == (1, 2)


async def test_a_lease_is_renewed_in_time_and_a_lost_one_replaced(
    vault: tuple[VaultServer, str], egress: Egress
) -> None:
    server, url = vault
    server.ttl = 100.0
    client = HashicorpVault(settings(url), server.secret_id, egress)
    await client.read(SOURCE)
    [lease] = [client._lease]
    assert lease is not None
    object.__setattr__(lease, "begins", lease.begins - 80)
    object.__setattr__(lease, "ends", lease.ends - 80)
    await client.read(SOURCE)
    assert (server.counts["renew"], server.counts["login"]) == (1, 1)
    server.revoke_all()
    assert (await client.read(SOURCE))["api_key"] == SECRET
    assert server.counts["login"] == 2


async def test_a_token_signs_in(vault: tuple[VaultServer, str], egress: Egress) -> None:
    server, url = vault
    client = HashicorpVault(settings(url, auth="token", role_id=None), ROOT_TOKEN, egress)
    assert (await client.read(SOURCE))["api_key"] == SECRET
    server.revoke_all()
    assert await failure(client) is ErrorCode.AUTH_FAILED


async def test_how_a_read_fails(vault: tuple[VaultServer, str], egress: Egress) -> None:
    server, url = vault
    right = HashicorpVault(settings(url), server.secret_id, egress)
    server.versions["gone"] = [None]
    server.readable = ""
    outcomes = {
        "wrong secret id": await failure(HashicorpVault(settings(url), "wrong-secret-id", egress)),
        "wrong namespace": await failure(HashicorpVault(settings(url, namespace="b"), server.secret_id, egress)),
        "no such path": await failure(right, SecretSource(path="nothing")),
        "deleted": await failure(right, SecretSource(path="gone")),
        "no such version": await failure(right, SecretSource(path="apps/shop", version=9)),
    }
    server.readable = "apps/other"
    outcomes["not allowed"] = await failure(right)
    server.sealed = True
    outcomes["sealed"] = await failure(right)
    outcomes["away"] = await failure(HashicorpVault(settings("http://127.0.0.1:1"), server.secret_id, egress))
    assert outcomes == {
        "wrong secret id": ErrorCode.AUTH_FAILED,
        "wrong namespace": ErrorCode.AUTH_FAILED,
        "no such path": ErrorCode.MISSING_CREDENTIAL,
        "deleted": ErrorCode.MISSING_CREDENTIAL,
        "no such version": ErrorCode.MISSING_CREDENTIAL,
        "not allowed": ErrorCode.AUTH_FAILED,
        "sealed": ErrorCode.UPSTREAM_FAILED,
        "away": ErrorCode.NETWORK,
    }


async def made(perdure: Perdure, url: str, server: VaultServer, **source: Any) -> None:
    """A store, and a credential whose value is there."""
    body = {"name": "vault", "settings": settings(url).model_dump(), "secret": server.secret_id, "is_default": True}
    answer = await perdure.api.post("/v1/secret-stores", json=body)
    assert answer.status_code == 201, answer.text
    assert server.secret_id not in answer.text
    tested = await perdure.api.post(f"/v1/secret-stores/{answer.json()['id']}/test")
    assert tested.status_code == 200, tested.text
    where = {"path": "apps/shop", "keys": {"token": "api_key"}, **source}
    body = {"name": "shop", "type": "bearer", "source": where}
    answer = await perdure.api.post("/v1/credentials", json=body)
    assert answer.status_code == 201, answer.text


async def test_a_step_uses_a_value_that_is_stored_nowhere_here(
    perdure: Perdure, vault: tuple[VaultServer, str]
) -> None:
    server, url = vault
    await made(perdure, url, server)
    async with http_server() as shop:
        node = {"id": "call", "kind": "http_request", "with": {"url": f"{shop.url}/x", "credential": "shop"}}
        run = await perdure.run([node, {**node, "id": "again"}])
    assert run["status"] == "completed", run
    assert [one.headers["authorization"] for one in shop.received] == [f"Bearer {SECRET}"] * 2
    assert server.counts["read"] == 1
    assert SECRET not in str(await perdure.steps(run["id"]))
    async with perdure.database.system() as session:
        rows = await session.scalars(text("SELECT row_to_json(c)::text FROM credentials c"))
        assert not any(SECRET in row for row in rows)


async def test_what_a_credential_with_a_source_must_say(perdure: Perdure, vault: tuple[VaultServer, str]) -> None:
    server, url = vault
    await made(perdure, url, server, keys={})
    node = {"id": "call", "kind": "http_request", "with": {"url": f"{url}/x", "credential": "shop"}}
    run = await perdure.run([node])
    assert (run["error"]["code"], "`token`" in run["error"]["message"]) == ("missing_credential", True), run["error"]
    moved = {"source": {"path": "apps/shop", "keys": {"token": "api_key"}}}
    assert (await perdure.api.patch("/v1/credentials/shop", json=moved)).status_code == 200
    both = {"name": "b", "type": "bearer", "secret": {"token": SECRET}, **moved}
    assert (await perdure.api.post("/v1/credentials", json=both)).status_code == 422
    assert (await perdure.api.post("/v1/credentials", json={"name": "b", "type": "bearer"})).status_code == 422
    climbing = {"name": "b", "type": "bearer", "source": {"path": "apps/../x"}}
    assert (await perdure.api.post("/v1/credentials", json=climbing)).status_code == 422
    [store] = (await perdure.api.get("/v1/secret-stores")).json()["items"]
    assert store["credentials"] == 1
    assert (await perdure.api.delete(f"/v1/secret-stores/{store['id']}")).status_code == 409
    elsewhere = {**store["settings"], "address": "http://127.0.0.1:1"}
    sent = await perdure.api.patch(f"/v1/secret-stores/{store['id']}", json={"settings": elsewhere})
    assert (sent.status_code, "enter it again" in sent.json()["detail"]) == (422, True)
