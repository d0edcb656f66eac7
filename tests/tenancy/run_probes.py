"""How operations on runs, jobs on many of them, and events can be made to name something of another workspace."""

from typing import Final

from tests.tenancy.calls import PLACE, Probe, chosen, delete, fresh, get, post, probe
from tests.tenancy.world import moment_cursor

RUNS: Final[dict[str, list[Probe]]] = {
    "get_usage_report": [probe(lambda x, _: get("/v1/workspace/usage/report", workflow=x.workflow), "query.workflow")],
    "list_runs": [
        probe(lambda x, _: get("/v1/runs", workflow=x.workflow), "query.workflow"),
        probe(lambda x, _: get("/v1/runs", agent=x.agent), "query.agent", blind="it has no runs, like one not there"),
        probe(lambda x, _: get("/v1/runs", parent=x.run), "query.parent"),
        probe(lambda x, _: get("/v1/runs", started_by=x.owner_email), "query.started_by"),
        probe(lambda x, _: get("/v1/runs", input_contains=x.word), "query.input_contains"),
        probe(lambda x, _: get("/v1/runs", cursor=moment_cursor(x.run)), "query.cursor", blind=PLACE),
    ],
    "create_run_view": [
        probe(
            lambda x, _: post("/v1/runs/views", {"name": fresh(), "filter": {"workflow": x.workflow}}),
            "body.filter.workflow",
            blind="a filter is kept as it is, and finds nothing that is not there",
        ),
    ],
    "delete_run_view": [probe(lambda x, _: delete(f"/v1/runs/views/{x.run_view}"), "path.view_id")],
    "get_run": [probe(lambda x, _: get(f"/v1/runs/{x.run}"), "path.run_id")],
    "list_run_steps": [
        probe(lambda x, _: get(f"/v1/runs/{x.run}/steps"), "path.run_id"),
        probe(lambda x, _: get(f"/v1/runs/{x.run}/steps", cursor="WyIyMDAwIl0"), "query.cursor"),
    ],
    "list_run_events": [
        probe(lambda x, _: get(f"/v1/runs/{x.run}/events"), "path.run_id"),
        probe(lambda x, _: get(f"/v1/runs/{x.run}/events", {"Accept": "text/event-stream"}), "path.run_id"),
    ],
    "get_run_tree": [probe(lambda x, _: get(f"/v1/runs/{x.run}/tree"), "path.run_id")],
    "compare_runs": [
        probe(lambda x, own: get(f"/v1/runs/{x.run}/diff", **{"with": own.failed_run}), "path.run_id"),
        probe(lambda x, own: get(f"/v1/runs/{own.run}/diff", **{"with": x.failed_run}), "query.with"),
        probe(lambda x, own: get(f"/v1/runs/{x.run}/diff", **{"with": own.run, "cursor": "WyJhIl0"}), "query.cursor"),
    ],
    "start_run": [
        probe(lambda x, _: post("/v1/runs", {"workflow": x.workflow}), "body.workflow"),
        probe(lambda x, _: post("/v1/runs", {"workflow": x.workflow, "version": 1}), "body.workflow"),
        probe(
            lambda x, own: post("/v1/runs", {"workflow": own.workflow}, Idempotency_Key=x.unused()),
            "header.Idempotency-Key",
        ),
    ],
    "fork_run": [
        probe(lambda x, _: post(f"/v1/runs/{x.run}/fork", {"node": "a"}), "path.run_id"),
        probe(
            lambda x, own: post(f"/v1/runs/{own.run}/fork", {"node": "a"}, Idempotency_Key=x.unused()),
            "header.Idempotency-Key",
        ),
    ],
    "retry_run": [
        probe(lambda x, _: post(f"/v1/runs/{x.failed_run}/retry"), "path.run_id"),
        probe(
            lambda x, _: post(f"/v1/runs/{x.failed_run}/retry", Idempotency_Key=x.unused()),
            "header.Idempotency-Key",
        ),
    ],
    "pause_run": [probe(lambda x, _: post(f"/v1/runs/{x.waiting_run}/pause"), "path.run_id")],
    "resume_run": [probe(lambda x, _: post(f"/v1/runs/{x.waiting_run}/resume"), "path.run_id")],
    "cancel_run": [probe(lambda x, _: post(f"/v1/runs/{x.waiting_run}/cancel"), "path.run_id")],
    "terminate_run": [probe(lambda x, _: post(f"/v1/runs/{x.waiting_run}/terminate"), "path.run_id")],
    "preview_bulk": [
        probe(lambda x, _: post("/v1/bulk/preview", {"operation": "cancel", "ids": [x.waiting_run]}), "body.ids"),
        probe(lambda x, _: chosen(workflow=x.workflow), "body.filter.workflow"),
        probe(lambda x, _: chosen(agent=x.agent), "body.filter.agent", blind="it has no runs, like one not there"),
        probe(lambda x, _: chosen(parent=x.run), "body.filter.parent"),
        probe(lambda x, _: chosen(started_by=x.owner_email), "body.filter.started_by"),
        probe(lambda x, _: chosen(input_contains=x.word), "body.filter.input_contains"),
    ],
    "start_bulk": [probe(lambda x, _: post("/v1/bulk", {"token": x.bulk_token}), "body.token")],
    "list_bulk_jobs": [probe(lambda x, _: get("/v1/bulk", cursor=moment_cursor(x.bulk)), "query.cursor", blind=PLACE)],
    "get_bulk_job": [probe(lambda x, _: get(f"/v1/bulk/{x.bulk}"), "path.bulk_id")],
    "list_bulk_items": [
        probe(lambda x, _: get(f"/v1/bulk/{x.bulk}/items"), "path.bulk_id"),
        probe(lambda x, _: get(f"/v1/bulk/{x.bulk}/items", cursor="WyIwIl0"), "query.cursor"),
    ],
    "stop_bulk": [probe(lambda x, _: post(f"/v1/bulk/{x.bulk}/stop"), "path.bulk_id")],
    "publish_event": [
        probe(
            lambda x, _: post("/v1/events", {"type": "awaited", "key": x.event_key}),
            "body.type",
            "body.key",
        ),
        probe(
            lambda x, _: post("/v1/events", {"type": "other", "key": "k"}, Idempotency_Key=x.unused()),
            "header.Idempotency-Key",
        ),
    ],
}
