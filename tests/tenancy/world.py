"""Workspaces that have everything a workspace can have, and the names of it all."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from api.access.permissions import Permission
from api.app import create_app
from api.requests import encode_cursor
from api.services import Services
from api.settings import ApiSettings
from db.event_stream import EventHub
from db.session import Database
from engine.dispatcher import Dispatcher
from schemas.roles import Role
from tests.support.people import Member, access_token, new_member, nobody, signed_in
from tests.support.perdure import Perdure, api_services, opened, working
from tests.support.polling import eventually
from tests.support.workspaces import new_workspace
from tests.tenancy.agents import agents
from tests.tenancy.company import company
from tests.tenancy.connections import connections
from tests.tenancy.office import office, repeated, rule
from tests.tenancy.privacy import privacy
from tests.tenancy.tools import tools
from tests.tenancy.triggers import triggers

SPARES = 25
OPERATOR = "a-token-for-tests"


@dataclass(frozen=True)
class Names:
    """What can be named in a request, of one workspace, as it stands in a URL or a body."""

    workspace: str
    run: str
    """Has completed, has a child run, and can be forked."""
    child_run: str
    waiting_run: str
    failed_run: str
    approval: str
    approval_view: str
    """Of the owner."""
    run_view: str
    """Of the owner."""
    rule: str
    """The only one of the workspace; it fails at every approval."""
    answered_run: str
    """Its approval was given by the owner, and a rule repeats that."""
    calendar: str
    absence: str
    """Of the member beside the owner."""
    own_absence: str
    """Of the owner."""
    asking_workflow: str
    """Slug of the workflow that asks for the approval."""
    bulk: str
    """A job that was carried out."""
    bulk_token: str
    """Of a preview that was not started."""
    workflow: str
    """Slug of a workflow with two versions and a draft."""
    draft_only: str
    """Slug of a workflow without a version."""
    credential: str
    credential_name: str
    key: str
    user: str
    """A member beside the owner."""
    email: str
    """Of that member."""
    owner: str
    owner_email: str
    session: str
    """Of the owner."""
    group: str
    group_name: str
    invitation: str
    channel: str
    """A room of the workspace."""
    own_channel: str
    """A place of the owner."""
    tag: str
    word: str
    """Stands in the input of a run."""
    event_key: str
    """A run waits for an event of the type `awaited` with this key."""
    agent: str
    """Slug of an agent with a version and a draft."""
    agent_draft: str
    """Slug of an agent without a version."""
    crew: str
    """Slug of a crew with a version and a draft."""
    knowledge: str
    """Slug of a knowledge base with a document."""
    document: str
    memory: str
    """Id of a fact."""
    subject: str
    """A fact is about that."""
    chat: str
    """A conversation of the owner, without messages."""
    human_chat: str
    """One that was handed to people."""
    chat_message: str
    """In that one."""
    file: str
    prompt: str
    """Name of a prompt with two versions."""
    schedule: str
    """Rests."""
    hook: str
    form: str
    hook_delivery: str
    """It came in by that hook."""
    subscription: str
    callback: str
    """A delivery of that subscription."""
    connection_app: str
    connection: str
    """Waits for a sign-in."""
    tried_connection: str
    """One with a credential, whose action was called."""
    connection_call: str
    secret_store: str
    kept_credential: str
    """Its value is in that store."""
    legal_hold: str
    """On a run."""
    privacy_job: str
    """An export that is over."""
    provider: str
    scim_token: str
    spare: str
    """Beginning of names that may be used once, because the caller then has what is called so."""
    numbers: Iterator[int] = field(default_factory=count, repr=False, compare=False)

    def unused(self) -> str:
        """Slug of a draft, key of a run and of an event, and address of a member; each is tried out once."""
        return f"{self.spare}-{next(self.numbers):02}"


def unknown() -> Names:
    """Names of the same form that nobody has."""
    return Names(**{one.name: _unknown(one.name) for one in fields(Names) if one.name != "numbers"})


def _unknown(field: str) -> str:
    if field.endswith("email"):
        return f"{_word()}@example.com"
    return _word() if field in _WORDS else str(uuid4())


_WORDS = {
    "workflow",
    "asking_workflow",
    "draft_only",
    "agent",
    "agent_draft",
    "crew",
    "knowledge",
    "subject",
    "credential_name",
    "group_name",
} | {
    "tag",
    "word",
    "event_key",
    "prompt",
    "spare",
}


def _word() -> str:
    return f"w{uuid4().hex[:15]}"


@dataclass(frozen=True)
class Tenant:
    """A workspace, its people and its programs."""

    names: Names
    person: httpx.AsyncClient
    """Its owner, signed in."""
    program: httpx.AsyncClient
    """An API key with every scope."""
    visitor: httpx.AsyncClient
    """Nobody, before the same application."""
    member: Member
    """The owner's account."""
    app: FastAPI


