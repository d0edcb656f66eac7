"""Which step may use a credential, and where it may send it: asked anew at every use."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import select, update

from activities.credentials.redactions import Redactions
from activities.credentials.vault import Vault
from db.session import Database
from db.tables import Credential, Workflow
from engine.secrets import Encryption
from engine.secrets.purposes import CREDENTIAL
from schemas.credentials.references import credential_uses, written_origin
from schemas.errors import ErrorCode, ErrorInfo
from schemas.messages import StepCredentials, StepInput
from tests.support.http_server import HttpServer, http_server
from tests.support.secrets import encryption
from tests.support.steps import run_step, services, step_failure, step_input
from tests.support.workspaces import new_run, new_workspace

SECRET = "tok-live-4242-abcdef"


async def store(database: Database, workspace: UUID, name: str = "stripe", **columns: Any) -> UUID:
    identity = uuid4()
    values = {"type": "bearer", "public": {}, "created_by": "t", "updated_by": "t", "fields": ["token"], **columns}
    secret = orjson.dumps(values.pop("secret", {"token": SECRET}))
    sealed = values.pop("keys", encryption()).encrypt(CREDENTIAL, workspace, identity, secret)
    async with database.tenant(workspace) as session:
        session.add(Credential(id=identity, workspace_id=workspace, name=name, sealed=sealed, **values))
    return identity


class Steps:
    """Runs steps of one run against an echo server."""

    def __init__(self, database: Database, workspace: UUID, run: UUID, server: HttpServer) -> None:
        self.database = database
        self.workspace = workspace
        self.run = run
        self.server = server
        self.encryption: Encryption = encryption()

    def step(
        self, published: dict[str, Any], config: dict[str, Any] | None = None, kind: str = "http_request"
    ) -> StepInput:
        """A step whose node says `published`; its settings as they are now may be others."""
        uses = credential_uses(published)
        credentials = StepCredentials(
            uses=uses, origin=written_origin(published.get("url")), known=tuple(use.reference for use in uses)
        )
        return step_input(
            kind,
            published if config is None else config,
            workspace_id=str(self.workspace),
            run_id=str(self.run),
            credentials=credentials,
        )

    async def sent(self, published: dict[str, Any], config: dict[str, Any] | None = None, **how: Any) -> dict[str, Any]:
        """What the server got."""
        async with services(self.server.allowed) as given:
            await run_step(replace(given, vault=self.vault), self.step(published, config, **how))
        return dict(self.server.received[-1].headers)

    async def failure(self, published: dict[str, Any], config: dict[str, Any] | None = None, **how: Any) -> ErrorInfo:
        """Why nothing was sent."""
        async with services(self.server.allowed) as given:
            error = await step_failure(replace(given, vault=self.vault), self.step(published, config, **how))
        assert self.server.received == []
        assert SECRET not in str(error)
        return error

    @property
    def vault(self) -> Vault:
        return Vault(self.database, self.encryption, Redactions())


@pytest.fixture
async def steps(database: Database, workspace_id: UUID) -> Any:
    run = await new_run(database, workspace_id)
    async with http_server() as server:
        yield Steps(database, workspace_id, run.id, server)


async def test_it_is_used_by_name_and_by_id(steps: Steps, database: Database) -> None:
    identity = await store(database, steps.workspace)
    for reference in ("stripe", str(identity)):
        headers = await steps.sent({"url": steps.server.url, "credential": reference})
        assert headers["authorization"] == f"Bearer {SECRET}"
    async with database.tenant(steps.workspace) as session:
        assert (await session.scalars(select(Credential.last_used_at))).one() is not None


@pytest.mark.parametrize(
    ("columns", "header", "value"),
    [
        ({"type": "bearer", "secret": {"token": SECRET}}, "authorization", f"Bearer {SECRET}"),
        (
            {"type": "basic", "public": {"username": "Ada"}, "secret": {"password": "pässword"}},
            "authorization",
            "Basic QWRhOnDDpHNzd29yZA==",
        ),
        ({"type": "header", "public": {"name": "X-Token"}, "secret": {"value": SECRET}}, "x-token", SECRET),
        (
            {"type": "api_key", "public": {"name": "X-Key", "place": "header"}, "secret": {"key": SECRET}},
            "x-key",
            SECRET,
        ),
    ],
)
async def test_each_type_goes_where_it_belongs_and_replaces_what_is_there(
    steps: Steps, database: Database, columns: dict[str, Any], header: str, value: str
) -> None:
    await store(database, steps.workspace, **columns)
    config = {"url": steps.server.url, "credential": "stripe", "headers": {header.upper(): "other"}}
    assert (await steps.sent(config))[header] == value


async def test_a_key_in_the_query_is_added_to_the_address(steps: Steps, database: Database) -> None:
    public = {"name": "api_key", "place": "query"}
    await store(database, steps.workspace, type="api_key", public=public, secret={"key": "a&b=c d/"})
    await steps.sent({"url": f"{steps.server.url}/x?y=1#z", "credential": "stripe", "query": {"api_key": "other"}})
    assert steps.server.received[0].target == "/x?y=1&api_key=a%26b%3Dc+d%2F"


async def test_a_key_in_the_path_stands_where_a_place_is_kept_for_it(steps: Steps, database: Database) -> None:
    public = {"name": "token", "place": "path"}
    await store(database, steps.workspace, type="api_key", public=public, secret={"key": "12:a/b?c#d"})
    await steps.sent({"url": f"{steps.server.url}/bot{{token}}/send?x={{y}}", "credential": "stripe"})
    assert steps.server.received[0].target == "/bot12%3Aa%2Fb%3Fc%23d/send?x={y}"
    steps.server.received.clear()
    for url in (f"{steps.server.url}/bot/send", steps.server.url):
        assert (await steps.failure({"url": url, "credential": "stripe"})).code is ErrorCode.INVALID_CONFIG


@pytest.mark.parametrize("place", ["credential", "marker"])
@pytest.mark.parametrize("by", ["name", "id", "nothing"])
async def test_of_another_workspace_it_is_as_if_it_were_not_there(
    steps: Steps, database: Database, database_url: str, place: str, by: str
) -> None:
    other = await new_workspace(database_url)
    identity = await store(database, other)
    reference = {"name": "stripe", "id": str(identity), "nothing": str(uuid4())}[by]
    use = {"credential": reference} if place == "credential" else {"json": [{"deep": {"$credential": reference}}]}
    error = await steps.failure({"url": steps.server.url, "method": "POST", **use})
    message = f"There is no credential {reference!r} in this workspace; add it, or change the workflow."
    assert (error.code, error.message, error.details) == (ErrorCode.MISSING_CREDENTIAL, message, {})


async def test_a_sealed_value_that_was_moved_to_another_row_is_not_opened(
    steps: Steps, database: Database, database_url: str
) -> None:
    other = await new_workspace(database_url)
    await store(database, steps.workspace)
    theirs = encryption().encrypt(CREDENTIAL, other, uuid4(), orjson.dumps({"token": SECRET}))
    async with database.tenant(steps.workspace) as session:
        await session.execute(update(Credential).values(sealed=theirs))
    error = await steps.failure({"url": steps.server.url, "credential": "stripe"})
    assert error.code is ErrorCode.MISSING_CREDENTIAL
    assert "cannot be read" in error.message


async def test_without_its_key_it_says_which_one_is_missing(steps: Steps, database: Database) -> None:
    await store(database, steps.workspace)
    steps.encryption = encryption("other:" + "QUFB" * 10 + "QUE=")
    error = await steps.failure({"url": steps.server.url, "credential": "stripe"})
    assert (error.code, "'test'" in error.message) == (ErrorCode.MISSING_CREDENTIAL, True)


async def test_only_the_named_workflows_may_use_it(steps: Steps, database: Database) -> None:
    async with database.tenant(steps.workspace) as session:
        slug = (await session.scalars(select(Workflow.slug))).one()
    await store(database, steps.workspace, workflows=["another", slug])
    await store(database, steps.workspace, "theirs", workflows=["another"])
    await store(database, steps.workspace, "nobodys", workflows=[])
    assert await steps.sent({"url": steps.server.url, "credential": "stripe"})
    steps.server.received.clear()
    for name in ("theirs", "nobodys"):
        error = await steps.failure({"url": steps.server.url, "credential": name})
        assert (error.code, repr(slug) in error.message) == (ErrorCode.FORBIDDEN, True)


@pytest.mark.parametrize(
    ("hosts", "allowed"),
    [
        (["127.0.0.1"], True),
        (["api.example.com", "127.0.0.1:{port}"], True),
        (["127.0.0.1:1"], False),
        (["api.example.com"], False),
        (["*.0.0.1"], True),
        ([], False),
    ],
)
@pytest.mark.parametrize("url", ["{url}/x", "{{{{ input.url }}}}"])
async def test_it_goes_to_its_hosts_only(
    steps: Steps, database: Database, hosts: list[str], allowed: bool, url: str
) -> None:
    await store(database, steps.workspace, hosts=[host.format(port=steps.server.port) for host in hosts])
    published = {"url": url.format(url=steps.server.url), "credential": "stripe"}
    config = {**published, "url": f"{steps.server.url}/x"}
    if allowed:
        assert (await steps.sent(published, config))["authorization"] == f"Bearer {SECRET}"
    else:
        assert (await steps.failure(published, config)).code is ErrorCode.FORBIDDEN


async def test_where_the_address_is_computed_it_needs_hosts(steps: Steps, database: Database) -> None:
    """Whoever starts a run could have it sent to a server of their own."""
    await store(database, steps.workspace)
    published = {"url": "{{ input.url }}", "credential": "stripe"}
    error = await steps.failure(published, {**published, "url": steps.server.url})
    assert (error.code, "`hosts`" in error.message) == (ErrorCode.FORBIDDEN, True)


@pytest.mark.parametrize(
    "written",
    ["https://api.example.com/v1", "http://127.0.0.1:1/", "https://127.0.0.1:{port}/", "http://localhost:{port}/"],
)
async def test_settings_that_a_person_edited_lead_nowhere_else(steps: Steps, database: Database, written: str) -> None:
    await store(database, steps.workspace)
    published = {"url": written.format(port=steps.server.port), "credential": "stripe"}
    error = await steps.failure(published, {**published, "url": steps.server.url})
    assert (error.code, "127.0.0.1" in error.message) == (ErrorCode.FORBIDDEN, True)


async def test_settings_that_a_person_edited_name_no_other_credential(steps: Steps, database: Database) -> None:
    await store(database, steps.workspace)
    await store(database, steps.workspace, "prod", secret={"token": "prod-token-1"})
    published = {
        "url": steps.server.url,
        "method": "POST",
        "credential": "stripe",
        "json": {"a": {"$credential": "stripe"}},
    }
    error = await steps.failure(published, {**published, "credential": "prod"})
    assert (error.code, "publishing" in error.message) == (ErrorCode.FORBIDDEN, True)
    edited = {**published, "json": {"a": {"$credential": "prod"}, "b": {"$credential": "stripe"}}}
    await steps.sent(published, edited)
    assert orjson.loads(steps.server.received[0].body) == edited["json"]


async def test_a_credential_of_a_wrong_type_is_refused(steps: Steps, database: Database) -> None:
    models = {"type": "llm_provider", "public": {"provider": "openai"}, "secret": {"api_key": SECRET}}
    await store(database, steps.workspace, "models", **models)
    await store(database, steps.workspace, "pair", type="generic", secret={"a": SECRET, "b": SECRET + "2"})
    url = {"url": steps.server.url, "method": "POST"}
    assert (await steps.failure({**url, "credential": "models"})).code is ErrorCode.INVALID_CONFIG
    assert (await steps.failure({**url, "json": {"$credential": "models"}})).code is ErrorCode.FORBIDDEN
    missing = await steps.failure({**url, "json": {"$credential": "pair"}})
    assert (missing.code, "`a`, `b`" in missing.message) == (ErrorCode.MISSING_CREDENTIAL, True)
