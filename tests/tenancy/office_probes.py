"""How operations on rules, calendars and absences can be made to name something of another workspace."""

from typing import Any, Final

from api.requests import encode_cursor
from tests.tenancy.calls import PLACE, Call, Probe, delete, fresh, get, patch, post, probe, put
from tests.tenancy.office import WEEK
from tests.tenancy.world import moment_cursor

KEPT: Final = "a scope is kept as it is, and nothing that is not there is in it"

HARMLESS_OF_OFFICE: Final = {
    "body.expression", "body.sample", "body.limit", "body.since", "body.scope", "body.scope.node", "body.fields",
    "body.any_node", "body.expires_in", "body.hours", "body.country", "body.subdivision", "body.closed",
    "body.starts_at", "body.ends_at", "query.seconds", "query.from",
}  # fmt: skip


def _rule(**scope: str) -> Call:
    body = {"name": fresh(), "expression": "false", "decision": "approved", "scope": scope}
    return post("/v1/approval-rules", body)


def _tested(**scope: str) -> Call:
    return post("/v1/approval-rules/backtest", {"expression": "true", "decision": "approved", "scope": scope})


def _hours(name: str) -> dict[str, Any]:
    return {"name": name, "time_zone": "UTC", "hours": WEEK}


def _away(substitute: str, year: int = 2091, **more: str) -> dict[str, str]:
    times = {"starts_at": f"{year}-01-01T00:00:00Z", "ends_at": f"{year}-02-01T00:00:00Z"}
    return {"substitute_id": substitute, **times, **more}


OFFICE: Final[dict[str, list[Probe]]] = {
    "list_approval_rules": [
        probe(lambda x, _: get("/v1/approval-rules", run=x.answered_run), "query.run"),
        probe(
            lambda x, _: get("/v1/approval-rules", cursor=encode_cursor("workspace", "0", x.rule)),
            "query.cursor",
            blind=PLACE,
        ),
    ],
    "create_approval_rule": [
        probe(lambda x, _: _rule(workflow=x.workflow), "body.scope.workflow", blind=KEPT),
        probe(lambda x, _: _rule(tag=x.tag), "body.scope.tag", blind=KEPT),
    ],
    "order_approval_rules": [probe(lambda x, _: put("/v1/approval-rules/order", {"ids": [x.rule]}), "body.ids")],
    "backtest_approval_rule": [
        probe(lambda x, _: _tested(workflow=x.asking_workflow), "body.scope.workflow"),
        probe(lambda x, _: _tested(tag=x.tag), "body.scope.tag"),
    ],
    "get_approval_rule": [probe(lambda x, _: get(f"/v1/approval-rules/{x.rule}"), "path.rule_id")],
    "list_approval_rule_versions": [probe(lambda x, _: get(f"/v1/approval-rules/{x.rule}/versions"), "path.rule_id")],
    "update_approval_rule": [
        probe(lambda x, _: patch(f"/v1/approval-rules/{x.rule}", {"version": 1}), "path.rule_id"),
    ],
    "enable_approval_rule": [probe(lambda x, _: post(f"/v1/approval-rules/{x.rule}/enable"), "path.rule_id")],
    "disable_approval_rule": [probe(lambda x, _: post(f"/v1/approval-rules/{x.rule}/disable"), "path.rule_id")],
    "delete_approval_rule": [probe(lambda x, _: delete(f"/v1/approval-rules/{x.rule}"), "path.rule_id")],
    "approve_similar": [
        probe(lambda x, _: post(f"/v1/approvals/{x.approval}/approve-similar", {"digest": "0"}), "path.approval_id")
    ],
    "list_calendars": [
        probe(
            lambda x, _: get("/v1/calendars", cursor=encode_cursor("a", x.calendar)),
            "query.cursor",
            blind=PLACE,
        )
    ],
    "get_calendar": [probe(lambda x, _: get(f"/v1/calendars/{x.calendar}"), "path.calendar_id")],
    "preview_calendar": [
        probe(lambda x, _: get(f"/v1/calendars/{x.calendar}/preview", seconds="60"), "path.calendar_id")
    ],
    "update_calendar": [
        probe(lambda x, _: put(f"/v1/calendars/{x.calendar}", _hours("Office again")), "path.calendar_id")
    ],
    "delete_calendar": [probe(lambda x, _: delete(f"/v1/calendars/{x.calendar}"), "path.calendar_id")],
    "list_my_absences": [
        probe(
            lambda x, _: get("/v1/me/absences", cursor=moment_cursor(x.own_absence)),
            "query.cursor",
            blind=PLACE,
        )
    ],
    "create_my_absence": [probe(lambda x, _: post("/v1/me/absences", _away(x.user)), "body.substitute_id")],
    "update_my_absence": [
        probe(lambda x, own: put(f"/v1/me/absences/{x.own_absence}", _away(own.user)), "path.absence_id"),
        probe(lambda x, own: put(f"/v1/me/absences/{own.own_absence}", _away(x.user)), "body.substitute_id"),
    ],
    "delete_my_absence": [probe(lambda x, _: delete(f"/v1/me/absences/{x.own_absence}"), "path.absence_id")],
    "list_absences": [
        probe(lambda x, _: get("/v1/absences", user=x.user), "query.user"),
        probe(lambda x, _: get("/v1/absences", cursor=moment_cursor(x.absence)), "query.cursor", blind=PLACE),
    ],
    "create_absence": [
        probe(lambda x, own: post("/v1/absences", _away(own.owner, 2093, user_id=x.user)), "body.user_id"),
        probe(lambda x, own: post("/v1/absences", _away(x.user, 2095, user_id=own.owner)), "body.substitute_id"),
    ],
    "get_absence": [probe(lambda x, _: get(f"/v1/absences/{x.absence}"), "path.absence_id")],
    "update_absence": [
        probe(lambda x, own: put(f"/v1/absences/{x.absence}", _away(own.owner)), "path.absence_id"),
        probe(lambda x, own: put(f"/v1/absences/{own.absence}", _away(x.user)), "body.substitute_id"),
    ],
    "delete_absence": [probe(lambda x, _: delete(f"/v1/absences/{x.absence}"), "path.absence_id")],
}
