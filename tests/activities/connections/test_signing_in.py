"""The sign-in: what leads to a connection, and what does not."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import Response
from sqlalchemy import text

from activities.connections.oauth import OAuth, OAuthApp, Tokens
from activities.egress import Egress, EgressSettings
from schemas.connections.providers import Endpoints
from schemas.errors import ErrorCode, PerdureError
from schemas.roles import Role
from tests.support.history_text import history_text
from tests.support.http_server import Received, answer, http_server
from tests.support.oauth import Office, endpoints
from tests.support.people import new_member
from tests.support.polling import eventually


async def test_a_person_connects_an_account(office: Office) -> None:
    connection = await office.connection()
    assert connection["status"] == "pending"
    url = await office.begin(connection)
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query["redirect_uri"].endswith("/connections/callback")
    assert (query["code_challenge_method"], query["scope"]) == ("S256", "notes mail")
    assert len(query["code_challenge"]) == 43
    done = await office.finish(await office.consent(url))
    assert done.status_code == 200, done.text
    assert (done.json()["status"], done.json()["scopes"]) == ("active", ["notes", "mail"])
    assert len(office.provider.live()) == 1
    held = [office.provider.grants[0].access_token, office.provider.grants[0].refresh_token]
    await _nothing_shows(office, held)


async def _nothing_shows(office: Office, secrets: list[str]) -> None:
    """Neither a table nor a history nor an answer holds a secret."""
    async with office.perdure.database.system() as session:
        for table in ("connections", "connection_attempts", "audit_log"):
            rows = await session.scalars(text(f"SELECT row_to_json(t)::text FROM {table} t"))
            assert not any(secret in row for row in rows for secret in secrets)
    seen = 0
    async for found in office.perdure.temporal.list_workflows("WorkflowType = 'connection_task'"):
        handle = office.perdure.temporal.get_workflow_handle(found.id, run_id=found.run_id)
        seen += 1
        shown = await history_text(office.perdure.temporal, handle)
        assert not any(secret in shown for secret in secrets)
    assert seen
    shown = (await office.api.get("/v1/connections")).text
    assert not any(secret in shown for secret in secrets)


async def test_a_state_counts_once_for_whoever_began(office: Office) -> None:
    connection = await office.connection()
    sent = await office.consent(await office.begin(connection))
    assert (await office.finish(sent)).status_code == 200
    again = await office.finish(sent)
    assert (again.status_code, again.json()["code"]) == (422, "invalid_request")
    assert "does not count" in again.json()["detail"]
    assert office.provider.counts["authorization_code"] == 1


async def test_what_does_not_count(office: Office) -> None:
    connection = await office.connection()
    unknown = {"state": "x" * 43, "code": "c"}
    assert (await office.finish(unknown)).status_code == 422
    late = await office.consent(await office.begin(connection))
    others = await office.consent(await office.begin(connection))
    async with office.perdure.database.tenant(office.workspace_id) as session:
        for column in ("expires_at = now() - interval '1 second'", "actor = 'user:7'"):
            newest = "SELECT id FROM connection_attempts WHERE expires_at > now() AND actor <> 'user:7' LIMIT 1"
            await session.execute(text(f"UPDATE connection_attempts SET {column} WHERE id = ({newest})"))
    for sent in (late, others):
        assert "does not count" in (await office.finish(sent)).json()["detail"]
    refused = await office.finish(await office.consent(await office.begin(connection), "no"))
    assert (refused.status_code, "access_denied" in refused.json()["detail"]) == (422, True)
    assert (await office.shown(connection))["status"] == "pending"
    assert office.provider.counts == {}
    app = {"name": "odd", "provider": "custom", "client_id": "c"}
    for name in ("state", "scope", "Client_ID", "request_uri"):
        led = endpoints(office.url, authorize_parameters={name: "x"})
        answer = await office.api.post("/v1/connection-apps", json={**app, "endpoints": led})
        assert (answer.status_code, name in answer.text) == (422, True)


async def test_a_code_of_another_sign_in_is_refused_for_its_verifier(office: Office) -> None:
    connection = await office.connection()
    mine, stolen = [await office.consent(await office.begin(connection)) for _ in range(2)]
    answer = await office.finish({"state": mine["state"], "code": stolen["code"]})
    assert (answer.status_code, answer.json()["code"]) == (424, "auth_failed"), answer.text
    assert office.provider.live() == []
    assert stolen["code"] not in answer.text


async def test_a_sign_in_wins_over_a_renewal_and_is_taken_back_without_its_connection(
    office: Office,
) -> None:
    connection = await office.connected()
    office.provider.control.delay = 1.0

    async def meanwhile(change: Callable[[], Awaitable[Any]]) -> Response:
        """The answer to a sign-in, if something happens between the provider's answer and ours."""
        given = len(office.provider.grants)
        finishing = asyncio.create_task(office.finish(await office.consent(await office.begin(connection))))

        async def asked() -> bool:
            return len(office.provider.grants) > given

        await eventually(asked, seconds=20)
        await change()
        return await finishing

    async def renew() -> None:
        async with office.perdure.database.tenant(office.workspace_id) as session:
            await session.execute(text("UPDATE connections SET revision = revision + 1"))

    answer = await meanwhile(renew)
    assert (answer.status_code, answer.json()["status"]) == (200, "active"), answer.text
    await office.imported(connection)
    office.provider.grants[0].alive = False
    assert (await office.tried(connection, "list_notes")).status_code == 200, "the token of the second sign-in"

    answer = await meanwhile(lambda: office.api.delete(f"/v1/connections/{connection['id']}"))
    assert answer.status_code == 404, answer.text

    async def over() -> bool:
        return office.provider.live() == []

    await eventually(over, seconds=60)


