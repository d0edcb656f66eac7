"""How operations on people, keys, messages and the audit log can be made to name something of another workspace."""

from typing import Final

from api.requests import encode_cursor
from tests.tenancy.calls import PLACE, Probe, delete, fresh, get, patch, post, probe, put
from tests.tenancy.world import moment_cursor

OWN: Final = "a room is nobody's own, and a place of somebody's own is no room"
TOLD: Final = "whether anybody was told by then is up to the worker"

PEOPLE: Final[dict[str, list[Probe]]] = {
    "refresh_session": [
        probe(
            lambda x, _: post("/v1/auth/refresh", {"refresh_token": "x", "workspace_id": x.workspace}),
            "body.refresh_token",
            "body.workspace_id",
            blind="the token is wrong; test_a_session_cannot_move_into_another_workspace has a right one",
        )
    ],
    "switch_workspace": [
        probe(lambda x, _: post("/v1/auth/workspace", {"workspace_id": x.workspace}), "body.workspace_id")
    ],
    "create_ticket": [
        probe(
            lambda x, _: post("/v1/auth/tickets", {"purpose": "login", "email": x.email}),
            "body.email",
            blind="only the operator of the installation may",
        )
    ],
    "end_session": [probe(lambda x, _: delete(f"/v1/auth/sessions/{x.session}"), "path.session_id")],
    "reset_second_factor": [
        probe(
            lambda x, _: post("/v1/second-factor/reset", {"email": x.email}),
            "body.email",
            blind="only the operator of the installation may",
        )
    ],
    "create_workspace": [
        probe(lambda x, _: post("/v1/workspaces", {"name": "W", "slug": fresh()}), "body.slug", blind="see below")
    ],
    "create_api_key": [],
    "list_api_keys": [
        probe(lambda x, _: get("/v1/api-keys", cursor=moment_cursor(x.key)), "query.cursor", blind=PLACE)
    ],
    "get_api_key": [probe(lambda x, _: get(f"/v1/api-keys/{x.key}"), "path.key_id")],
    "revoke_api_key": [probe(lambda x, _: delete(f"/v1/api-keys/{x.key}"), "path.key_id")],
    "list_members": [
        probe(lambda x, _: get("/v1/members", group=x.group), "query.group"),
        probe(lambda x, _: get("/v1/members", text=x.email), "query.text"),
        probe(lambda x, _: get("/v1/members", cursor=encode_cursor(f"zz{x.email}")), "query.cursor", blind=PLACE),
    ],
    "get_member": [probe(lambda x, _: get(f"/v1/members/{x.user}"), "path.user_id")],
    "change_member_role": [probe(lambda x, _: patch(f"/v1/members/{x.user}", {"role": "viewer"}), "path.user_id")],
    "list_groups": [
        probe(lambda x, _: get("/v1/groups", text=x.group_name), "query.text"),
        probe(lambda x, _: get("/v1/groups", cursor=encode_cursor(f"zz{x.group_name}")), "query.cursor", blind=PLACE),
    ],
    "create_group": [],
    "get_group": [probe(lambda x, _: get(f"/v1/groups/{x.group}"), "path.group_id")],
    "update_group": [probe(lambda x, _: patch(f"/v1/groups/{x.group}", {"description": "D"}), "path.group_id")],
    "add_group_member": [
        probe(lambda x, own: put(f"/v1/groups/{x.group}/members/{own.user}"), "path.group_id"),
        probe(lambda x, own: put(f"/v1/groups/{own.group}/members/{x.user}"), "path.user_id"),
    ],
    "remove_group_member": [
        probe(lambda x, own: delete(f"/v1/groups/{x.group}/members/{own.user}"), "path.group_id"),
        probe(
            lambda x, own: delete(f"/v1/groups/{own.group}/members/{x.user}"),
            "path.user_id",
            blind="whoever is not in a group is removed too",
        ),
    ],
    "delete_group": [probe(lambda x, _: delete(f"/v1/groups/{x.group}"), "path.group_id")],
    "remove_member": [probe(lambda x, _: delete(f"/v1/members/{x.user}"), "path.user_id")],
    "create_invitation": [
        probe(
            lambda x, _: post("/v1/invitations", {"email": f"{x.unused()}@example.com", "role": "viewer"}), "body.email"
        ),
    ],
    "update_own_notifications": [
        probe(lambda x, _: put("/v1/me/notifications", {"events": {"opened": [x.own_channel]}}), "body.events"),
    ],
    "test_own_channel": [
        probe(lambda x, _: post(f"/v1/me/notifications/channels/{x.own_channel}/test"), "path.channel_id"),
        probe(lambda x, _: post(f"/v1/me/notifications/channels/{x.channel}/test"), "path.channel_id", blind=OWN),
    ],
    "delete_own_channel": [
        probe(lambda x, _: delete(f"/v1/me/notifications/channels/{x.own_channel}"), "path.channel_id")
    ],
    "get_channel": [
        probe(lambda x, _: get(f"/v1/notifications/channels/{x.channel}"), "path.channel_id"),
        probe(lambda x, _: get(f"/v1/notifications/channels/{x.own_channel}"), "path.channel_id", blind=OWN),
    ],
    "update_channel": [
        probe(
            lambda x, _: patch(f"/v1/notifications/channels/{x.channel}", {"name": "N", "url": "https://example.com/"}),
            "path.channel_id",
            "body.url",
            "body.events",
        )
    ],
    "test_channel": [probe(lambda x, _: post(f"/v1/notifications/channels/{x.channel}/test"), "path.channel_id")],
    "delete_channel": [probe(lambda x, _: delete(f"/v1/notifications/channels/{x.channel}"), "path.channel_id")],
    "list_messages": [
        probe(lambda x, _: get("/v1/notifications/messages", user_id=x.owner), "query.user_id"),
        probe(lambda x, _: get("/v1/notifications/messages", approval_id=x.approval), "query.approval_id", blind=TOLD),
        probe(lambda x, _: get("/v1/notifications/messages", cursor=moment_cursor(x.run)), "query.cursor", blind=PLACE),
    ],
    "list_invitations": [
        probe(lambda x, _: get("/v1/invitations", cursor=moment_cursor(x.invitation)), "query.cursor", blind=PLACE)
    ],
    "get_invitation": [probe(lambda x, _: get(f"/v1/invitations/{x.invitation}"), "path.invitation_id")],
    "resend_invitation": [probe(lambda x, _: post(f"/v1/invitations/{x.invitation}/resend"), "path.invitation_id")],
    "revoke_invitation": [probe(lambda x, _: delete(f"/v1/invitations/{x.invitation}"), "path.invitation_id")],
    "list_audit_entries": [
        probe(lambda x, _: get("/v1/audit", actor=x.owner_email), "query.actor"),
        probe(lambda x, _: get("/v1/audit", actor_id=x.owner), "query.actor_id"),
        probe(lambda x, _: get("/v1/audit", subject_id=x.workflow), "query.subject_id"),
        probe(lambda x, _: get("/v1/audit", cursor=encode_cursor("999999999")), "query.cursor", blind=PLACE),
    ],
    "export_audit_log": [
        probe(lambda x, _: get("/v1/audit/export", actor=x.owner_email), "query.actor"),
        probe(lambda x, _: get("/v1/audit/export", actor_id=x.owner), "query.actor_id"),
        probe(lambda x, _: get("/v1/audit/export", subject_id=x.workflow), "query.subject_id"),
    ],
}
