"""How operations on workflows, drafts and versions can be made to name something of another workspace."""

from typing import Final

from api.requests import encode_cursor
from tests.tenancy.calls import PLACE, Probe, calling, delete, document, fresh, get, post, probe, put, using

MADE: Final = "what is not there is made"
VALUE: Final = {"id": "a", "kind": "transform", "with": {"value": 1}}

WORKFLOWS: Final[dict[str, list[Probe]]] = {
    "validate_document": [
        probe(lambda x, _: post("/v1/validate", calling(x.workflow)), "body.document"),
        probe(lambda x, _: post("/v1/validate", calling(f"{x.workflow}@1")), "body.document"),
        probe(lambda x, _: post("/v1/validate", using(x.credential_name)), "body.document"),
    ],
    "publish_workflow": [
        probe(lambda x, _: post(f"/v1/workflows?slug={fresh()}", calling(x.workflow)), "body.document"),
        probe(lambda x, _: post(f"/v1/workflows?slug={fresh()}", using(x.credential_name)), "body.document"),
        probe(lambda x, _: post(f"/v1/workflows?slug={x.unused()}", document(VALUE)), "query.slug", blind=MADE),
    ],
    "import_workflow": [
        probe(lambda x, _: post(f"/v1/workflows/import?slug={fresh()}", calling(x.workflow)), "body.document"),
        probe(lambda x, _: post(f"/v1/workflows/import?slug={fresh()}", using(x.credential_name)), "body.document"),
        probe(lambda x, _: post(f"/v1/workflows/import?slug={x.unused()}", document(VALUE)), "query.slug"),
    ],
    "create_workflow": [
        probe(
            lambda x, _: post("/v1/workflows/drafts", {"name": "N", "slug": fresh(), "document": calling(x.workflow)}),
            "body.document",
        ),
        probe(lambda x, _: post("/v1/workflows/drafts", {"name": "N", "slug": x.unused()}), "body.slug"),
    ],
    "list_workflows": [
        probe(lambda x, _: get("/v1/workflows", tag=x.tag), "query.tag"),
        probe(lambda x, _: get("/v1/workflows", q=x.workflow), "query.q"),
        probe(lambda x, _: get("/v1/workflows", cursor=encode_cursor(f"zz{x.workflow}")), "query.cursor", blind=PLACE),
    ],
    "get_workflow": [probe(lambda x, _: get(f"/v1/workflows/{x.workflow}"), "path.slug")],
    "get_workflow_version": [probe(lambda x, _: get(f"/v1/workflows/{x.workflow}/versions/1"), "path.slug")],
    "list_workflow_versions": [
        probe(lambda x, _: get(f"/v1/workflows/{x.workflow}/versions"), "path.slug"),
        probe(lambda x, _: get(f"/v1/workflows/{x.workflow}/versions", cursor="WyIyIl0"), "query.cursor"),
    ],
    "diff_workflow_versions": [
        probe(lambda x, _: get(f"/v1/workflows/{x.workflow}/diff", before="1", after="2"), "path.slug")
    ],
    "export_workflow": [
        probe(lambda x, _: get(f"/v1/workflows/{x.workflow}/export"), "path.slug"),
        probe(lambda x, _: get(f"/v1/workflows/{x.workflow}/export", version="1", format="json"), "path.slug"),
    ],
    "get_draft": [probe(lambda x, _: get(f"/v1/workflows/{x.draft_only}/draft"), "path.slug")],
    "save_draft": [
        probe(
            lambda x, _: put(f"/v1/workflows/{x.draft_only}/draft", {"document": document(VALUE), "revision": 1}),
            "path.slug",
        ),
        probe(
            lambda x, own: put(f"/v1/workflows/{own.unused()}/draft", {"document": calling(x.workflow), "revision": 1}),
            "body.document",
        ),
    ],
    "import_draft": [
        probe(
            lambda x, _: post(f"/v1/workflows/{x.draft_only}/draft/import", document(VALUE), If_Match='"1"'),
            "path.slug",
        ),
        probe(
            lambda x, own: post(f"/v1/workflows/{own.unused()}/draft/import", calling(x.workflow), If_Match='"1"'),
            "body.document",
        ),
    ],
    "restore_workflow_version": [
        probe(lambda x, _: post(f"/v1/workflows/{x.workflow}/versions/1/restore", {"revision": 2}), "path.slug")
    ],
    "publish_draft": [probe(lambda x, _: post(f"/v1/workflows/{x.workflow}/publish", {"revision": 2}), "path.slug")],
    "preview_publish": [probe(lambda x, _: post(f"/v1/workflows/{x.workflow}/publish/preview", {}), "path.slug")],
    "run_draft": [
        probe(lambda x, _: post(f"/v1/workflows/{x.workflow}/draft/runs", {"input": {}, "confirm": True}), "path.slug"),
        probe(
            lambda x, own: post(
                f"/v1/workflows/{own.workflow}/draft/runs", {"input": {}, "confirm": True}, Idempotency_Key=x.unused()
            ),
            "header.Idempotency-Key",
        ),
    ],
    "test_node": [
        probe(
            lambda x, _: post(f"/v1/workflows/{x.workflow}/test-node", {"node": VALUE, "wait_seconds": 0}), "path.slug"
        ),
        probe(
            lambda x, own: post(
                f"/v1/workflows/{own.workflow}/test-node",
                {"node": VALUE, "wait_seconds": 0},
                Idempotency_Key=x.unused(),
            ),
            "header.Idempotency-Key",
        ),
    ],
    "clone_workflow": [
        probe(lambda x, _: post(f"/v1/workflows/{x.workflow}/clone", {"slug": fresh()}), "path.slug"),
        probe(lambda x, own: post(f"/v1/workflows/{own.workflow}/clone", {"slug": x.unused()}), "body.slug"),
    ],
    "set_workflow_tags": [probe(lambda x, _: put(f"/v1/workflows/{x.workflow}/tags", {"tags": ["a"]}), "path.slug")],
    "archive_workflow": [probe(lambda x, _: post(f"/v1/workflows/{x.workflow}/archive"), "path.slug")],
    "unarchive_workflow": [probe(lambda x, _: post(f"/v1/workflows/{x.workflow}/unarchive"), "path.slug")],
    "delete_workflow": [probe(lambda x, _: delete(f"/v1/workflows/{x.draft_only}"), "path.slug")],
}
