"""How operations of privacy can be made to name something of another workspace."""

from typing import Any, Final

from tests.tenancy.calls import PLACE, Call, Probe, delete, get, post, probe
from tests.tenancy.world import moment_cursor

WORDS: Final = "whoever it stands for is looked for in the caller's workspace only"
OWN: Final = "the caller's own workspace must be typed, and nobody is told whether there is another one"
FORM: Final = "only payloads of the caller's workspace are decoded; all others come back as they are"
HARMLESS_OF_PRIVACY: Final = {
    *(f"body.mask_{where}" for where in ("logs", "views", "events")),
    *("body.kinds", "body.fields", "body.rules", "body.grace_days", "body.field", "query.kind"),
    "body.iteration",
}

NAMELESS_OF_PRIVACY: Final = dict.fromkeys(
    (
        *("get_masking", "change_masking", "get_retention", "change_retention", "preview_retention", "run_retention"),
        *("list_data_keys", "rotate_data_key", "start_export"),
    ),
    "about the caller's own workspace",
)


def _erased(subject: str) -> Call:
    return post("/v1/privacy/erasures/person", {"subject": subject, "confirm": subject, "reason": "asked for"})


def _held(**named: Any) -> Call:
    return post("/v1/legal-holds", {**named, "reason": "a case"})


PRIVACY: Final[dict[str, list[Probe]]] = {
    "list_legal_holds": [
        probe(lambda x, _: get("/v1/legal-holds", cursor=moment_cursor(x.legal_hold)), "query.cursor", blind=PLACE)
    ],
    "create_legal_hold": [
        probe(lambda x, _: _held(run_id=x.failed_run), "body.run_id"),
        probe(lambda x, _: _held(workflow=x.workflow), "body.workflow"),
    ],
    "release_legal_hold": [probe(lambda x, _: delete(f"/v1/legal-holds/{x.legal_hold}"), "path.hold_id")],
    "list_privacy_jobs": [
        probe(lambda x, _: get("/v1/privacy/jobs", cursor=moment_cursor(x.privacy_job)), "query.cursor", blind=PLACE)
    ],
    "get_privacy_job": [probe(lambda x, _: get(f"/v1/privacy/jobs/{x.privacy_job}"), "path.job_id")],
    "cancel_privacy_job": [probe(lambda x, _: post(f"/v1/privacy/jobs/{x.privacy_job}/cancel"), "path.job_id")],
    "download_export": [probe(lambda x, _: get(f"/v1/privacy/exports/{x.privacy_job}/archive"), "path.job_id")],
    "erase_person": [probe(lambda x, _: _erased(x.subject), "body.subject", "body.confirm", blind=WORDS)],
    "erase_workspace": [
        probe(
            lambda x, _: post("/v1/privacy/erasures/workspace", {"confirm": x.workspace, "reason": "asked for"}),
            "body.confirm",
            blind=OWN,
        )
    ],
    "reveal_step": [
        probe(
            lambda x, _: post(f"/v1/runs/{x.run}/reveal", {"field": "input", "reason": "to see"}),
            "path.run_id",
            "body.path",
        )
    ],
    "reveal_approval": [
        probe(
            lambda x, _: post(f"/v1/approvals/{x.approval}/reveal", {"field": "payload", "reason": "to see"}),
            "path.approval_id",
        )
    ],
    "decode_payloads": [
        probe(
            lambda x, _: post("/codec/decode", {"payloads": [{"metadata": {}, "data": ""}]}),
            "body.payloads",
            blind=FORM,
        )
    ],
}
