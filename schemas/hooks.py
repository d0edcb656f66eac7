"""Ways in for the world outside: what a hook is told to do with what comes in."""

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.trigger_mapping import checked_condition, checked_mapping

MAX_BODY: Final = 1_048_576
"""Bytes of the largest body that a hook may take."""


class HookKind(StrEnum):
    """What comes in. Part of the public API."""

    WEBHOOK = "webhook"
    FORM = "form"
    EMAIL = "email"


class Signature(StrEnum):
    """How a sender proves that a request is theirs. Part of the public API."""

    STANDARD = "standard"
    GITHUB = "github"
    STRIPE = "stripe"
    SLACK = "slack"
    MAILGUN = "mailgun"
    NONE = "none"
    """Whoever knows the address may send."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Condition = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(checked_condition)]


class Answer(_Strict):
    """What the sender is answered."""

    mode: Literal["at_once", "wait"] = Field(
        default="at_once",
        description="`at_once`: 202 with the run's id. `wait`: what a `respond` node says, or the output of the run.",
    )
    seconds: float = Field(default=10.0, ge=1, le=60, description="With `wait`: after it the answer is 202.")


class FormPage(_Strict):
    """How the page of a form looks, and who may fill it in."""

    access: Literal["signed_in", "public"] = Field(
        default="signed_in",
        description="`signed_in`: people of the workspace who may start runs. `public`: whoever knows the address.",
    )
    title: str = Field(default="", max_length=200, description="The name of the workflow by default.")
    text: str = Field(default="", max_length=10_000, description="Markdown above the fields.")
    button: str = Field(default="Send", min_length=1, max_length=60)
    thanks: str = Field(default="Thank you. Your request was received.", max_length=2_000)


class HookSettings(_Strict):
    """What a hook does. Expressions read `body`, `headers` (names in lower case), `query` and `hook`."""

    signature: Signature = Field(default=Signature.STANDARD, description="Which proof every request must have.")
    tolerance: int = Field(
        default=300, ge=10, le=86_400, description="Seconds that a signed request may be old, or of the future."
    )
    max_bytes: int = Field(default=MAX_BODY, ge=1, le=MAX_BODY, description="Longest body.")
    per_minute: int = Field(default=600, ge=1, le=60_000, description="Requests that are taken a minute.")
    delivery_id: Condition | None = Field(
        default=None,
        description="Expression for what its sender calls a delivery, where that is not told in the usual way; of "
        "deliveries of one id the first one counts.",
        examples=["body.event.id"],
    )
    filter: Condition | None = Field(
        default=None, description="Only deliveries for which this is true start a run.", examples=["body.amount > 100"]
    )
    input: Annotated[Any, AfterValidator(checked_mapping)] = Field(
        default="{{ body }}",
        description="The run's input; strings in it may hold `{{ … }}`.",
        examples=[{"order": "{{ body.order.id }}", "from": "{{ headers['user-agent'] }}"}],
    )
    answer: Answer = Answer()
    form: FormPage = FormPage()
