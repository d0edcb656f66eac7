"""Tables by subject. Importing this package registers all of them."""

from db.tables.approval_rules import ApprovalRule, ApprovalRuleError, ApprovalRuleVersion
from db.tables.audit import AuditEntry, AuditHead, AuditLink
from db.tables.base import Base
from db.tables.bulk import BulkItem, BulkJob
from db.tables.calendars import Absence, Calendar
from db.tables.chat import ChatMessage, ChatSession
from db.tables.connections import (
    Connection,
    ConnectionApp,
    ConnectionAttempt,
    ConnectionCall,
    ConnectionWindow,
    SecretStore,
)
from db.tables.credentials import Credential
from db.tables.files import File
from db.tables.identity import SECRETS, ApiKey, LoginSession, LoginTicket, Membership, Throttle, User
from db.tables.knowledge import AgentMemory, KnowledgeBase, KnowledgeChunk, KnowledgeDocument, KnowledgeRemoval
from db.tables.models import ModelAnswer, ModelBudget, ModelLease, ModelRate
from db.tables.notifications import (
    ApprovalLink,
    Notification,
    NotificationChannel,
    NotificationMessage,
    NotificationPreferences,
)
from db.tables.outbox import OutboxRow
from db.tables.people import Approval, ApprovalAssignee, ApprovalEntry, ApprovalVote, ListView
from db.tables.people_of_workspace import Group, GroupMember, Invitation, RecoveryCode
from db.tables.privacy import ExportPart, LegalHold, PrivacyJob, PrivacySettings, RetentionRule, WorkspaceDataKey
from db.tables.prompts import Prompt, PromptLabel, PromptVersion
from db.tables.quotas import Quotas, QuotaStarts, UsageDay, UsageEntry
from db.tables.runs import Run, RunEventRow, Step
from db.tables.sign_on import (
    GroupMapping,
    ScimGroup,
    ScimToken,
    ScimUser,
    SignOnAttempt,
    SignOnIdentity,
    SignOnProvider,
)
from db.tables.triggers import (
    Callback,
    Hook,
    HookDelivery,
    Schedule,
    ScheduleBackfill,
    ScheduleStart,
    Subscription,
)
from db.tables.waits import Event, Waiter
from db.tables.workflows import Blob, DraftRevision, Workflow, WorkflowDraft, WorkflowVersion
from db.tables.workspaces import DEFAULT_WORKSPACE_ID, Workspace

__all__ = [
    "DEFAULT_WORKSPACE_ID",
    "SECRETS",
    "Absence",
    "AgentMemory",
    "ApiKey",
    "Approval",
    "ApprovalAssignee",
    "ApprovalEntry",
    "ApprovalLink",
    "ApprovalRule",
    "ApprovalRuleError",
    "ApprovalRuleVersion",
    "ApprovalVote",
    "AuditEntry",
    "AuditHead",
    "AuditLink",
    "Base",
    "Blob",
    "BulkItem",
    "BulkJob",
    "Calendar",
    "Callback",
    "ChatMessage",
    "ChatSession",
    "Connection",
    "ConnectionApp",
    "ConnectionAttempt",
    "ConnectionCall",
    "ConnectionWindow",
    "Credential",
    "DraftRevision",
    "Event",
    "ExportPart",
    "File",
    "Group",
    "GroupMapping",
    "GroupMember",
    "Hook",
    "HookDelivery",
    "Invitation",
    "KnowledgeBase",
    "KnowledgeChunk",
    "KnowledgeDocument",
    "KnowledgeRemoval",
    "LegalHold",
    "ListView",
    "LoginSession",
    "LoginTicket",
    "Membership",
    "ModelAnswer",
    "ModelBudget",
    "ModelLease",
    "ModelRate",
    "Notification",
    "NotificationChannel",
    "NotificationMessage",
    "NotificationPreferences",
    "OutboxRow",
    "PrivacyJob",
    "PrivacySettings",
    "Prompt",
    "PromptLabel",
    "PromptVersion",
    "QuotaStarts",
    "Quotas",
    "RecoveryCode",
    "RetentionRule",
    "Run",
    "RunEventRow",
    "Schedule",
    "ScheduleBackfill",
    "ScheduleStart",
    "ScimGroup",
    "ScimToken",
    "ScimUser",
    "SecretStore",
    "SignOnAttempt",
    "SignOnIdentity",
    "SignOnProvider",
    "Step",
    "Subscription",
    "Throttle",
    "UsageDay",
    "UsageEntry",
    "User",
    "Waiter",
    "Workflow",
    "WorkflowDraft",
    "WorkflowVersion",
    "Workspace",
    "WorkspaceDataKey",
]
