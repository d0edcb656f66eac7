"""How operations on connections and stores can be made to name something of another workspace."""

from typing import Final

from api.requests import encode_cursor
from tests.tenancy.calls import PLACE, Call, Probe, delete, fresh, get, patch, post, probe
from tests.tenancy.connections import DESCRIPTION, NOWHERE
from tests.tenancy.world import Names, moment_cursor

WORDS: Final = "slugs stand there as words, and are compared with that of a run when it uses the connection"

HARMLESS_OF_CONNECTIONS: Final = {
    "body.provider", "body.client_id", "body.client_secret", "body.endpoints", "body.api_url", "body.allowed",
    "body.calls_per_minute", "body.code", "body.error", "body.iss", "body.document", "body.operations",
    "body.effects", "body.idempotency_header", "body.preview", "body.arguments", "body.settings", "body.is_default",
    "body.source.path", "body.source.version", "body.source.keys",
}  # fmt: skip


def _connection(x: Names) -> str:
    return f"/v1/connections/{x.connection}"


def _tried(x: Names) -> str:
    return f"/v1/connections/{x.tried_connection}"


def _new(**body: object) -> Call:
    return post("/v1/connections", {"name": fresh(), "provider": "custom", **body})


CONNECTIONS: Final[dict[str, list[Probe]]] = {
    "get_connection_app": [probe(lambda x, _: get(f"/v1/connection-apps/{x.connection_app}"), "path.app_id")],
    "update_connection_app": [
        probe(lambda x, _: patch(f"/v1/connection-apps/{x.connection_app}", {"client_id": "other"}), "path.app_id")
    ],
    "list_connections": [
        probe(lambda x, _: get("/v1/connections", cursor=encode_cursor(f"zz{x.word}")), "query.cursor", blind=PLACE)
    ],
    "create_connection": [
        probe(lambda x, _: _new(app=x.connection_app), "body.app"),
        probe(lambda x, _: _new(credential=f"{x.credential_name}-api", api_url=NOWHERE), "body.credential"),
        probe(lambda x, own: _new(app=own.connection_app, workflows=[x.workflow]), "body.workflows", blind=WORDS),
    ],
    "get_connection": [probe(lambda x, _: get(_connection(x)), "path.connection_id")],
    "update_connection": [
        probe(lambda x, _: patch(_connection(x), {"description": "D"}), "path.connection_id"),
        probe(lambda x, own: patch(_connection(own), {"workflows": [x.workflow]}), "body.workflows", blind=WORDS),
    ],
    "begin_connection": [probe(lambda x, _: post(f"{_connection(x)}/sign-in"), "path.connection_id")],
    "refresh_connection": [probe(lambda x, _: post(f"{_connection(x)}/refresh"), "path.connection_id")],
    "list_connection_actions": [probe(lambda x, _: get(f"{_connection(x)}/actions"), "path.connection_id")],
    "import_connection_actions": [
        probe(lambda x, _: post(f"{_tried(x)}/actions", {"document": DESCRIPTION}), "path.connection_id")
    ],
    "try_connection_action": [
        probe(lambda x, _: post(f"{_tried(x)}/actions/look/test", {}), "path.connection_id", "path.action")
    ],
    "delete_connection_action": [
        probe(lambda x, _: delete(f"{_tried(x)}/actions/look"), "path.connection_id", "path.action")
    ],
    "list_connection_calls": [
        probe(lambda x, _: get(f"{_tried(x)}/calls"), "path.connection_id"),
        probe(
            lambda x, own: get(f"{_tried(own)}/calls", cursor=moment_cursor(x.connection_call)),
            "query.cursor",
            blind=PLACE,
        ),
    ],
    "delete_connection": [probe(lambda x, _: delete(_connection(x)), "path.connection_id")],
    "delete_connection_app": [
        probe(lambda x, _: delete(f"/v1/connection-apps/{x.connection_app}"), "path.app_id"),
    ],
    "get_secret_store": [probe(lambda x, _: get(f"/v1/secret-stores/{x.secret_store}"), "path.store_id")],
    "update_secret_store": [
        probe(lambda x, _: patch(f"/v1/secret-stores/{x.secret_store}", {"is_default": True}), "path.store_id")
    ],
    "test_secret_store": [probe(lambda x, _: post(f"/v1/secret-stores/{x.secret_store}/test"), "path.store_id")],
    "delete_secret_store": [probe(lambda x, _: delete(f"/v1/secret-stores/{x.secret_store}"), "path.store_id")],
}
"""Connections, their OAuth clients and actions, and stores of secrets."""

NAMELESS_OF_CONNECTIONS: Final = {
    "list_connection_providers": "about the product",
    "list_connection_apps": "about the caller's own workspace",
    "create_connection_app": "about the caller's own workspace",
    "finish_connection": "a secret in the request is the authority, which counts for whoever began",
    "list_secret_stores": "about the caller's own workspace",
    "create_secret_store": "about the caller's own workspace",
}
