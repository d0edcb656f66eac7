"""How operations on schedules, hooks and subscriptions can be made to name something of another workspace."""

from typing import Any, Final
from uuid import UUID

from api.requests import encode_cursor
from tests.tenancy.calls import PLACE, Call, Probe, delete, get, patch, post, probe, put
from tests.tenancy.triggers import PAST, TIMES, UNSIGNED
from tests.tenancy.world import moment_cursor

KEPT: Final = "slugs are kept as they are, and nothing happens in what is not there"

HARMLESS_OF_TRIGGERS: Final = {
    "body.times", "body.overlap", "body.catch_up", "body.paused", "body.settings", "body.what", "body.sample",
    "body.starts_at", "body.ends_at", "body.limit", "body.kind", "body.events", "query.starts_at", "query.ends_at",
    "body.token",
}  # fmt: skip


def _schedule(workflow: str) -> Call:
    return post("/v1/schedules", {"workflow": workflow, "name": "S", "times": TIMES, "paused": True})


def _hook(workflow: str) -> Call:
    return post("/v1/hooks", {"workflow": workflow, "name": "H", "settings": UNSIGNED})


def _preview(workflow: str, **more: Any) -> Call:
    return post("/v1/hooks/preview", {"workflow": workflow, "settings": UNSIGNED, **more})


TRIGGERS: Final = {
    "body.times", "body.overlap", "body.catch_up", "body.paused", "body.settings", "body.what", "body.sample",
    "body.starts_at", "body.ends_at", "body.limit", "body.kind", "body.events",
}  # fmt: skip


def _schedule(workflow: str) -> Call:
    return post("/v1/schedules", {"workflow": workflow, "name": "S", "times": TIMES, "paused": True})


def _hook(workflow: str) -> Call:
    return post("/v1/hooks", {"workflow": workflow, "name": "H", "settings": UNSIGNED})


def _preview(workflow: str, **more: Any) -> Call:
    return post("/v1/hooks/preview", {"workflow": workflow, "settings": UNSIGNED, **more})


