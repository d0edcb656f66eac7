"""How each operation can be made to name something of another workspace.

An operation that is missing here fails `test_isolation.py`, and so does a new parameter that is in no probe: add it to
a probe, or to `HARMLESS` if it cannot name anything.
"""

from collections.abc import Mapping
from typing import Final

from tests.tenancy.agent_probes import AGENTS, HARMLESS_OF_AGENTS
from tests.tenancy.approval_probes import APPROVALS
from tests.tenancy.calls import Probe
from tests.tenancy.company_probes import COMPANY, HARMLESS_OF_COMPANY
from tests.tenancy.connection_probes import CONNECTIONS, HARMLESS_OF_CONNECTIONS, NAMELESS_OF_CONNECTIONS
from tests.tenancy.credential_probes import CREDENTIALS
from tests.tenancy.office_probes import HARMLESS_OF_OFFICE, OFFICE
from tests.tenancy.people_probes import PEOPLE
from tests.tenancy.privacy_probes import HARMLESS_OF_PRIVACY, NAMELESS_OF_PRIVACY, PRIVACY
from tests.tenancy.run_probes import RUNS
from tests.tenancy.tool_probes import HARMLESS_OF_TOOLS, TOOLS
from tests.tenancy.trigger_probes import HARMLESS_OF_TRIGGERS, TRIGGERS
from tests.tenancy.workflow_probes import WORKFLOWS

OF_OTHERS: Final = {
    *HARMLESS_OF_COMPANY,
    *HARMLESS_OF_CONNECTIONS,
    *HARMLESS_OF_TRIGGERS,
    *HARMLESS_OF_OFFICE,
    *HARMLESS_OF_AGENTS,
    *HARMLESS_OF_TOOLS,
    *HARMLESS_OF_PRIVACY,
}

HARMLESS: Final = OF_OTHERS | {
    # how much, in which order, in which form
    "query.limit", "query.depth", "query.format", "query.all", "query.archived", "query.ended", "query.force",
    "header.X-Perdure-Client",
    "query.outcome",
    "body.operation",
    "body.per_minute",
    "body.fork",
    *(f"body.filter.{name}" for name in ("status", "version", "trigger", "cost_min", "cost_max")),
    *(f"body.filter.created_{side}" for side in ("after", "before")),
    "body.filter",
    "body.purpose",
    "body.forget_password",
    "header.Prefer", "header.If-None-Match", "header.Last-Event-Id", "query.after", "query.before", "query.path",
    # which of the caller's own, by what they are like
    "query.status", "query.type", "query.state", "query.role", "query.trigger", "query.version", "query.cost_min",
    "query.cost_max", "query.created_after", "query.created_before", "query.since", "query.until", "query.actor_kind",
    "query.first", "query.last",
    "query.action", "query.subject_kind",
    # a version or revision of what the path names
    "path.version", "body.version", "body.revision", "body.over", "header.If-Match",
    # what is written
    "body.name", "body.description",
    "body.note", "body.reason", "body.title", "body.role", "body.public", "body.secret",
    "body.hosts", "body.scopes", "body.expires_at", "body.required", "query.note",
    "body.starts_per_minute", "body.running_runs", "body.tokens_per_month", "body.cost_usd_per_month",
    # values, and nodes of what the path names
    "body.input", "body.data", "body.node", "body.outputs", "body.vars", "body.item", "body.index", "body.pins",
    "body.decision", "body.tags", "body.confirm", "body.wait_seconds", "body.runs", "body.payload",
    # what is said about an approval, and the proof of what was shown of it
    "body.digest", "body.approvals.digest", "body.text", "body.kind", "body.why", "body.body", "body.replace",
    "body.comment",
    # where messages go, and when
    "body.mail", "body.password", "body.enabled", "body.unassigned", "body.time_zone", "body.quiet", "body.digest_at",
    "body.urgent_anytime",
    # which approvals, by what they are like; an answer in the words of others
    "query.view", "query.node", "query.purpose", "query.priority", "query.due_after", "query.due_before", "query.sort",
    "query.per", "body.type", "body.args",
}  # fmt: skip


SECRET: Final = "a secret in the request is the authority, or a person's own account is all it is about"

NAMELESS: Final[Mapping[str, str]] = {
    **NAMELESS_OF_CONNECTIONS,
    **NAMELESS_OF_PRIVACY,
    "get_health": "about the process",
    "get_readiness": "about the process",
    "get_system_status": "about the installation",
    "get_audit_head": "about the caller's own workspace",
    "get_sign_on": "about the caller's own workspace",
    "update_sign_on": "about the caller's own workspace",
    "create_sign_on_provider": "about the caller's own workspace",
    "list_scim_tokens": "about the caller's own workspace",
    "create_scim_token": "about the caller's own workspace",
    "list_login_providers": "what stands on a sign-in page, which everybody may see",
    "begin_sign_on": "what everybody may do who sees a sign-in page",
    "finish_sign_on": SECRET,
    "verify_audit_log": "checks the caller's own log, whatever the marks say",
    "list_node_kinds": "about the product",
    "list_templates": "about the product",
    "list_tool_types": "about the product",
    "list_holiday_countries": "about the product",
    "preview_schedule": "computes with what the request holds",
    "create_calendar": "about the caller's own workspace",
    "create_prompt": "about the caller's own workspace",
    "upload_file": "about the caller's own workspace",
    "evaluate_expressions": "computes with what the request holds",
    "list_credential_types": "about the product",
    "get_setup": "about the installation",
    "set_up": "about a fresh installation",
    "login": SECRET,
    "confirm_login": SECRET,
    "use_ticket": SECRET,
    "logout": SECRET,
    "logout_everywhere": SECRET,
    "list_sessions": SECRET,
    "get_me": SECRET,
    "update_me": SECRET,
    "change_password": SECRET,
    "get_second_factor": SECRET,
    "begin_second_factor": SECRET,
    "confirm_second_factor": SECRET,
    "renew_recovery_codes": SECRET,
    "disable_second_factor": SECRET,
    "inspect_invitation": SECRET,
    "accept_invitation": SECRET,
    "inspect_link": SECRET,
    "confirm_link": SECRET,
    "get_own_notifications": SECRET,
    "create_own_channel": SECRET,
    "list_channels": "about the caller's own workspace",
    "create_channel": "about the caller's own workspace",
    "create_subscription": "about the caller's own workspace; slugs are kept as they are",
    "get_workspace": "about the caller's own workspace",
    "update_workspace": "about the caller's own workspace",
    "leave_workspace": "about the caller's own workspace",
    "get_quotas": "about the caller's own workspace",
    "change_quotas": "about the caller's own workspace",
    "count_approvals": "about the caller's own lists",
    "list_approval_views": "about the caller's own views",
    "list_run_views": "about the caller's own views",
    "get_usage": "about the caller's own workspace",
    "get_second_factor_policy": "about the caller's own workspace",
    "change_second_factor_policy": "about the caller's own workspace",
}
"""Operations that can name nothing, and why."""

PROBES: Final[Mapping[str, list[Probe]]] = {
    **RUNS,
    **APPROVALS,
    **WORKFLOWS,
    **AGENTS,
    **TOOLS,
    **OFFICE,
    **CONNECTIONS,
    **PEOPLE,
    **CREDENTIALS,
    **TRIGGERS,
    **COMPANY,
    **PRIVACY,
}
"""By operation."""
