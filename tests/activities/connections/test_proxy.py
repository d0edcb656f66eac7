"""The proxy: what a step can do through a connection, and all that it cannot."""

from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import text

from activities.connections.access import Origin
from activities.connections.oauth import OAuth
from activities.connections.proxy import ConnectionProxy, check_address
from activities.connections.tokens import TokenKeeper
from activities.credentials.redactions import Redactions
from activities.credentials.vault import Vault
from activities.egress import Egress, EgressSettings
from db.session import Database
from db.tables import Connection
from engine.connection_settings import NO_APPS
from schemas.connections.messages import ActionCall
from schemas.errors import ErrorCode, PerdureError
from tests.support.oauth import Office
from tests.support.secrets import encryption

CLIMBING = """
openapi: 3.1.0
info: {title: Climber, version: "1"}
paths:
  /../oauth/stats: {get: {operationId: out}}
  /%2e%2e/oauth/stats: {get: {operationId: out_in_other_letters}}
"""


def node(action: str, effect: str = "write", **changes: Any) -> dict[str, Any]:
    """A node that calls an action."""
    settings = {"connection": "notes", "action": action, "effect": effect, **changes}
    return {"id": "call", "kind": "connection_call", "with": settings}


async def test_a_step_acts_without_seeing_the_credential(office: Office) -> None:
    connection = await office.connected()
    await office.imported(connection)
    office.provider.control.leak = True
    run = await office.perdure.run(
        [node("add_note", arguments={"body": {"text": "{{ input.text }}"}})], input={"text": "hi"}
    )
    assert run["status"] == "completed", run
    output = (await office.perdure.steps(run["id"]))["call"]["output"]
    token = office.provider.grants[0].access_token
    assert output["body"]["notes"] == [{"text": "hi"}]
    assert token not in str(output)
    assert output["body"]["authorization"] == "[removed]"
    assert output["body"]["nested"] == [{"refreshToken": "[removed]", "ok": True}]
    assert (output["body"]["slack"], output["body"]["tokens_used"]) == ("[removed]", 7)
    assert output["headers"] == {"content-type": "application/json", "etag": '"1"', "date": output["headers"]["date"]}
    [call] = await office.calls(connection)
    assert (call["action"], call["run_id"], call["path"], call["status"]) == ("add_note", run["id"], "call", 200)


async def test_what_is_refused_before_anything_leaves(office: Office) -> None:
    connection = await office.connected(workflows=["another"])
    await office.imported(connection, operations=["list_notes", "delete_note"])
    climbing = await office.imported(connection, document=CLIMBING)
    assert climbing["items"] == []
    assert [one["operation"] for one in climbing["left_out"]] == ["GET /../oauth/stats", "GET /%2e%2e/oauth/stats"]
    outcomes = {}
    for name, one in {
        "another workflow": node("list_notes", "read"),
        "unknown": node("nothing", "read"),
        "more than was said": node("delete_note", "write", arguments={"note": "1"}),
        "not in the schema": node("delete_note", "irreversible", arguments={"note": 1}),
        "out of the path": node("delete_note", "irreversible", arguments={"note": ".."}),
        "switched off": node("list_notes", "read"),
        "no such connection": node("list_notes", "read", connection="other"),
    }.items():
        allowed = ["delete_note"] if name == "switched off" else None
        workflows = ["another"] if name == "another workflow" else None
        changes = {"workflows": workflows, "allowed": allowed}
        await office.api.patch(f"/v1/connections/{connection['id']}", json=changes)
        outcomes[name] = (await office.perdure.run([one]))["error"]["code"]
    assert outcomes == {
        "another workflow": "forbidden",
        "unknown": "invalid_config",
        "more than was said": "tools_changed",
        "not in the schema": "invalid_input",
        "out of the path": "invalid_input",
        "switched off": "forbidden",
        "no such connection": "missing_credential",
    }
    assert "notes" not in office.provider.counts


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/api/t1/notes?of=../x", True),
        ("/api/t1", True),
        ("/api/t1/./notes", True),
        ("/api/t1/../../admin", False),
        ("/api/t1/../t2/notes", False),
        ("/api/t1/%2e%2e/t2", False),
        ("/api/t1/..%2ft2", False),
        ("/api/t1/..\\t2", False),
        ("/api/t1-of-others/notes", False),
        ("/api/t10", False),
    ],
)
def test_a_call_stays_below_the_path_of_its_connection(path: str, inside: bool) -> None:
    """As the client sends it: it follows `..` by itself."""
    with nullcontext() if inside else pytest.raises(PerdureError, match="may only be used with"):
        check_address(Connection(name="notes"), f"https://api.example.com{path}", "https://api.example.com/api/t1")


async def test_a_redirect_takes_the_token_nowhere(office: Office) -> None:
    connection = await office.connected()
    await office.imported(connection)
    answer = await office.tried(connection, "look_away")
    assert (answer.status_code, answer.json()["code"]) == (422, "upstream_refused"), answer.text