async def test_the_issuer_must_be_the_one_that_was_asked(office: Office) -> None:
    connection = await office.connection(endpoints={"issuer": "https://issuer.example.com"})
    sent = await office.consent(await office.begin(connection))
    answer = await office.finish({**sent, "iss": "https://evil.example.com"})
    assert (answer.status_code, "another issuer" in answer.json()["detail"]) == (422, True)
    sent = await office.consent(await office.begin(connection))
    assert (await office.finish({**sent, "iss": "https://issuer.example.com"})).status_code == 200


@pytest.mark.parametrize(
    ("revocation", "where"),
    [("rfc7009", "/oauth/revoke"), ("bearer", "/oauth/revoke"), ("github", "/api/applications/{client_id}/grant")],
)
async def test_access_is_taken_back_when_a_connection_is_deleted(office: Office, revocation: str, where: str) -> None:
    connection = await office.connected(endpoints={"revocation": revocation, "revoke_url": f"{office.url}{where}"})
    office.provider.control.fail_revocations = 1
    # An access token that is over ends nothing itself, while the refresh token is still good.
    office.provider.grants[0].ends = 0.0
    await _change(office, "UPDATE connections SET expires_at = now() - interval '1 minute'")
    app = connection["app"]
    assert (await office.api.delete(f"/v1/connection-apps/{app}")).status_code == 409
    assert (await office.api.delete(f"/v1/connections/{connection['id']}")).status_code == 204
    assert (await office.api.get(f"/v1/connections/{connection['id']}")).status_code == 404
    await _forgotten(office)
    assert office.provider.live() == []
    assert office.provider.counts["revoke"] >= 2
    async with office.perdure.database.tenant(office.workspace_id) as session:
        told = await session.scalars(text("SELECT after::text FROM audit_log WHERE action = 'connection.revoked'"))
        assert json.loads(told.one())["told_provider"] is True
    assert (await office.api.delete(f"/v1/connection-apps/{app}")).status_code == 204


async def _forgotten(office: Office, left: int = 0) -> None:
    """Waits until deleted connections are gone."""

    async def look() -> bool:
        async with office.perdure.database.tenant(office.workspace_id) as session:
            return bool(await session.scalar(text("SELECT count(*) FROM connections")) == left)

    await eventually(look, seconds=30)