@asynccontextmanager
async def tenants(
    database: Database, database_url: str, temporal_address: str, model_server: str, count: int
) -> AsyncIterator[list[Tenant]]:
    """Populated workspaces; what has not ended there waits, and no worker touches it any more."""
    async with AsyncExitStack() as stack:
        async with working(database, temporal_address, model_server) as client:
            dispatcher, events = Dispatcher(database, client), EventHub(database)
            stack.push_async_callback(events.close)
            stack.push_async_callback(dispatcher.close)
            services = api_services(database, client, dispatcher, events, await new_workspace(database_url))
            made = [await stack.enter_async_context(tenant(services, database_url)) for _ in range(count)]
            await dispatcher.close()
        yield made


@asynccontextmanager
async def tenant(shared: Services, database_url: str) -> AsyncIterator[Tenant]:
    """A populated workspace; a worker carries its runs out."""
    async with AsyncExitStack() as stack:
        services = replace(shared, workspace_id=await new_workspace(database_url))
        inside = await stack.enter_async_context(opened(services))
        app = create_app(ApiSettings(token=SecretStr(OPERATOR)), services)
        owner = await new_member(services.database, services.workspace_id, Role.OWNER, email=f"{_word()}@example.com")
        person = await stack.enter_async_context(signed_in(app, owner))
        program = await stack.enter_async_context(nobody(app, Authorization=f"Bearer {await _key(person)}"))
        names = await _populate(inside, person, unknown())
        session = services.tokens.read_access((await access_token(services, owner)).encode())
        assert session is not None
        names = replace(names, owner=str(owner.id), owner_email=owner.email, session=str(session.session_id))
        yield Tenant(names, person, program, await stack.enter_async_context(nobody(app)), owner, app)


async def _key(person: httpx.AsyncClient) -> str:
    made = await _made(person, "/v1/api-keys", name="everything", scopes=[str(scope) for scope in Permission])
    return str(made["key"])


