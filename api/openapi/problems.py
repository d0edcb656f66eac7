"""Which errors an operation may answer with: most follow from its shape, the rest is said here.

`tests/api/conftest.py` and the fuzz tests hold every answer against this.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from api.access.permissions import OPERATIONS, Open, Permission
from api.errors import MEDIA_TYPE
from api.limits.limiter import LIMITED
from api.openapi.answer_headers import PROBLEM_HEADERS, reference
from schemas.errors import CLASS_OF, REACTIONS, ErrorCode

CODES_KEY: Final = "x-codes"
"""Extension of a response: the codes that its problem may have."""

_E = ErrorCode

MEANINGS: Final[Mapping[ErrorCode, str]] = {
    _E.INVALID_REQUEST: "The request is not well formed; `errors` names each wrong field.",
    _E.INVALID_TEXT: "A text holds NUL or half of a surrogate pair, or is not UTF-8.",
    _E.INVALID_DOCUMENT: "The workflow document has faults; `faults` lists all of them.",
    _E.INVALID_INPUT: "The input does not fit the schema of the workflow version; `errors` names each place.",
    _E.INVALID_FORM: "The data of a decision does not fit the request's form; `errors` names each place.",
    _E.INVALID_CONFIG: "The settings of a node are not valid.",
    _E.EXPRESSION_FAILED: "An expression could not be evaluated.",
    _E.ADDRESS_DENIED: "The address is private or not allowed.",
    _E.AUTH_FAILED: "A service outside does not accept what it was shown; a person must connect again.",
    _E.NETWORK: "A service outside cannot be reached.",
    _E.TIMEOUT: "A service outside did not answer in time.",
    _E.UPSTREAM_FAILED: "A service outside failed; try again.",
    _E.UPSTREAM_REFUSED: "A service outside refused.",
    _E.RESULT_TOO_LARGE: "The answer of a service outside is longer than is allowed.",
    _E.THROTTLED: "A connection has made its calls of this minute; wait for `Retry-After` seconds.",
    _E.MISSING_CREDENTIAL: "A credential that is needed does not exist or may not be used here.",
    _E.RATE_LIMITED: "Too many requests; wait for `Retry-After` seconds.",
    _E.QUOTA_EXCEEDED: "A quota of the workspace is used up; `details` names it, `Retry-After` says when it is free.",
    _E.UNAUTHENTICATED: "No credential was sent, or one that is not valid any more.",
    _E.FORBIDDEN: "The caller lacks the permission that `details.permission` names.",
    _E.NOT_FOUND: "It does not exist, or belongs to another workspace.",
    _E.CONFLICT: "It is not in a state in which this can be done.",
    _E.ALREADY_DECIDED: "Somebody else has decided; `details` says who and what.",
    _E.ALREADY_ANSWERED: "The caller has answered this request already.",
    _E.STALE_APPROVAL: "The request is not the one that was shown: `details` has its present digest.",
    _E.CLAIMED: "Somebody else has claimed the request; `details` says who.",
    _E.SELF_APPROVAL: "The caller started the run or published its workflow, and the request keeps these duties apart.",
    _E.NOT_ASSIGNED: "The caller is not among those who are asked.",
    _E.ASSIGNMENT_RELEASED: "The request was the caller's and was given to somebody else.",
    _E.UNDO_REFUSED: "The answer cannot be taken back any more.",
    _E.LINK_EXPIRED: "The time of the link is over.",
    _E.LINK_USED: "The link was used before.",
    _E.STALE_REVISION: "It was changed by somebody else in the meantime; `details` has both sides.",
    _E.IDEMPOTENCY_MISMATCH: "The idempotency key was used for another request.",
    _E.CANCELLED: "The run has ended, or a later attempt of it has begun.",
    _E.BODY_TOO_LARGE: "The body or the input has more bytes than are allowed.",
    _E.UNSUPPORTED_MEDIA_TYPE: "The body is of another type than the operation reads, or is compressed.",
    _E.DATA_ERASED: "It was erased for good.",
    _E.UNAVAILABLE: "A server behind the API is away; try again.",
    _E.INTERNAL: "A fault of ours; the request id leads to it in the logs.",
}
"""Every code that the API answers with by itself, in the order of the table in docs/api.md."""

_ENTITLED: Final = (_E.ALREADY_DECIDED, _E.CLAIMED, _E.SELF_APPROVAL, _E.NOT_ASSIGNED, _E.ASSIGNMENT_RELEASED)
_ANSWERS: Final = (*_ENTITLED, _E.ALREADY_ANSWERED, _E.STALE_APPROVAL)
"""Refusals of an answer to a request."""

_OUTSIDE: Final = (
    *(_E.MISSING_CREDENTIAL, _E.AUTH_FAILED, _E.INVALID_CONFIG, _E.ADDRESS_DENIED),
    *(_E.NETWORK, _E.TIMEOUT, _E.UPSTREAM_FAILED, _E.UPSTREAM_REFUSED),
)
"""What becomes of a question to somebody outside."""

FURTHER: Final[Mapping[str, tuple[ErrorCode, ...]]] = {
    # schedules, hooks, subscriptions
    "create_schedule": (_E.NOT_FOUND, _E.CONFLICT, _E.EXPRESSION_FAILED),
    "update_schedule": (_E.CONFLICT, _E.EXPRESSION_FAILED),
    "run_schedule": (
        _E.CONFLICT,
        _E.INVALID_INPUT,
        _E.EXPRESSION_FAILED,
        _E.BODY_TOO_LARGE,
        _E.IDEMPOTENCY_MISMATCH,
        _E.QUOTA_EXCEEDED,
    ),
    "create_hook": (_E.NOT_FOUND, _E.CONFLICT),
    "update_hook": (_E.CONFLICT, _E.MISSING_CREDENTIAL),
    "preview_hook": (_E.NOT_FOUND, _E.CONFLICT),
    "redeliver_hook_delivery": (_E.CONFLICT, _E.QUOTA_EXCEEDED),
    "get_form": (_E.CONFLICT,),
    "send_form": (_E.CONFLICT, _E.INVALID_INPUT, _E.EXPRESSION_FAILED, _E.QUOTA_EXCEEDED),
    "create_subscription": (_E.CONFLICT,),
    "test_subscription": (_E.CONFLICT,),
    "redeliver_callback": (_E.CONFLICT,),
    # privacy
    "create_legal_hold": (_E.NOT_FOUND, _E.CONFLICT),
    "rotate_data_key": (_E.MISSING_CREDENTIAL, _E.CONFLICT),
    "run_retention": (_E.CONFLICT,),
    "start_export": (_E.CONFLICT,),
    "erase_workspace": (_E.CONFLICT,),
    "cancel_privacy_job": (_E.CONFLICT,),
    "download_export": (_E.CONFLICT, _E.DATA_ERASED),
    "create_prompt": (_E.CONFLICT,),
    # sign-in and accounts
    "login": (_E.UNAUTHENTICATED, _E.FORBIDDEN, _E.NOT_FOUND),
    "confirm_login": (_E.UNAUTHENTICATED, _E.FORBIDDEN, _E.NOT_FOUND),
    "use_ticket": (_E.UNAUTHENTICATED, _E.FORBIDDEN),
    "create_ticket": (_E.FORBIDDEN, _E.NOT_FOUND, _E.CONFLICT),
    "refresh_session": (_E.UNAUTHENTICATED, _E.FORBIDDEN, _E.NOT_FOUND),
    "logout": (_E.FORBIDDEN,),
    "switch_workspace": (_E.NOT_FOUND,),
    "set_up": (_E.FORBIDDEN, _E.CONFLICT),
    "update_me": (_E.CONFLICT,),
    "change_password": (_E.CONFLICT,),
    "create_workspace": (_E.CONFLICT,),
    # sign-on
    "begin_sign_on": (_E.NOT_FOUND, _E.MISSING_CREDENTIAL),
    "finish_sign_on": (_E.UNAUTHENTICATED, _E.FORBIDDEN, _E.NOT_FOUND, _E.MISSING_CREDENTIAL),
    "update_sign_on": (_E.CONFLICT,),
    "replace_group_mappings": (_E.NOT_FOUND,),
    "create_sign_on_provider": (_E.CONFLICT, _E.MISSING_CREDENTIAL),
    "update_sign_on_provider": (_E.CONFLICT, _E.MISSING_CREDENTIAL),
    "create_scim_token": (_E.CONFLICT,),
    # workflows
    "publish_workflow": (_E.INVALID_DOCUMENT, _E.CONFLICT),
    "create_workflow": (_E.INVALID_DOCUMENT, _E.CONFLICT),
    "import_workflow": (_E.INVALID_DOCUMENT, _E.CONFLICT),
    "clone_workflow": (_E.CONFLICT,),
    "delete_workflow": (_E.CONFLICT,),
    "save_draft": (_E.INVALID_DOCUMENT, _E.STALE_REVISION, _E.CONFLICT),
    "import_draft": (_E.INVALID_DOCUMENT, _E.STALE_REVISION, _E.CONFLICT),
    "restore_workflow_version": (_E.STALE_REVISION, _E.CONFLICT),
    "publish_draft": (_E.INVALID_DOCUMENT, _E.STALE_REVISION, _E.CONFLICT),
    "preview_publish": (_E.STALE_REVISION,),
    "run_draft": (
        _E.INVALID_DOCUMENT,
        _E.INVALID_INPUT,
        _E.STALE_REVISION,
        _E.CONFLICT,
        _E.IDEMPOTENCY_MISMATCH,
        _E.QUOTA_EXCEEDED,
    ),
    "test_node": (_E.INVALID_DOCUMENT, _E.CONFLICT, _E.IDEMPOTENCY_MISMATCH, _E.QUOTA_EXCEEDED),
    # agents
    "create_agent": (_E.INVALID_DOCUMENT, _E.CONFLICT),
    "clone_agent": (_E.CONFLICT,),
    "delete_agent": (_E.CONFLICT,),
    "save_agent_draft": (_E.INVALID_DOCUMENT, _E.STALE_REVISION, _E.CONFLICT),
    "create_crew": (_E.INVALID_DOCUMENT, _E.CONFLICT),
    "save_crew": (_E.INVALID_DOCUMENT, _E.STALE_REVISION, _E.CONFLICT),
    "clone_crew": (_E.CONFLICT,),
    "delete_crew": (_E.CONFLICT,),
    "test_crew": (
        _E.INVALID_DOCUMENT,
        _E.INVALID_INPUT,
        _E.STALE_REVISION,
        _E.CONFLICT,
        _E.IDEMPOTENCY_MISMATCH,
        _E.QUOTA_EXCEEDED,
    ),
    "publish_crew": (_E.INVALID_DOCUMENT, _E.STALE_REVISION, _E.CONFLICT),
    "start_crew_run": (_E.CONFLICT, _E.INVALID_INPUT, _E.IDEMPOTENCY_MISMATCH, _E.QUOTA_EXCEEDED),
    "restore_agent_version": (_E.STALE_REVISION, _E.CONFLICT),
    "publish_agent": (_E.INVALID_DOCUMENT, _E.STALE_REVISION, _E.CONFLICT),
    "start_agent_run": (_E.CONFLICT, _E.INVALID_INPUT, _E.IDEMPOTENCY_MISMATCH, _E.QUOTA_EXCEEDED),
    "test_agent": (
        _E.INVALID_DOCUMENT,
        _E.INVALID_INPUT,
        _E.STALE_REVISION,
        _E.CONFLICT,
        _E.IDEMPOTENCY_MISMATCH,
        _E.QUOTA_EXCEEDED,
    ),
    # knowledge
    "create_knowledge_base": (_E.CONFLICT,),
    "search_knowledge_base": (_E.INVALID_CONFIG, _E.MISSING_CREDENTIAL, _E.QUOTA_EXCEEDED),
    "create_memory": (_E.CONFLICT,),
    "change_memory": (_E.CONFLICT,),
    # chat
    "create_chat_session": (_E.NOT_FOUND, _E.CONFLICT),
    "clear_chat_session": (_E.CONFLICT,),
    "delete_chat_session": (_E.CONFLICT,),
    "choose_chat_branch": (_E.CONFLICT,),
    **dict.fromkeys(
        ("send_chat_message", "edit_chat_message", "regenerate_chat_message"),
        (_E.CONFLICT, _E.IDEMPOTENCY_MISMATCH, _E.QUOTA_EXCEEDED),
    ),
    # runs
    "start_run": (_E.NOT_FOUND, _E.CONFLICT, _E.INVALID_INPUT, _E.IDEMPOTENCY_MISMATCH, _E.QUOTA_EXCEEDED),
    "cancel_run": (_E.CONFLICT,),
    "pause_run": (_E.CONFLICT,),
    "resume_run": (_E.CONFLICT,),
    "steer_run": (_E.CONFLICT,),
    "terminate_run": (_E.CONFLICT,),
    "retry_run": (_E.CONFLICT, _E.QUOTA_EXCEEDED),
    "fork_run": (_E.CONFLICT, _E.INVALID_INPUT, _E.IDEMPOTENCY_MISMATCH, _E.QUOTA_EXCEEDED),
    # bulk operations
    "start_bulk": (_E.NOT_FOUND, _E.CONFLICT),
    "stop_bulk": (_E.CONFLICT,),
    # approvals and events
    "decide_approval": (*_ANSWERS, _E.INVALID_FORM, _E.INVALID_CONFIG),
    "approve_similar": (*_ANSWERS, _E.INVALID_FORM, _E.INVALID_CONFIG, _E.CONFLICT, _E.EXPRESSION_FAILED),
    "answer_agent_interrupt": (*_ANSWERS, _E.INVALID_FORM, _E.INVALID_CONFIG),
    "answer_run_interrupts": (*_ANSWERS, _E.INVALID_FORM, _E.INVALID_CONFIG),
    "undo_decision": (_E.UNDO_REFUSED,),
    "claim_approval": _ENTITLED,
    "release_approval": (_E.ALREADY_DECIDED, _E.CLAIMED),
    "delegate_approval": _ENTITLED,
    "assign_approval": (_E.ALREADY_DECIDED,),
    "revise_approval": (_E.ALREADY_DECIDED,),
    "create_approval_rule": (_E.CONFLICT, _E.EXPRESSION_FAILED),
    "update_approval_rule": (_E.CONFLICT, _E.STALE_REVISION, _E.EXPRESSION_FAILED),
    "order_approval_rules": (_E.STALE_REVISION,),
    "backtest_approval_rule": (_E.EXPRESSION_FAILED,),
    "create_calendar": (_E.CONFLICT,),
    "update_calendar": (_E.CONFLICT,),
    "delete_calendar": (_E.CONFLICT,),
    **dict.fromkeys(("list_my_absences", "delete_my_absence"), (_E.FORBIDDEN,)),
    **dict.fromkeys(("create_my_absence", "update_my_absence"), (_E.FORBIDDEN, _E.NOT_FOUND, _E.CONFLICT)),
    **dict.fromkeys(("create_absence", "update_absence"), (_E.NOT_FOUND, _E.CONFLICT)),
    "inspect_link": (_E.NOT_FOUND, _E.LINK_EXPIRED, _E.LINK_USED),
    "confirm_link": (*_ANSWERS, _E.NOT_FOUND, _E.INVALID_FORM, _E.LINK_EXPIRED, _E.LINK_USED),
    "create_approval_view": (_E.CONFLICT,),
    "create_run_view": (_E.CONFLICT,),
    "update_approval_view": (_E.CONFLICT,),
    "publish_event": (_E.IDEMPOTENCY_MISMATCH,),
    # people
    "change_member_role": (_E.CONFLICT,),
    "remove_member": (_E.CONFLICT,),
    "leave_workspace": (_E.FORBIDDEN, _E.NOT_FOUND, _E.CONFLICT),
    "create_group": (_E.CONFLICT,),
    "update_group": (_E.CONFLICT,),
    "create_invitation": (_E.CONFLICT,),
    "resend_invitation": (_E.CONFLICT,),
    "revoke_invitation": (_E.CONFLICT,),
    "inspect_invitation": (_E.NOT_FOUND, _E.CONFLICT),
    "accept_invitation": (
        _E.NOT_FOUND,
        _E.CONFLICT,
        _E.UNAUTHENTICATED,
        _E.FORBIDDEN,
        _E.RATE_LIMITED,
        _E.MISSING_CREDENTIAL,
    ),
    # second factor
    "get_second_factor": (_E.FORBIDDEN,),
    "begin_second_factor": (_E.FORBIDDEN, _E.CONFLICT, _E.MISSING_CREDENTIAL),
    "confirm_second_factor": (_E.FORBIDDEN, _E.CONFLICT, _E.MISSING_CREDENTIAL),
    "renew_recovery_codes": (_E.FORBIDDEN, _E.CONFLICT, _E.MISSING_CREDENTIAL),
    "disable_second_factor": (_E.FORBIDDEN, _E.CONFLICT, _E.MISSING_CREDENTIAL),
    "reset_second_factor": (_E.FORBIDDEN, _E.NOT_FOUND),
    "change_second_factor_policy": (_E.CONFLICT,),
    # credentials
    "create_credential": (_E.NOT_FOUND, _E.CONFLICT, _E.MISSING_CREDENTIAL),
    "update_credential": (_E.CONFLICT, _E.MISSING_CREDENTIAL),
    "delete_credential": (_E.CONFLICT,),
    "test_credential": (_E.MISSING_CREDENTIAL, _E.INVALID_CONFIG, _E.ADDRESS_DENIED),
    "create_secret_store": (_E.CONFLICT, _E.MISSING_CREDENTIAL),
    "update_secret_store": (_E.CONFLICT, _E.MISSING_CREDENTIAL),
    "delete_secret_store": (_E.CONFLICT,),
    "test_secret_store": _OUTSIDE,
    # connections
    "create_connection_app": (_E.CONFLICT, _E.MISSING_CREDENTIAL),
    "update_connection_app": (_E.CONFLICT, _E.MISSING_CREDENTIAL),
    "delete_connection_app": (_E.CONFLICT,),
    "create_connection": (_E.NOT_FOUND, _E.CONFLICT),
    "begin_connection": (_E.CONFLICT, _E.MISSING_CREDENTIAL),
    "finish_connection": (*_OUTSIDE, _E.NOT_FOUND, _E.CONFLICT),
    "refresh_connection": (*_OUTSIDE, _E.CONFLICT),
    "import_connection_actions": (_E.CONFLICT,),
    "try_connection_action": (
        *_OUTSIDE,
        _E.CONFLICT,
        _E.INVALID_INPUT,
        _E.THROTTLED,
        _E.RATE_LIMITED,
        _E.RESULT_TOO_LARGE,
    ),
}
"""Codes that do not follow from the shape of an operation."""


def status_of(code: ErrorCode) -> int:
    """The HTTP status of a code."""
    return REACTIONS[CLASS_OF[code]].http_status


def codes_of(path: str, operation: Mapping[str, Any]) -> list[ErrorCode]:
    """Every code that an operation may answer with."""
    name = operation["operationId"]
    found = {_E.INTERNAL, _E.UNAVAILABLE, *FURTHER.get(name, ()), *_by_caller(OPERATIONS[name]), *_by_shape(operation)}
    if path.startswith(LIMITED):
        found.add(_E.RATE_LIMITED)
    return [code for code in ErrorCode if code in found]


def _by_caller(needed: Permission | Open) -> Iterable[ErrorCode]:
    if needed is not Open.ANYBODY:
        yield _E.UNAUTHENTICATED
        # Their own account: programs have none.
        yield _E.FORBIDDEN


def _by_shape(operation: Mapping[str, Any]) -> Iterable[ErrorCode]:
    parameters = operation.get("parameters", ())
    if any(parameter["in"] == "path" for parameter in parameters):
        yield _E.NOT_FOUND
    if parameters or "requestBody" in operation:
        yield from (_E.INVALID_REQUEST, _E.INVALID_TEXT)
    if "requestBody" in operation:
        yield from (_E.BODY_TOO_LARGE, _E.UNSUPPORTED_MEDIA_TYPE)


def add_problems(path: str, operation: dict[str, Any]) -> None:
    """Describe the error answers of an operation."""
    responses = operation["responses"]
    responses.pop("422", None)
    by_status: dict[str, list[ErrorCode]] = {}
    for code in codes_of(path, operation):
        by_status.setdefault(str(status_of(code)), []).append(code)
    for status, codes in sorted(by_status.items()):
        responses.setdefault(status, _response(HTTPStatus(int(status)), codes))


def _response(status: HTTPStatus, codes: list[ErrorCode]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": " ".join([f"{status.phrase}.", *(f"`{code}`: {MEANINGS[code]}" for code in codes)]),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        CODES_KEY: [code.value for code in codes],
    }
    if status in PROBLEM_HEADERS:
        answer["headers"] = {name: reference(name) for name in PROBLEM_HEADERS[status]}
    return answer