TRIGGERS: Final[dict[str, list[Probe]]] = {
    "list_schedules": [
        probe(lambda x, _: get("/v1/schedules", workflow=x.workflow), "query.workflow"),
        probe(lambda x, _: get("/v1/schedules", cursor=moment_cursor(x.schedule)), "query.cursor", blind=PLACE),
    ],
    "create_schedule": [probe(lambda x, _: _schedule(x.workflow), "body.workflow")],
    "get_schedule": [probe(lambda x, _: get(f"/v1/schedules/{x.schedule}"), "path.schedule_id")],
    "update_schedule": [
        probe(lambda x, _: put(f"/v1/schedules/{x.schedule}", {"name": "S", "times": TIMES}), "path.schedule_id")
    ],
    "pause_schedule": [probe(lambda x, _: post(f"/v1/schedules/{x.schedule}/pause"), "path.schedule_id")],
    "resume_schedule": [probe(lambda x, _: post(f"/v1/schedules/{x.schedule}/resume"), "path.schedule_id")],
    "backfill_schedule": [probe(lambda x, _: post(f"/v1/schedules/{x.schedule}/backfill", PAST), "path.schedule_id")],
    "run_schedule": [
        probe(lambda x, _: post(f"/v1/schedules/{x.schedule}/run"), "path.schedule_id"),
        probe(
            lambda x, own: post(f"/v1/schedules/{own.schedule}/run", Idempotency_Key=x.unused()),
            "header.Idempotency-Key",
            blind="a key is looked for among the starts of the caller's own schedule",
        ),
    ],
    "get_schedule_calendar": [
        probe(
            lambda x, _: get(
                "/v1/schedules/calendar",
                workflow=x.workflow,
                starts_at="2026-01-01T00:00:00Z",
                ends_at="2026-01-02T00:00:00Z",
            ),
            "query.workflow",
        )
    ],
    "get_form": [probe(lambda x, _: get(f"/v1/forms/{x.form}"), "path.hook_id")],
    "send_form": [
        probe(lambda x, _: post(f"/v1/forms/{x.form}", {"input": {}, "token": str(UUID(int=1))}), "path.hook_id")
    ],
    "list_schedule_starts": [
        probe(lambda x, _: get(f"/v1/schedules/{x.schedule}/starts"), "path.schedule_id"),
        probe(
            lambda x, own: get(f"/v1/schedules/{own.schedule}/starts", cursor=encode_cursor("2100-01-01T00:00:00Z")),
            "query.cursor",
            blind=PLACE,
        ),
    ],
    "list_hooks": [
        probe(lambda x, _: get("/v1/hooks", workflow=x.workflow), "query.workflow"),
        probe(lambda x, _: get("/v1/hooks", cursor=moment_cursor(x.hook)), "query.cursor", blind=PLACE),
    ],
    "create_hook": [probe(lambda x, _: _hook(x.workflow), "body.workflow")],
    "preview_hook": [
        probe(lambda x, _: _preview(x.workflow), "body.workflow"),
        probe(lambda x, own: _preview(own.workflow, delivery=x.hook_delivery), "body.delivery"),
    ],
    "get_hook": [probe(lambda x, _: get(f"/v1/hooks/{x.hook}"), "path.hook_id")],
    "update_hook": [
        probe(lambda x, _: put(f"/v1/hooks/{x.hook}", {"name": "H", "settings": UNSIGNED}), "path.hook_id")
    ],
    "rotate_hook": [probe(lambda x, _: post(f"/v1/hooks/{x.hook}/rotate", {"what": "address"}), "path.hook_id")],
    "list_hook_deliveries": [
        probe(lambda x, _: get(f"/v1/hooks/{x.hook}/deliveries"), "path.hook_id"),
        probe(
            lambda x, own: get(f"/v1/hooks/{own.hook}/deliveries", cursor=moment_cursor(x.hook_delivery)),
            "query.cursor",
            blind=PLACE,
        ),
    ],
    "get_hook_delivery": [
        probe(lambda x, own: get(f"/v1/hooks/{x.hook}/deliveries/{own.hook_delivery}"), "path.hook_id"),
        probe(lambda x, own: get(f"/v1/hooks/{own.hook}/deliveries/{x.hook_delivery}"), "path.delivery_id"),
    ],
    "redeliver_hook_delivery": [
        probe(lambda x, own: post(f"/v1/hooks/{x.hook}/deliveries/{own.hook_delivery}/redeliver"), "path.hook_id"),
        probe(lambda x, own: post(f"/v1/hooks/{own.hook}/deliveries/{x.hook_delivery}/redeliver"), "path.delivery_id"),
    ],
    "list_subscriptions": [
        probe(lambda x, _: get("/v1/subscriptions", cursor=moment_cursor(x.subscription)), "query.cursor", blind=PLACE),
    ],
    "get_subscription": [probe(lambda x, _: get(f"/v1/subscriptions/{x.subscription}"), "path.subscription_id")],
    "update_subscription": [
        probe(lambda x, _: patch(f"/v1/subscriptions/{x.subscription}", {"name": "S"}), "path.subscription_id"),
        probe(
            lambda x, own: patch(
                f"/v1/subscriptions/{own.subscription}", {"workflows": [x.workflow], "url": "http://127.0.0.1:1/"}
            ),
            "body.workflows",
            "body.url",
            blind=KEPT,
        ),
    ],
    "rotate_subscription_secret": [
        probe(lambda x, _: post(f"/v1/subscriptions/{x.subscription}/rotate"), "path.subscription_id")
    ],
    "test_subscription": [probe(lambda x, _: post(f"/v1/subscriptions/{x.subscription}/test"), "path.subscription_id")],
    "list_callbacks": [
        probe(lambda x, _: get(f"/v1/subscriptions/{x.subscription}/deliveries"), "path.subscription_id"),
        probe(
            lambda x, own: get(f"/v1/subscriptions/{own.subscription}/deliveries", cursor=moment_cursor(x.callback)),
            "query.cursor",
            blind=PLACE,
        ),
    ],
    "redeliver_callback": [
        probe(
            lambda x, own: post(f"/v1/subscriptions/{x.subscription}/deliveries/{own.callback}/redeliver"),
            "path.subscription_id",
        ),
        probe(
            lambda x, own: post(f"/v1/subscriptions/{own.subscription}/deliveries/{x.callback}/redeliver"),
            "path.delivery_id",
        ),
    ],
    "delete_schedule": [probe(lambda x, _: delete(f"/v1/schedules/{x.schedule}"), "path.schedule_id")],
    "delete_hook": [probe(lambda x, _: delete(f"/v1/hooks/{x.hook}"), "path.hook_id")],
    "delete_subscription": [probe(lambda x, _: delete(f"/v1/subscriptions/{x.subscription}"), "path.subscription_id")],
}
"""Schedules, hooks and subscriptions."""
