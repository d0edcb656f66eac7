"""What a person is asked, as data: views, stages, who may answer, and the digest of what was shown. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from schemas.document import Duration, Strict
from schemas.roles import Role

APPROVED: Final = "approved"
REJECTED: Final = "rejected"
EXPIRED: Final = "expired"
SKIPPED: Final = "skipped"

ANYONE: Final = "anyone"
"""Principal of a request that names nobody: whoever has the permission may answer."""


class Priority(IntEnum):
    """How urgent a request is; the higher, the sooner."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    URGENT = 3


PriorityName = Literal["low", "normal", "high", "urgent"]


class ReasonRule(StrEnum):
    """Whether a decision must say why."""

    OPTIONAL = "optional"
    ON_REJECT = "on_reject"
    REQUIRED = "required"


class FieldsView(Strict):
    """An object as names and values."""

    view: Literal["fields"]
    title: str | None = Field(default=None, max_length=200)
    value: Any


class TableView(Strict):
    """A list of objects as rows."""

    view: Literal["table"]
    title: str | None = Field(default=None, max_length=200)
    value: Any
    columns: list[str] | None = Field(default=None, max_length=50, description="Which, in this order; default all.")


class DiffView(Strict):
    """Before and after, as text or data."""

    view: Literal["diff"]
    title: str | None = Field(default=None, max_length=200)
    before: Any
    after: Any


class EmailView(Strict):
    """A mail as its reader will see it: `to`, `cc`, `subject`, and `text` or `html`."""

    view: Literal["email"]
    title: str | None = Field(default=None, max_length=200)
    value: Any


class JsonView(Strict):
    """Data as it is."""

    view: Literal["json"]
    title: str | None = Field(default=None, max_length=200)
    value: Any


View = Annotated[FieldsView | TableView | DiffView | EmailView | JsonView, Field(discriminator="view")]


class Assignees(Strict):
    """Who may answer. Empty means everybody who has the permission to decide."""

    users: list[str] = Field(default_factory=list, max_length=100, description="E-mail addresses of members.")
    roles: list[Role] = Field(default_factory=list, description="Everybody with one of these roles.")
    groups: list[str] = Field(default_factory=list, max_length=50, description="Names of groups.")

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        """Also takes `["ada@example.com", "role:admin", "group:finance"]`, as an expression may give it."""
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            return value
        found: dict[str, list[str]] = {"users": [], "roles": [], "groups": []}
        for entry in value:
            kind, _, name = str(entry).rpartition(":")
            found.get(f"{kind or 'user'}s", found["users"]).append(name)
        return found

    @property
    def named(self) -> bool:
        """Whether anybody is named."""
        return bool(self.users or self.roles or self.groups)

    @property
    def at_most(self) -> int | None:
        """How many may answer; nothing if that is not known from here."""
        if not self.users or self.roles or self.groups or any("{{" in user for user in self.users):
            return None
        return len({user.strip().lower() for user in self.users})


class Stage(Strict):
    """One round of answers; the next begins when this one has approved."""

    name: str = Field(default="", max_length=100)
    assignees: Assignees = Field(default_factory=Assignees)
    needs: Annotated[int, Field(ge=1, le=100)] | Literal["any", "all"] = Field(
        default="any", description="How many must approve: a number, `any` one, or `all` who are named."
    )
    veto: bool = Field(default=True, description="Whether one rejection is enough to reject.")


class Escalation(Strict):
    """Who is asked too when nobody has answered for a while."""

    after: Duration = Field(gt=0, description="Time since the request.")
    to: Assignees
    replace: bool = Field(default=False, description="Whether those asked so far may no longer answer.")


class Alarm(Strict):
    """Something due while a request waits."""

    at: str = Field(description="RFC 3339, UTC.")
    kind: Literal["remind", "escalate"]
    index: int = Field(description="Place in `reminders` or `escalate` of the node.")


class RequestSettings(Strict):
    """What a request asks for beside its text and data; stored with it, never changed by a new version."""

    show: list[View] = Field(default_factory=list)
    defaults: Any = Field(default=None, description="What the form holds before a person fills it in.")
    editable: list[str] = Field(default_factory=list, description="Dotted paths of the payload.")
    reason: ReasonRule = ReasonRule.OPTIONAL
    reasons_for: list[str] = Field(default_factory=list, description="Custom decisions that need a reason.")
    stages: list[Stage] = Field(default_factory=lambda: [Stage()], min_length=1)
    separation_of_duties: bool = False
    on_expiry: Literal["expired", "rejected", "approved"] = "expired"
    undo: Duration | None = None
    escalate: list[Escalation] = Field(default_factory=list)
    alarms: list[Alarm] = Field(default_factory=list)
    policies: bool = Field(default=True, description="Whether rules of the workspace may decide.")
    owners_only: bool = Field(
        default=False, description="Whether only owners of the workspace may answer, to whomever it is handed."
    )


def digest_of(*, title: str, body: str, payload: Any, form: Any, decisions: Any, settings: Mapping[str, Any]) -> str:
    """What a decision is about: SHA-256 of everything a person is shown and of what their answer will do.

    Who may answer is left out: to delegate a request does not change the question.
    """
    stages = [{key: stage[key] for key in ("name", "needs", "veto")} for stage in settings["stages"]]
    shown = {key: settings[key] for key in ("show", "defaults", "editable", "reason", "reasons_for", "on_expiry")}
    whole = {
        "title": title,
        "body": body,
        "payload": payload,
        "form": form,
        "decisions": [list(decision) for decision in decisions],
        "stages": stages,
        **shown,
    }
    return value_digest(whole)


def value_digest(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys and however its numbers are written."""
    text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    """The value with whole numbers as such: PostgreSQL gives back 1e20 as digits."""
    if isinstance(value, float) and value.is_integer():
        return int(Decimal(repr(value)))
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def changed_paths(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Dotted paths at which two values differ; a list counts as one value."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            inner = f"{path}.{key}" if path else str(key)
            if key not in before or key not in after:
                yield inner
            else:
                yield from changed_paths(before[key], after[key], inner)
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield path


def may_edit(editable: list[str], path: str) -> bool:
    """Whether a changed path lies in what a person may edit; the path `*` allows everything."""
    return any(allowed == "*" or path == allowed or path.startswith(f"{allowed}.") for allowed in editable)
