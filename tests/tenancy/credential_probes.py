"""How operations on credentials can be made to name something of another workspace."""

from typing import Final

from api.requests import encode_cursor
from tests.tenancy.calls import PLACE, Probe, delete, fresh, get, patch, post, probe

WORDS: Final = "slugs stand there as words, and are compared with that of a run when it uses the credential"
SEALED: Final = {"type": "bearer", "secret": {"token": "s3cret"}}

CREDENTIALS: Final[dict[str, list[Probe]]] = {
    "create_credential": [
        probe(
            lambda x, _: post("/v1/credentials", {**SEALED, "name": fresh(), "workflows": [x.workflow]}),
            "body.workflows",
            "body.type",
            blind=WORDS,
        ),
        probe(
            lambda x, _: post(
                "/v1/credentials",
                {"type": "bearer", "name": fresh(), "source": {"store": x.secret_store, "path": "p"}},
            ),
            "body.source",
            "body.source.store",
        ),
    ],
    "list_credentials": [
        probe(
            lambda x, _: get("/v1/credentials", cursor=encode_cursor(f"zz{x.credential_name}")),
            "query.cursor",
            blind=PLACE,
        )
    ],
    "get_credential": [
        probe(lambda x, _: get(f"/v1/credentials/{x.credential}"), "path.credential_id"),
        probe(lambda x, _: get(f"/v1/credentials/{x.credential_name}"), "path.credential_id", blind="only ids count"),
    ],
    "get_credential_usage": [probe(lambda x, _: get(f"/v1/credentials/{x.credential}/usage"), "path.credential_id")],
    "update_credential": [
        probe(
            lambda x, own: patch(
                f"/v1/credentials/{own.kept_credential}", {"source": {"store": x.secret_store, "path": "p"}}
            ),
            "body.source",
            "body.source.store",
        ),
        probe(lambda x, _: patch(f"/v1/credentials/{x.credential}", {"description": "D"}), "path.credential_id"),
        probe(
            lambda x, own: patch(f"/v1/credentials/{own.credential}", {"workflows": [x.workflow]}),
            "body.workflows",
            blind=WORDS,
        ),
    ],
    "test_credential": [
        probe(
            lambda x, _: post(f"/v1/credentials/{x.credential}/test", {"url": "http://127.0.0.1:1/"}),
            "path.credential_id",
            "body.url",
        )
    ],
    "delete_credential": [probe(lambda x, _: delete(f"/v1/credentials/{x.credential}"), "path.credential_id")],
}