async def test_the_rate_of_a_connection_is_kept_by_all_workers(office: Office, database: Database) -> None:
    connection = await office.connected(calls_per_minute=2)
    await office.imported(connection)
    call = ActionCall(connection="notes", action="list_notes", arguments={}, effect="read", repeatable=False)
    async with Egress(EgressSettings(allow=("127.0.0.1",))) as egress:
        another = worker_beside(database, egress)

        async def asked() -> int:
            try:
                await another.call(call, Origin(str(office.workspace_id)))
            except PerdureError as error:
                return 429 if error.code is ErrorCode.THROTTLED else 500
            return 200

        codes = []
        for _ in range(3):
            codes += [(await office.tried(connection, "list_notes")).status_code, await asked()]
    # A minute may begin in between; however it falls, the one beside is refused at least once.
    assert (codes[0], 429 in codes[1::2]) == (200, True)
    assert office.provider.counts["notes"] == codes.count(200) <= 4


def worker_beside(database: Database, egress: Egress) -> ConnectionProxy:
    """As another process has it: it shares nothing with others but the database."""
    redactions = Redactions()
    tokens = TokenKeeper(database, encryption(), redactions, OAuth(egress), NO_APPS)
    return ConnectionProxy(database, tokens, Vault(database, encryption(), redactions), egress)


async def test_a_failed_answer_says_nothing_secret(office: Office) -> None:
    connection = await office.connected("slack", "slack")
    answer = await office.tried(connection, "post_message", channel="#a", text="Hello")
    assert answer.status_code == 200, answer.text
    assert office.provider.posts[-1]["body"] == {"channel": "#a", "text": "Hello"}
    gone = await office.tried(connection, "post_message", channel="#gone", text="Hello")
    assert (gone.status_code, gone.json()["code"]) == (422, "upstream_refused")
    assert "channel_not_found" in gone.json()["detail"]
    statuses = [(call["status"], call["error_code"], call["actor"]) for call in await office.calls(connection)]
    assert statuses == [(200, "upstream_refused", "operator"), (200, None, "operator")]


async def test_an_agent_acts_through_a_connection(office: Office) -> None:
    connection = await office.connected()
    actions = (await office.imported(connection))["items"]
    offered = [
        {key: one[key] for key in ("name", "description", "input_schema", "effect", "repeatable")}
        for one in actions
        if one["name"] == "add_note"
    ]
    use = {"type": "connection", "settings": {"connection": "notes", "actions": offered}}
    script = (
        '[[sim:script [{"tools":[{"name":"add_note","arguments":{"body":{"text":"from an agent"}}}]},{"text":"ok"}]]]'
    )
    agent = {"id": "agent", "kind": "agent", "with": {"message": f"Note it. {script}", "tools": [use]}}
    run = await office.perdure.run([agent])
    assert run["status"] == "completed", run
    assert office.provider.posts == [{"body": {"text": "from an agent"}, "key": None}]
    [call] = await office.calls(connection)
    assert call["path"].startswith("agent.turn[0].call[0]")


async def test_a_lost_answer_of_a_write_asks_a_person(office: Office) -> None:
    connection = await office.connected()
    await office.imported(connection)
    office.provider.control.hang_notes = True
    run = await office.perdure.start(
        await office.perdure.publish([{**node("add_note", arguments={"body": {"text": "once"}}), "timeout": "3s"}])
    )
    asked = await office.perdure.approval(run)
    assert asked["purpose"] == "verification", asked
    await office.perdure.control(run, "cancel")
    assert len(office.provider.posts) == 1


async def test_a_credential_can_authenticate_instead(office: Office) -> None:
    granted = await office.connected("other")
    token = office.provider.grants[0].access_token
    body = {"name": "key", "type": "bearer", "secret": {"token": token}, "hosts": ["127.0.0.1"]}
    await office.made("/v1/credentials", body)
    own = {"name": "notes", "provider": "custom", "credential": "key", "api_url": f"{office.url}/api"}
    connection = await office.made("/v1/connections", own)
    assert (connection["status"], connection["credential"]) == ("active", "key")
    await office.imported(connection)
    answer = await office.tried(connection, "list_notes")
    assert (answer.status_code, token in answer.text) == (200, False), answer.text
    refused = await office.api.post(f"/v1/connections/{connection['id']}/sign-in")
    assert refused.status_code == 409
    assert (await office.api.delete("/v1/credentials/key?force=true")).status_code == 409
    assert granted["credential"] is None


async def test_another_workspace_has_nothing_of_it(office: Office, other: Office) -> None:
    connection = await office.connected()
    await office.imported(connection)
    run = await other.perdure.run([node("list_notes", "read")])
    assert run["error"]["code"] == "missing_credential"
    sent = await office.consent(await office.begin(connection))
    assert "does not count" in (await other.finish(sent)).json()["detail"]
    async with other.perdure.database.tenant(other.workspace_id) as session:
        assert await session.scalar(text("SELECT count(*) FROM connections")) == 0