async def _change(office: Office, statement: str) -> None:
    async with office.perdure.database.tenant(office.workspace_id) as session:
        await session.execute(text(statement))


async def test_an_access_that_cannot_be_taken_back_is_said_so(office: Office) -> None:
    admin = await new_member(office.perdure.database, office.workspace_id, Role.ADMIN)
    connection = await office.connected()
    # Nothing is tried again that is no address for us; a provider that refuses is tried for a day.
    denied = "jsonb_set(endpoints, '{revoke_url}', '\"http://10.0.0.1/revoke\"')"
    await _change(office, f"UPDATE connection_apps SET endpoints = {denied}")
    assert (await office.api.delete(f"/v1/connections/{connection['id']}")).status_code == 204
    await _forgotten(office)
    assert len(office.provider.live()) == 1
    async with office.perdure.database.tenant(office.workspace_id) as session:
        told = await session.scalars(
            text("SELECT after::text FROM audit_log WHERE action = 'connection.revocation_failed'")
        )
        after = json.loads(told.one())
        mails = (await session.execute(text("SELECT event, user_id, facts FROM notification_messages"))).all()
    assert (after["name"], after["provider"], "10.0.0.1" in after["problem"]) == ("notes", "custom", True)
    [mail] = mails
    assert (mail.event, mail.user_id, mail.facts["name"]) == ("revocation_failed", admin.id, "notes")


async def test_another_account_takes_the_place_of_the_one_before(office: Office) -> None:
    connection = await office.connected(provider="github")
    await office.finish(await office.consent(await office.begin(connection)))
    # The same account: most providers would end the new access with the old one.
    assert len(office.provider.live()) == 2
    await _change(office, "UPDATE connections SET account = 'bob@example.com'")
    await office.finish(await office.consent(await office.begin(connection)))
    await _forgotten(office, left=1)
    assert [grant.alive for grant in office.provider.grants] == [True, False, True]
    assert (await office.shown(connection))["status"] == "active"


TOKENS = Tokens("at-1", "rt-1")
DONE, FAILED = True, ErrorCode.UPSTREAM_FAILED


@pytest.mark.parametrize(
    ("revocation", "status", "body", "outcome"),
    [
        ("rfc7009", 200, "", DONE),
        ("rfc7009", 503, "", FAILED),
        ("rfc7009", 302, "", FAILED),
        ("rfc7009", 401, {"error": "invalid_client"}, FAILED),
        ("rfc7009", 400, {"error": "invalid_token"}, DONE),
        ("rfc7009", 400, {"error": "unsupported_token_type"}, FAILED),
        ("bearer", 200, {"ok": True, "revoked": True}, DONE),
        ("bearer", 204, "", DONE),
        ("bearer", 200, {"ok": True, "revoked": False}, FAILED),
        ("bearer", 200, {"ok": False, "error": "invalid_auth"}, FAILED),
        ("bearer", 200, {"ok": False, "error": "token_expired"}, FAILED),
        ("bearer", 200, {"ok": False, "error": "token_revoked"}, DONE),
        ("bearer", 200, {"ok": False, "error": "account_inactive"}, DONE),
        ("bearer", 401, {"error": "invalid_token"}, FAILED),
        ("bearer", 503, {"ok": True}, FAILED),
        ("github", 204, "", DONE),
        ("github", 404, {"message": "Not Found"}, DONE),
        ("github", 401, {"message": "Bad credentials"}, FAILED),
        ("github", 422, {"message": "Validation Failed"}, FAILED),
        ("github", 503, "", FAILED),
    ],
)
async def test_only_what_the_provider_says_counts_as_taken_back(
    revocation: str, status: int, body: Any, outcome: Any
) -> None:
    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(json.dumps(body).encode() if body else b"", status=status))

    async with http_server(handle) as server, Egress(EgressSettings(allow=("127.0.0.1",))) as egress:
        where = Endpoints(**endpoints(server.url, revocation=revocation))
        try:
            found: Any = await OAuth(egress).revoke(OAuthApp("us", "secret", where), TOKENS)
        except PerdureError as error:
            found = error.code
    assert found == outcome
