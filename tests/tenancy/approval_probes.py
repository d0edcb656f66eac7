"""How operations on approvals and views of them can be made to name something of another workspace."""

from typing import Final

from api.requests import encode_cursor
from tests.tenancy.calls import PLACE, Probe, delete, fresh, get, post, probe, put, resuming

KEPT: Final = "a filter is kept as it is, and finds nothing that is not there"
ASKED: Final = "other probes of the same approval have decided it by then"

APPROVALS: Final[dict[str, list[Probe]]] = {
    "list_approvals": [
        probe(lambda x, _: get("/v1/approvals", run_id=x.waiting_run), "query.run_id"),
        probe(lambda x, _: get("/v1/approvals", run=x.waiting_run), "query.run"),
        probe(
            lambda x, _: get("/v1/approvals", cursor=encode_cursor("created", "2100-01-01T00:00:00+00:00", x.approval)),
            "query.cursor",
            blind=PLACE,
        ),
        probe(lambda x, _: get("/v1/approvals", workflow=x.asking_workflow), "query.workflow"),
        probe(lambda x, _: get("/v1/approvals", q=x.word), "query.q"),
        probe(lambda x, _: get("/v1/approvals", tag=x.tag), "query.tag"),
    ],
    "get_approval_metrics": [
        probe(lambda x, _: get("/v1/approvals/metrics", workflow=x.asking_workflow), "query.workflow")
    ],
    "update_approval_view": [
        probe(lambda x, _: put(f"/v1/approvals/views/{x.approval_view}", {"name": "n", "filter": {}}), "path.view_id")
    ],
    "create_approval_view": [
        probe(
            lambda x, _: post("/v1/approvals/views", {"name": fresh(), "filter": {"run": x.run}}),
            "body.filter.run",
            blind=KEPT,
        ),
    ],
    "delete_approval_view": [probe(lambda x, _: delete(f"/v1/approvals/views/{x.approval_view}"), "path.view_id")],
    "list_agent_interrupts": [
        probe(
            lambda x, _: get(
                "/v1/agent-inbox/interrupts", cursor=encode_cursor("created", "2100-01-01T00:00:00+00:00", x.approval)
            ),
            "query.cursor",
            blind=PLACE,
        )
    ],
    "answer_agent_interrupt": [
        probe(lambda x, _: post(f"/v1/agent-inbox/interrupts/{x.approval}.0", {"type": "accept"}), "path.interrupt_id")
    ],
    "get_run_interrupts": [probe(lambda x, _: get(f"/v1/ag-ui/runs/{x.waiting_run}/interrupts"), "path.run_id")],
    "answer_run_interrupts": [
        probe(lambda x, _: resuming(x.waiting_run, x.approval), "path.run_id"),
        probe(lambda x, own: resuming(own.waiting_run, x.approval), "body.resume"),
    ],
    "get_approval": [probe(lambda x, _: get(f"/v1/approvals/{x.approval}"), "path.approval_id")],
    "decide_approval": [
        probe(
            lambda x, _: post(f"/v1/approvals/{x.approval}/decide", {"decision": "approved", "digest": "0"}),
            "path.approval_id",
        )
    ],
    "decide_approvals": [
        probe(
            lambda x, _: post(
                "/v1/approvals/decide", {"decision": "approved", "approvals": [{"id": x.approval, "digest": "0"}]}
            ),
            "body.approvals",
            "body.approvals.id",
        )
    ],
    "undo_decision": [probe(lambda x, _: post(f"/v1/approvals/{x.approval}/undo"), "path.approval_id")],
    "claim_approval": [probe(lambda x, _: post(f"/v1/approvals/{x.approval}/claim"), "path.approval_id")],
    "release_approval": [probe(lambda x, _: post(f"/v1/approvals/{x.approval}/release"), "path.approval_id")],
    "delegate_approval": [
        probe(
            lambda x, own: post(f"/v1/approvals/{x.approval}/delegate", {"to": own.owner}),
            "path.approval_id",
        ),
        probe(lambda x, own: post(f"/v1/approvals/{own.approval}/delegate", {"to": x.owner}), "body.to", blind=ASKED),
    ],
    "assign_approval": [
        probe(lambda x, _: post(f"/v1/approvals/{x.approval}/assign", {"to": ["role:owner"]}), "path.approval_id"),
        probe(lambda x, own: post(f"/v1/approvals/{own.approval}/assign", {"to": [x.owner_email]}), "body.to"),
    ],
    "revise_approval": [
        probe(lambda x, _: post(f"/v1/approvals/{x.approval}/revise", {"why": "w"}), "path.approval_id")
    ],
    "comment_on_approval": [
        probe(lambda x, _: post(f"/v1/approvals/{x.approval}/comments", {"text": "t"}), "path.approval_id")
    ],
}
