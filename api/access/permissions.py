"""The permission matrix: which role has which permission, and which permission each operation needs.

This file is the only place where either is said. `api.requests.StrictRoute` enforces it for every route before the
body is read, the application refuses to start with an operation that is missing here, and docs/api.md shows it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from schemas.roles import Role


class Permission(StrEnum):
    """Something that a caller may do. Also the scopes of an API key."""

    WORKFLOWS_READ = "workflows:read"
    WORKFLOWS_EDIT = "workflows:edit"
    WORKFLOWS_PUBLISH = "workflows:publish"
    RUNS_READ = "runs:read"
    RUNS_START = "runs:start"
    RUNS_STEER = "runs:steer"
    APPROVALS_READ = "approvals:read"
    APPROVALS_DECIDE = "approvals:decide"
    EVENTS_SEND = "events:send"
    CREDENTIALS_READ = "credentials:read"
    CREDENTIALS_EDIT = "credentials:edit"
    MEMBERS_READ = "members:read"
    MEMBERS_MANAGE = "members:manage"
    KEYS_MANAGE = "keys:manage"
    AUDIT_READ = "audit:read"
    PERSONAL_REVEAL = "personal:reveal"
    """See a masked value for a reason, which is audited."""
    PERSONAL_READ = "personal:read"
    """See everything unmasked."""
    WORKSPACE_READ = "workspace:read"
    WORKSPACE_MANAGE = "workspace:manage"
    WORKSPACE_OWN = "workspace:own"


class Open(StrEnum):
    """Operations that need no permission."""

    ANYBODY = "anybody"
    """Without any credential."""
    SIGNED_IN = "signed-in"
    """By whoever is known, about their own account."""
    OWN_ACCOUNT = "own-account"
    """The same, but not in a session that a company's provider has begun: it may only speak for its workspace."""


_READS: Final = frozenset(
    {
        Permission.WORKFLOWS_READ,
        Permission.RUNS_READ,
        Permission.APPROVALS_READ,
        Permission.MEMBERS_READ,
        Permission.WORKSPACE_READ,
    }
)
_OPERATES: Final = _READS | {
    Permission.RUNS_START,
    Permission.RUNS_STEER,
    Permission.APPROVALS_DECIDE,
    Permission.EVENTS_SEND,
    Permission.PERSONAL_REVEAL,
}
_EDITS: Final = _OPERATES | {
    Permission.WORKFLOWS_EDIT,
    Permission.WORKFLOWS_PUBLISH,
    Permission.CREDENTIALS_READ,
    Permission.CREDENTIALS_EDIT,
}
_ADMINISTERS: Final = _EDITS | {
    Permission.MEMBERS_MANAGE,
    Permission.KEYS_MANAGE,
    Permission.AUDIT_READ,
    Permission.PERSONAL_READ,
    Permission.WORKSPACE_MANAGE,
}

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.VIEWER: _READS,
    Role.OPERATOR: _OPERATES,
    Role.EDITOR: _EDITS,
    Role.ADMIN: _ADMINISTERS,
    Role.OWNER: frozenset(Permission),
}

