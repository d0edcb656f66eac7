"""A whole Perdure in this process: API, dispatcher and a real worker on real servers. Fixtures to import."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from activities.credentials.redactions import Redactions
from activities.credentials.vault import Vault
from activities.egress import Egress, EgressSettings
from activities.knowledge.index import KnowledgeSettings
from activities.llm.settings import LlmSettings, RateLimit
from activities.notify.services import Post
from api.access.directory import Directory
from api.access.signing_keys import SigningKeys
from api.access.tokens import Tokens
from api.app import create_app
from api.services import Services as ApiServices
from api.settings import ApiSettings
from api.sign_on.discovery import Discovery
from api.workflows.version_cache import VersionCache
from db.event_stream import EventHub
from db.session import Database
from engine.client import connect_now, workflow_id
from engine.dispatcher import Dispatcher
from engine.maintenance import run_maintenance
from engine.secrets import Encryption
from engine.settings import TemporalSettings
from schemas.messages import RunStatus
from simulator.app import create_app as create_simulator
from tests.support.polling import eventually
from tests.support.secrets import encryption
from tests.support.serving import served
from tests.support.workspaces import new_workspace
from workers.parts import step_services, vector_index, worker_parts
from workers.pollers import build_workers
from workers.process import beside
from workers.settings import WorkerSettings

TOKEN = "a-token-for-tests"
PACED = "gpt-4o-2024-05-13"
"""A model of which each key may be used 20 times a minute."""
ENDED = {status.value for status in RunStatus if status.ended}


class Perdure:
    """What a user of the API can do, in short words."""

    def __init__(self, api: httpx.AsyncClient, services: ApiServices) -> None:
        self.api = api
        self.services = services
        self.temporal = services.temporal
        self.database = services.database
        self.workspace_id = services.workspace_id

    async def publish(self, nodes: list[dict[str, Any]], edges: list[str] = (), **document: Any) -> str:
        """Publishes a document; edges are written `a>b` or `a.port>b`. Returns the slug."""
        name = document.pop("name", f"flow {uuid4().hex[:8]}")
        body = {"format": "perdure/v1", "name": name, "nodes": nodes, "edges": [edge(e) for e in edges], **document}
        answer = await self.api.post("/v1/workflows", json=body)
        assert answer.status_code in (200, 201), answer.text
        slug: str = answer.json()["slug"]
        return slug

    async def start(self, slug: str, input: Any = None) -> str:  # noqa: A002 - the API's own word
        """Starts a run and returns its id."""
        answer = await self.api.post("/v1/runs", json={"workflow": slug, "input": input or {}})
        assert answer.status_code == 202, answer.text
        run: str = answer.json()["id"]
        return run

    async def get(self, run: str) -> dict[str, Any]:
        """The run as the API shows it."""
        answer: dict[str, Any] = (await self.api.get(f"/v1/runs/{run}")).raise_for_status().json()
        return answer

    async def ended(self, run: str, seconds: float = 45.0) -> dict[str, Any]:
        """Waits for the end of a run."""

        async def look() -> dict[str, Any] | None:
            shown = await self.get(run)
            return shown if shown["status"] in ENDED else None

        found = await eventually(look, seconds=seconds)
        assert found is not None
        return found

    async def ended_again(self, run: str, attempt: int) -> dict[str, Any]:
        """Waits for the end of a retried run."""

        async def look() -> dict[str, Any] | None:
            shown = await self.get(run)
            return shown if shown["status"] in ENDED and shown["attempt"] == attempt else None

        found = await eventually(look, seconds=45)
        assert found is not None
        return found

    async def fork(self, run: str, **body: Any) -> str:
        """Forks a run and returns the new one's id."""
        answer = await self.api.post(f"/v1/runs/{run}/fork", json=body)
        assert answer.status_code == 202, answer.text
        forked: str = answer.json()["id"]
        return forked

    async def run(
        self,
        nodes: list[dict[str, Any]],
        edges: list[str] = (),
        *,
        input: Any = None,  # noqa: A002
        **document: Any,
    ) -> dict[str, Any]:
        """Publishes, runs to the end and returns the run."""
        return await self.ended(await self.start(await self.publish(nodes, edges, **document), input))

    async def steps(self, run: str) -> dict[str, dict[str, Any]]:
        """Steps by `path` or, from the second iteration on, `path#iteration`."""
        found: dict[str, dict[str, Any]] = {}
        cursor = None
        while True:
            params = {"limit": 500} | ({"cursor": cursor} if cursor else {})
            page = (await self.api.get(f"/v1/runs/{run}/steps", params=params)).raise_for_status().json()
            for step in page["items"]:
                found[step["path"] + (f"#{step['iteration']}" if step["iteration"] else "")] = step
            cursor = page.get("next_cursor")
            if not cursor:
                return found

    async def statuses(self, run: str) -> dict[str, str]:
        """Status of each step."""
        return {key: step["status"] for key, step in (await self.steps(run)).items()}

    async def reached(self, run: str, step: str, status: str) -> None:
        """Waits until a step has a status."""

        async def look() -> bool:
            return (await self.statuses(run)).get(step) == status

        await eventually(look, seconds=30)

    async def shows(self, run: str, status: str) -> None:
        """Waits until the run has a status."""

        async def look() -> bool:
            return bool((await self.get(run))["status"] == status)

        await eventually(look, seconds=30)

    async def approval(self, run: str, title: str | None = None) -> dict[str, Any]:
        """Waits for an open approval of a run."""

        async def look() -> dict[str, Any] | None:
            page = (await self.api.get("/v1/approvals", params={"status": "pending", "run": run})).json()
            return next((a for a in page["items"] if title in (None, a["title"])), None)

        found = await eventually(look, seconds=30)
        assert found is not None
        return found

    async def decide(self, run: str, decision: str, **body: Any) -> dict[str, Any]:
        """Waits for an open approval and decides it."""
        asked = await self.approval(run)
        answer = await self.api.post(
            f"/v1/approvals/{asked['id']}/decide", json={"decision": decision, "digest": asked["digest"], **body}
        )
        assert answer.status_code == 200, answer.text
        return asked

    async def control(self, run: str, action: str, **body: Any) -> None:
        """Cancels, pauses, resumes or retries."""
        answer = await self.api.post(f"/v1/runs/{run}/{action}", json=body or None)
        assert answer.status_code in (200, 202), answer.text

    def handle(self, run: str, attempt: int = 1) -> WorkflowHandle[Any, Any]:
        """The Temporal side of a run."""
        return self.temporal.get_workflow_handle(workflow_id(UUID(run), attempt))