async def _made(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _populate(inside: Perdure, person: httpx.AsyncClient, names: Names) -> Names:
    """Fill the workspace; gives `names` with what has come to be in place of what nobody has."""
    people = await _people(inside.services, names)
    named = {
        **people,
        "rule": await rule(person),
        **(await _things(person, names)),
        **(await _runs(inside, person, names)),
        **(await agents(person, names)),
        **(await tools(person, names)),
        **(await office(inside.database, inside.workspace_id, person, people["user"])),
    }
    named |= await triggers(person, names)
    named |= await connections(person, names.credential_name)
    named |= await company(person, named["group"])
    named |= await privacy(person, named["run"])
    answer = await person.put(f"/v1/groups/{named['group']}/members/{named['user']}")
    assert answer.is_success, answer.text
    return replace(names, workspace=str(inside.workspace_id), numbers=count(), **named)


async def _people(services: Services, names: Names) -> dict[str, str]:
    for number in range(SPARES):
        email = f"{names.spare}-{number:02}@example.com"
        await new_member(services.database, services.workspace_id, Role.VIEWER, email=email)
    colleague = await new_member(services.database, services.workspace_id, Role.VIEWER, email=names.email)
    return {"user": str(colleague.id)}


async def _things(person: httpx.AsyncClient, names: Names) -> dict[str, str]:
    secret = {"type": "bearer", "secret": {"token": "s3cret-token-of-a-tenant"}}
    credential = await _made(person, "/v1/credentials", name=names.credential_name, **secret)
    answer = await person.patch("/v1/workspace/quotas", json={"starts_per_minute": 1_000_000})
    assert answer.is_success, answer.text
    group = await _made(person, "/v1/groups", name=names.group_name)
    invited = await _made(person, "/v1/invitations", email=f"{_word()}@example.com", role="viewer")
    room = {"name": "Room", "kind": "webhook", "url": "http://127.0.0.1:1/hook"}
    channel = await _made(person, "/v1/notifications/channels", **room)
    await _made(person, f"/v1/notifications/channels/{channel['id']}/test")
    own_channel = await _made(person, "/v1/me/notifications/channels", **room)
    key = await _made(person, "/v1/api-keys", name="another", scopes=["runs:read"])
    await _made(person, "/v1/workflows/drafts", name="Draft only", slug=names.draft_only, tags=[names.tag])
    return {
        "credential": credential["id"],
        "group": group["id"],
        "invitation": invited["id"],
        "channel": channel["id"],
        "own_channel": own_channel["id"],
        "key": key["id"],
    }


async def _runs(inside: Perdure, person: httpx.AsyncClient, names: Names) -> dict[str, str]:
    value = {"id": "a", "kind": "transform", "with": {"value": {"said": "{{ input }}"}}}
    inner = await inside.publish([value])
    child = {"id": "sub", "kind": "sub_workflow", "with": {"workflow": inner}}
    for nodes in ([value], [value, child]):
        document = {"format": "perdure/v1", "name": names.workflow, "nodes": nodes}
        answer = await person.post("/v1/workflows", json=document, params={"slug": names.workflow})
        assert answer.is_success, answer.text
    answer = await person.put(f"/v1/workflows/{names.workflow}/tags", json={"tags": [names.tag]})
    assert answer.is_success, answer.text
    body = {"workflow": names.workflow, "input": {"word": names.word}}
    run = (await _made(person, "/v1/runs", **body))["id"]
    assert (await inside.ended(run))["status"] == "completed"
    for _ in range(SPARES):
        await _use(person, names.unused(), body)
    children = (await person.get("/v1/runs", params={"parent": run})).json()["items"]
    approval = {"id": "ask", "kind": "approval", "with": {"title": f"May I? {names.word}", "tags": [names.tag]}}
    asking = await inside.publish([approval])
    waiting = await inside.start(asking)
    view = await _made(person, "/v1/approvals/views", name="Mine", filter={"view": "mine"})
    run_view = await _made(person, "/v1/runs/views", name="Mine", filter={"since": "24h"})
    asked = await inside.approval(waiting)
    answered = await repeated(inside, person, asking)
    event = {"id": "wait", "kind": "wait", "with": {"event": {"type": "awaited", "key": names.event_key}}}
    listening = await inside.start(await inside.publish([event]))
    await inside.reached(listening, "wait", "waiting")
    failing = {"id": "bad", "kind": "code", "with": {"code": "1 / 0"}, "retry": {"max_attempts": 1}}
    failed = await inside.run([failing])
    assert failed["status"] == "failed"
    await inside.control(listening, "pause")
    await inside.shows(listening, "paused")
    bulk, token = await _bulk(inside, person, failed["id"])
    return {
        "run": run,
        "bulk": bulk,
        "bulk_token": token,
        "child_run": children[0]["id"],
        "waiting_run": waiting,
        "failed_run": failed["id"],
        "approval": asked["id"],
        "approval_view": view["id"],
        "run_view": run_view["id"],
        "asking_workflow": asking,
        "answered_run": answered,
    }


async def _bulk(inside: Perdure, person: httpx.AsyncClient, run: str) -> tuple[str, str]:
    """A job that was carried out, and a preview."""
    wanted = {"operation": "retry", "ids": [run]}
    job = await _made(person, "/v1/bulk", token=(await _made(person, "/v1/bulk/preview", **wanted))["token"])

    async def over() -> bool:
        return bool((await person.get(f"/v1/bulk/{job['id']}")).json()["ended_at"])

    await eventually(over, seconds=60)
    assert (await inside.ended_again(run, 2))["status"] == "failed"
    return job["id"], (await _made(person, "/v1/bulk/preview", **wanted))["token"]


async def _use(person: httpx.AsyncClient, word: str, run: dict[str, Any]) -> None:
    """Let a word be the slug of a draft and the idempotency key of a run and of an event."""
    await _made(person, "/v1/workflows/drafts", name="Spare", slug=word)
    await _made(person, "/v1/knowledge", name="Spare", slug=word)
    event = {"type": "test", "key": "a key", "data": {}}
    for path, body in (("/v1/runs", run), ("/v1/events", event)):
        answer = await person.post(path, json=body, headers={"Idempotency-Key": word})
        assert answer.is_success, answer.text


def moment_cursor(identity: str) -> str:
    """A cursor of a list that is ordered by time and id."""
    return encode_cursor("2100-01-01T00:00:00+00:00", identity)