OPERATIONS: Final[Mapping[str, Permission | Open]] = {
    # health
    "get_health": Open.ANYBODY,
    "get_readiness": Open.ANYBODY,
    "get_system_status": Permission.WORKSPACE_MANAGE,
    # sign-in
    "get_setup": Open.ANYBODY,
    "set_up": Open.ANYBODY,
    "login": Open.ANYBODY,
    "confirm_login": Open.ANYBODY,
    "use_ticket": Open.ANYBODY,
    "create_ticket": Permission.WORKSPACE_OWN,
    "refresh_session": Open.ANYBODY,
    "logout": Open.ANYBODY,
    "logout_everywhere": Open.SIGNED_IN,
    "list_sessions": Open.SIGNED_IN,
    "end_session": Open.SIGNED_IN,
    "switch_workspace": Open.SIGNED_IN,
    "list_login_providers": Open.ANYBODY,
    "begin_sign_on": Open.ANYBODY,
    "finish_sign_on": Open.ANYBODY,
    # sign-on of a company
    "get_sign_on": Permission.WORKSPACE_MANAGE,
    "update_sign_on": Permission.WORKSPACE_OWN,
    "replace_group_mappings": Permission.WORKSPACE_OWN,
    "create_sign_on_provider": Permission.WORKSPACE_OWN,
    "update_sign_on_provider": Permission.WORKSPACE_OWN,
    "delete_sign_on_provider": Permission.WORKSPACE_OWN,
    "test_sign_on_provider": Permission.WORKSPACE_OWN,
    "list_scim_tokens": Permission.WORKSPACE_OWN,
    "create_scim_token": Permission.WORKSPACE_OWN,
    "revoke_scim_token": Permission.WORKSPACE_OWN,
    # account
    "get_me": Open.SIGNED_IN,
    "update_me": Open.OWN_ACCOUNT,
    "change_password": Open.OWN_ACCOUNT,
    # workspaces
    "create_workspace": Open.OWN_ACCOUNT,
    "get_workspace": Permission.WORKSPACE_READ,
    "update_workspace": Permission.WORKSPACE_MANAGE,
    "get_quotas": Permission.WORKSPACE_READ,
    "change_quotas": Permission.WORKSPACE_OWN,
    "get_usage": Permission.WORKSPACE_READ,
    "get_usage_report": Permission.WORKSPACE_READ,
    # API keys
    "create_api_key": Permission.KEYS_MANAGE,
    "list_api_keys": Permission.KEYS_MANAGE,
    "get_api_key": Permission.KEYS_MANAGE,
    "revoke_api_key": Permission.KEYS_MANAGE,
    # workflows
    "list_node_kinds": Permission.WORKFLOWS_READ,
    "list_templates": Permission.WORKFLOWS_READ,
    "validate_document": Permission.WORKFLOWS_READ,
    "evaluate_expressions": Permission.WORKFLOWS_EDIT,
    "publish_workflow": Permission.WORKFLOWS_PUBLISH,
    "list_workflows": Permission.WORKFLOWS_READ,
    "get_workflow": Permission.WORKFLOWS_READ,
    "get_workflow_version": Permission.WORKFLOWS_READ,
    "list_workflow_versions": Permission.WORKFLOWS_READ,
    "diff_workflow_versions": Permission.WORKFLOWS_READ,
    "export_workflow": Permission.WORKFLOWS_READ,
    "create_workflow": Permission.WORKFLOWS_EDIT,
    "import_workflow": Permission.WORKFLOWS_EDIT,
    "clone_workflow": Permission.WORKFLOWS_EDIT,
    "delete_workflow": Permission.WORKFLOWS_EDIT,
    "set_workflow_tags": Permission.WORKFLOWS_EDIT,
    "archive_workflow": Permission.WORKFLOWS_PUBLISH,
    "unarchive_workflow": Permission.WORKFLOWS_PUBLISH,
    "get_draft": Permission.WORKFLOWS_READ,
    "save_draft": Permission.WORKFLOWS_EDIT,
    "import_draft": Permission.WORKFLOWS_EDIT,
    "restore_workflow_version": Permission.WORKFLOWS_EDIT,
    "publish_draft": Permission.WORKFLOWS_PUBLISH,
    "preview_publish": Permission.WORKFLOWS_PUBLISH,
    "run_draft": Permission.WORKFLOWS_EDIT,
    "test_node": Permission.WORKFLOWS_EDIT,
    # agents
    "list_agents": Permission.WORKFLOWS_READ,
    "create_agent": Permission.WORKFLOWS_EDIT,
    "get_agent": Permission.WORKFLOWS_READ,
    "delete_agent": Permission.WORKFLOWS_EDIT,
    "get_agent_draft": Permission.WORKFLOWS_READ,
    "save_agent_draft": Permission.WORKFLOWS_EDIT,
    "publish_agent": Permission.WORKFLOWS_PUBLISH,
    "clone_agent": Permission.WORKFLOWS_EDIT,
    "archive_agent": Permission.WORKFLOWS_PUBLISH,
    "unarchive_agent": Permission.WORKFLOWS_PUBLISH,
    "get_agent_uses": Permission.WORKFLOWS_READ,
    "list_agent_versions": Permission.WORKFLOWS_READ,
    "get_agent_version": Permission.WORKFLOWS_READ,
    "diff_agent_versions": Permission.WORKFLOWS_READ,
    "restore_agent_version": Permission.WORKFLOWS_EDIT,
    "start_agent_run": Permission.RUNS_START,
    "test_agent": Permission.WORKFLOWS_EDIT,
    # crews
    "create_crew": Permission.WORKFLOWS_EDIT,
    "list_crews": Permission.WORKFLOWS_READ,
    "clone_crew": Permission.WORKFLOWS_EDIT,
    "delete_crew": Permission.WORKFLOWS_EDIT,
    "archive_crew": Permission.WORKFLOWS_EDIT,
    "unarchive_crew": Permission.WORKFLOWS_EDIT,
    "test_crew": Permission.RUNS_START,
    "get_crew": Permission.WORKFLOWS_READ,
    "save_crew": Permission.WORKFLOWS_EDIT,
    "publish_crew": Permission.WORKFLOWS_PUBLISH,
    "start_crew_run": Permission.RUNS_START,
    # tools
    "list_tool_types": Permission.WORKFLOWS_READ,
    "import_openapi_tools": Permission.WORKFLOWS_EDIT,
    "list_mcp_tools": Permission.WORKFLOWS_EDIT,
    # knowledge
    "list_knowledge_bases": Permission.WORKFLOWS_READ,
    "create_knowledge_base": Permission.WORKFLOWS_EDIT,
    "get_knowledge_base": Permission.WORKFLOWS_READ,
    "update_knowledge_base": Permission.WORKFLOWS_EDIT,
    "delete_knowledge_base": Permission.WORKFLOWS_PUBLISH,
    "search_knowledge_base": Permission.RUNS_START,
    "list_knowledge_documents": Permission.WORKFLOWS_READ,
    "put_knowledge_document": Permission.WORKFLOWS_EDIT,
    "get_knowledge_document": Permission.WORKFLOWS_READ,
    "ingest_knowledge_document": Permission.WORKFLOWS_EDIT,
    "list_knowledge_chunks": Permission.WORKFLOWS_READ,
    "delete_knowledge_document": Permission.WORKFLOWS_EDIT,
    "list_memories": Permission.RUNS_READ,
    "create_memory": Permission.WORKFLOWS_EDIT,
    "change_memory": Permission.WORKFLOWS_EDIT,
    "delete_memory": Permission.WORKFLOWS_EDIT,
    "erase_memories": Permission.WORKFLOWS_EDIT,
    # chat
    "create_chat_session": Permission.RUNS_START,
    "list_chat_sessions": Permission.RUNS_READ,
    "get_chat_session": Permission.RUNS_READ,
    "rename_chat_session": Permission.RUNS_START,
    "delete_chat_session": Permission.RUNS_START,
    "clear_chat_session": Permission.RUNS_START,
    "choose_chat_branch": Permission.RUNS_START,
    "hand_over_chat": Permission.RUNS_START,
    "hand_back_chat": Permission.RUNS_STEER,
    "export_chat_session": Permission.RUNS_READ,
    "list_chat_messages": Permission.RUNS_READ,
    "send_chat_message": Permission.RUNS_START,
    "edit_chat_message": Permission.RUNS_START,
    "regenerate_chat_message": Permission.RUNS_START,
    "stream_chat_session": Permission.RUNS_READ,
    # runs
    "start_run": Permission.RUNS_START,
    "list_runs": Permission.RUNS_READ,
    "list_run_views": Permission.RUNS_READ,
    "create_run_view": Permission.RUNS_READ,
    "delete_run_view": Permission.RUNS_READ,
    "get_run": Permission.RUNS_READ,
    "list_run_steps": Permission.RUNS_READ,
    "list_run_events": Permission.RUNS_READ,
    "get_run_tree": Permission.RUNS_READ,
    "compare_runs": Permission.RUNS_READ,
    "get_run_transcript": Permission.RUNS_READ,
    "cancel_run": Permission.RUNS_STEER,
    "pause_run": Permission.RUNS_STEER,
    "resume_run": Permission.RUNS_STEER,
    "steer_run": Permission.RUNS_STEER,
    "terminate_run": Permission.RUNS_STEER,
    "retry_run": Permission.RUNS_STEER,
    "fork_run": Permission.RUNS_STEER,
    # bulk operations
    "preview_bulk": Permission.RUNS_STEER,
    "start_bulk": Permission.RUNS_STEER,
    "stop_bulk": Permission.RUNS_STEER,
    "list_bulk_jobs": Permission.RUNS_READ,
    "get_bulk_job": Permission.RUNS_READ,
    "list_bulk_items": Permission.RUNS_READ,
    # approvals and events
    "list_approvals": Permission.APPROVALS_READ,
    "count_approvals": Permission.APPROVALS_READ,
    "list_agent_interrupts": Permission.APPROVALS_READ,
    "answer_agent_interrupt": Permission.APPROVALS_DECIDE,
    "get_run_interrupts": Permission.APPROVALS_READ,
    "answer_run_interrupts": Permission.APPROVALS_DECIDE,
    "get_approval_metrics": Permission.APPROVALS_READ,
    "list_approval_views": Permission.APPROVALS_READ,
    "create_approval_view": Permission.APPROVALS_READ,
    "update_approval_view": Permission.APPROVALS_READ,
    "delete_approval_view": Permission.APPROVALS_READ,
    "get_approval": Permission.APPROVALS_READ,
    "decide_approval": Permission.APPROVALS_DECIDE,
    "decide_approvals": Permission.APPROVALS_DECIDE,
    "undo_decision": Permission.APPROVALS_DECIDE,
    "claim_approval": Permission.APPROVALS_DECIDE,
    "release_approval": Permission.APPROVALS_DECIDE,
    "delegate_approval": Permission.APPROVALS_DECIDE,
    "assign_approval": Permission.WORKSPACE_MANAGE,
    "revise_approval": Permission.RUNS_STEER,
    "comment_on_approval": Permission.APPROVALS_DECIDE,
    "approve_similar": Permission.APPROVALS_DECIDE,
    "list_approval_rules": Permission.APPROVALS_READ,
    "create_approval_rule": Permission.WORKSPACE_MANAGE,
    "order_approval_rules": Permission.WORKSPACE_MANAGE,
    "backtest_approval_rule": Permission.APPROVALS_DECIDE,
    "get_approval_rule": Permission.APPROVALS_READ,
    "list_approval_rule_versions": Permission.APPROVALS_READ,
    "update_approval_rule": Permission.WORKSPACE_MANAGE,
    "enable_approval_rule": Permission.WORKSPACE_MANAGE,
    "disable_approval_rule": Permission.APPROVALS_DECIDE,
    "delete_approval_rule": Permission.WORKSPACE_MANAGE,
    "list_calendars": Permission.WORKSPACE_READ,
    "create_calendar": Permission.WORKSPACE_MANAGE,
    "list_holiday_countries": Permission.WORKSPACE_READ,
    "get_calendar": Permission.WORKSPACE_READ,
    "update_calendar": Permission.WORKSPACE_MANAGE,
    "delete_calendar": Permission.WORKSPACE_MANAGE,
    "preview_calendar": Permission.WORKSPACE_READ,
    "list_my_absences": Permission.MEMBERS_READ,
    "create_my_absence": Permission.MEMBERS_READ,
    "update_my_absence": Permission.MEMBERS_READ,
    "delete_my_absence": Permission.MEMBERS_READ,
    "list_absences": Permission.MEMBERS_READ,
    "create_absence": Permission.MEMBERS_MANAGE,
    "get_absence": Permission.MEMBERS_READ,
    "update_absence": Permission.MEMBERS_MANAGE,
    "delete_absence": Permission.MEMBERS_MANAGE,
    "publish_event": Permission.EVENTS_SEND,
    # schedules
    "list_schedules": Permission.WORKFLOWS_READ,
    "create_schedule": Permission.WORKFLOWS_PUBLISH,
    "preview_schedule": Permission.WORKFLOWS_READ,
    "get_schedule": Permission.WORKFLOWS_READ,
    "update_schedule": Permission.WORKFLOWS_PUBLISH,
    "delete_schedule": Permission.WORKFLOWS_PUBLISH,
    "pause_schedule": Permission.WORKFLOWS_PUBLISH,
    "resume_schedule": Permission.WORKFLOWS_PUBLISH,
    "backfill_schedule": Permission.WORKFLOWS_PUBLISH,
    "run_schedule": Permission.RUNS_START,
    "list_schedule_starts": Permission.WORKFLOWS_READ,
    "get_schedule_calendar": Permission.WORKFLOWS_READ,
    # hooks: who may see an address may send to it
    "list_hooks": Permission.WORKFLOWS_PUBLISH,
    "create_hook": Permission.WORKFLOWS_PUBLISH,
    "preview_hook": Permission.WORKFLOWS_PUBLISH,
    "get_hook": Permission.WORKFLOWS_PUBLISH,
    "update_hook": Permission.WORKFLOWS_PUBLISH,
    "delete_hook": Permission.WORKFLOWS_PUBLISH,
    "rotate_hook": Permission.WORKFLOWS_PUBLISH,
    "list_hook_deliveries": Permission.WORKFLOWS_PUBLISH,
    "get_hook_delivery": Permission.WORKFLOWS_PUBLISH,
    "redeliver_hook_delivery": Permission.WORKFLOWS_PUBLISH,
    "get_form": Permission.RUNS_START,
    "send_form": Permission.RUNS_START,
    # subscriptions
    "list_subscriptions": Permission.WORKSPACE_MANAGE,
    "create_subscription": Permission.WORKSPACE_MANAGE,
    "get_subscription": Permission.WORKSPACE_MANAGE,
    "update_subscription": Permission.WORKSPACE_MANAGE,
    "delete_subscription": Permission.WORKSPACE_MANAGE,
    "rotate_subscription_secret": Permission.WORKSPACE_MANAGE,
    "test_subscription": Permission.WORKSPACE_MANAGE,
    "list_callbacks": Permission.WORKSPACE_MANAGE,
    "redeliver_callback": Permission.WORKSPACE_MANAGE,
    # notifications
    "inspect_link": Open.ANYBODY,
    "confirm_link": Open.ANYBODY,
    "get_own_notifications": Open.SIGNED_IN,
    "update_own_notifications": Open.SIGNED_IN,
    "create_own_channel": Open.SIGNED_IN,
    "delete_own_channel": Open.SIGNED_IN,
    "test_own_channel": Open.SIGNED_IN,
    "list_channels": Permission.WORKSPACE_MANAGE,
    "create_channel": Permission.WORKSPACE_MANAGE,
    "get_channel": Permission.WORKSPACE_MANAGE,
    "update_channel": Permission.WORKSPACE_MANAGE,
    "delete_channel": Permission.WORKSPACE_MANAGE,
    "test_channel": Permission.WORKSPACE_MANAGE,
    "list_messages": Permission.WORKSPACE_MANAGE,
    # prompts
    "list_prompts": Permission.WORKFLOWS_READ,
    "create_prompt": Permission.WORKFLOWS_EDIT,
    "get_prompt": Permission.WORKFLOWS_READ,
    "delete_prompt": Permission.WORKFLOWS_EDIT,
    "create_prompt_version": Permission.WORKFLOWS_EDIT,
    "get_prompt_version": Permission.WORKFLOWS_READ,
    "diff_prompt_versions": Permission.WORKFLOWS_READ,
    "get_prompt_uses": Permission.WORKFLOWS_READ,
    "set_prompt_label": Permission.WORKFLOWS_PUBLISH,
    "remove_prompt_label": Permission.WORKFLOWS_PUBLISH,
    # files
    "list_files": Permission.WORKFLOWS_READ,
    "upload_file": Permission.RUNS_START,
    "get_file": Permission.WORKFLOWS_READ,
    "get_file_content": Permission.WORKFLOWS_READ,
    "delete_file": Permission.WORKFLOWS_EDIT,
    # credentials
    "list_credential_types": Permission.CREDENTIALS_READ,
    "create_credential": Permission.CREDENTIALS_EDIT,
    "list_credentials": Permission.CREDENTIALS_READ,
    "get_credential": Permission.CREDENTIALS_READ,
    "get_credential_usage": Permission.CREDENTIALS_READ,
    "update_credential": Permission.CREDENTIALS_EDIT,
    "delete_credential": Permission.CREDENTIALS_EDIT,
    "test_credential": Permission.CREDENTIALS_EDIT,
    "list_secret_stores": Permission.CREDENTIALS_READ,
    "create_secret_store": Permission.CREDENTIALS_EDIT,
    "get_secret_store": Permission.CREDENTIALS_READ,
    "update_secret_store": Permission.CREDENTIALS_EDIT,
    "delete_secret_store": Permission.CREDENTIALS_EDIT,
    "test_secret_store": Permission.CREDENTIALS_EDIT,
    # connections
    "list_connection_providers": Permission.CREDENTIALS_READ,
    "list_connection_apps": Permission.CREDENTIALS_READ,
    "create_connection_app": Permission.CREDENTIALS_EDIT,
    "get_connection_app": Permission.CREDENTIALS_READ,
    "update_connection_app": Permission.CREDENTIALS_EDIT,
    "delete_connection_app": Permission.CREDENTIALS_EDIT,
    "list_connections": Permission.CREDENTIALS_READ,
    "create_connection": Permission.CREDENTIALS_EDIT,
    "finish_connection": Permission.CREDENTIALS_EDIT,
    "get_connection": Permission.CREDENTIALS_READ,
    "update_connection": Permission.CREDENTIALS_EDIT,
    "delete_connection": Permission.CREDENTIALS_EDIT,
    "begin_connection": Permission.CREDENTIALS_EDIT,
    "refresh_connection": Permission.CREDENTIALS_EDIT,
    "list_connection_actions": Permission.CREDENTIALS_READ,
    "import_connection_actions": Permission.CREDENTIALS_EDIT,
    "delete_connection_action": Permission.CREDENTIALS_EDIT,
    "try_connection_action": Permission.CREDENTIALS_EDIT,
    "list_connection_calls": Permission.CREDENTIALS_READ,
    # people
    "list_members": Permission.MEMBERS_READ,
    "get_member": Permission.MEMBERS_READ,
    "change_member_role": Permission.MEMBERS_MANAGE,
    "remove_member": Permission.MEMBERS_MANAGE,
    "leave_workspace": Open.SIGNED_IN,
    "list_groups": Permission.MEMBERS_READ,
    "get_group": Permission.MEMBERS_READ,
    "create_group": Permission.MEMBERS_MANAGE,
    "update_group": Permission.MEMBERS_MANAGE,
    "delete_group": Permission.MEMBERS_MANAGE,
    "add_group_member": Permission.MEMBERS_MANAGE,
    "remove_group_member": Permission.MEMBERS_MANAGE,
    "create_invitation": Permission.MEMBERS_MANAGE,
    "list_invitations": Permission.MEMBERS_MANAGE,
    "get_invitation": Permission.MEMBERS_MANAGE,
    "resend_invitation": Permission.MEMBERS_MANAGE,
    "revoke_invitation": Permission.MEMBERS_MANAGE,
    "inspect_invitation": Open.ANYBODY,
    "accept_invitation": Open.ANYBODY,
    # second factor
    "get_second_factor": Open.SIGNED_IN,
    "begin_second_factor": Open.OWN_ACCOUNT,
    "confirm_second_factor": Open.OWN_ACCOUNT,
    "renew_recovery_codes": Open.OWN_ACCOUNT,
    "disable_second_factor": Open.OWN_ACCOUNT,
    "reset_second_factor": Open.SIGNED_IN,
    "get_second_factor_policy": Permission.WORKSPACE_READ,
    "change_second_factor_policy": Permission.WORKSPACE_OWN,
    # privacy
    "get_masking": Permission.WORKSPACE_READ,
    "change_masking": Permission.WORKSPACE_MANAGE,
    "get_retention": Permission.WORKSPACE_READ,
    "change_retention": Permission.WORKSPACE_OWN,
    "preview_retention": Permission.WORKSPACE_MANAGE,
    "run_retention": Permission.WORKSPACE_OWN,
    "list_legal_holds": Permission.WORKSPACE_MANAGE,
    "create_legal_hold": Permission.WORKSPACE_MANAGE,
    "release_legal_hold": Permission.WORKSPACE_OWN,
    "list_data_keys": Permission.WORKSPACE_MANAGE,
    "rotate_data_key": Permission.WORKSPACE_OWN,
    "list_privacy_jobs": Permission.WORKSPACE_MANAGE,
    "get_privacy_job": Permission.WORKSPACE_MANAGE,
    "cancel_privacy_job": Permission.WORKSPACE_OWN,
    "start_export": Permission.WORKSPACE_OWN,
    "download_export": Permission.WORKSPACE_OWN,
    "erase_person": Permission.WORKSPACE_OWN,
    "erase_workspace": Permission.WORKSPACE_OWN,
    "reveal_step": Permission.PERSONAL_REVEAL,
    "reveal_approval": Permission.PERSONAL_REVEAL,
    "decode_payloads": Permission.PERSONAL_READ,
    # audit
    "list_audit_entries": Permission.AUDIT_READ,
    "export_audit_log": Permission.AUDIT_READ,
    "get_audit_head": Permission.AUDIT_READ,
    "verify_audit_log": Permission.AUDIT_READ,
}
"""What each operation needs, by its operation id."""

SUBSCRIPTIONS: Final[Mapping[str, Permission]] = {
    "run": Permission.RUNS_READ,
    "workflow": Permission.RUNS_READ,
    "runs": Permission.RUNS_READ,
    "approvals": Permission.APPROVALS_READ,
}
"""What each topic of `/v1/live` needs."""