def edge(text: str) -> dict[str, str]:
    """An edge written `a.port>b`."""
    source, _, target = text.partition(">")
    return {"from": source, "to": target}


@pytest.fixture(scope="session")
async def model_server() -> AsyncIterator[str]:
    """URL of a simulator, which also serves as a plain HTTP server to be called."""
    async with served(create_simulator()) as url:
        yield url


@pytest.fixture(scope="module")
async def worker(database: Database, temporal_address: str, model_server: str) -> AsyncIterator[Client]:
    """A worker of this process; gives its client.

    It ends with the module: its sweeps see every workspace, and other suites run without a worker or with their own.
    """
    async with working(database, temporal_address, model_server) as client:
        yield client


def codec_keys() -> Encryption | None:
    """What encrypts payloads; nothing while histories are recorded, which must replay without any key."""
    return None if os.environ.get("PERDURE_RECORD_HISTORIES") else encryption()


@asynccontextmanager
async def working(
    database: Database, temporal_address: str, model_server: str, post: Post | None = None
) -> AsyncIterator[Client]:
    """A worker of this process for as long as the block runs; gives its client."""
    client = await connect_now(TemporalSettings(address=temporal_address), database, encryption=codec_keys())
    llm = LlmSettings(
        openai_base_url=f"{model_server}/v1",
        openai_api_key=SecretStr("sk-simulated"),
        anthropic_base_url=model_server,
        anthropic_api_key=SecretStr("sk-ant-simulated"),
        rate_limits={PACED: RateLimit(requests_per_minute=20)},
    )
    egress = EgressSettings(allow=("127.0.0.1",))
    knowledge = KnowledgeSettings.model_construct(qdrant_url=None, qdrant_api_key=None)
    async with (
        step_services(llm, egress, "whsec_" + "QUFB" * 8) as services,
        vector_index(database, knowledge) as index,
    ):
        parts = worker_parts(database, services, Vault(database, encryption(), Redactions()), post, index)
        mail = post is not None and post.smtp.host is not None
        workers: list[Worker] = build_workers(client, WorkerSettings(), parts, "tests")
        async with workers[0], workers[1], workers[2], beside(run_maintenance(database, client, mail=mail)):
            yield client


@pytest.fixture(scope="module")
async def plumbing(database: Database, worker: Client) -> AsyncIterator[tuple[Dispatcher, EventHub]]:
    """What the API shares between requests."""
    dispatcher, events = Dispatcher(database, worker), EventHub(database)
    yield dispatcher, events
    await dispatcher.close()
    await events.close()


@pytest.fixture
async def perdure(
    database: Database, database_url: str, worker: Client, plumbing: tuple[Dispatcher, EventHub]
) -> AsyncIterator[Perdure]:
    """Perdure with a fresh workspace; `opened` makes another one beside it."""
    services = api_services(database, worker, *plumbing, await new_workspace(database_url))
    async with opened(services) as made:
        yield made


def api_services(
    database: Database, temporal: Client, dispatcher: Dispatcher, events: EventHub, workspace_id: UUID
) -> ApiServices:
    """What an API process has."""
    egress = Egress(EgressSettings(allow=("localhost", "127.0.0.0/8")))
    return ApiServices(
        database=database,
        temporal=temporal,
        dispatcher=dispatcher,
        events=events,
        versions=VersionCache(database),
        encryption=encryption(),
        tokens=Tokens(SigningKeys.random()),
        directory=Directory(database),
        egress=egress,
        sign_on=Discovery(egress),
        workspace_id=workspace_id,
    )


@asynccontextmanager
async def opened(services: ApiServices) -> AsyncIterator[Perdure]:
    """Perdure in the workspace of the operator's token."""
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), services)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://api",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield Perdure(client, services)
