"""`ask_person`: lets a model ask a person and wait for the answer; carried out by the workflow."""

from typing import Any

from pydantic import Field, field_validator

from schemas.conversation import ToolDefinition
from schemas.document import Duration
from schemas.tools.parameters import check_parameters
from schemas.tools.spec import MAX_DESCRIPTION_CHARS, Effect, Idempotency, ToolSettings, ToolSpec, object_schema


class AskPersonSettings(ToolSettings):
    """Settings of `ask_person`."""

    description: str = Field(
        default="Asks a person and waits for the answer. Use it when you lack something that only a person can know or "
        "decide; ask one clear question.",
        min_length=1,
        max_length=MAX_DESCRIPTION_CHARS,
        description="What the model is told of it.",
    )
    form: dict[str, Any] | None = Field(
        default=None, description="JSON Schema of the answer; by default it is text, or one of the options."
    )
    assignees: tuple[str, ...] = Field(
        default=(), max_length=100, description="Who is asked: e-mail addresses, or group:<name>; everybody if empty."
    )
    expires: Duration | None = Field(default=None, description="After it the model is told that nobody has answered.")

    @field_validator("form")
    @classmethod
    def _object(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if schema is None else check_parameters(schema)


def _definitions(settings: AskPersonSettings) -> tuple[ToolDefinition, ...]:
    options = {"type": "array", "items": {"type": "string", "maxLength": 200}, "minItems": 2, "maxItems": 20}
    schema = object_schema(
        ("question",),
        question={"type": "string", "minLength": 1, "maxLength": 4_000, "description": "The question."},
        details={"type": "string", "maxLength": 20_000, "description": "What one must know to answer, as Markdown."},
        **({} if settings.form is not None else {"options": {**options, "description": "Answers to choose from."}}),
    )
    return (ToolDefinition(name="ask_person", description=settings.description, input_schema=schema),)


SPEC = ToolSpec(
    type="ask_person",
    title="Ask a person",
    description="The agent asks a person and waits for the answer.",
    icon="user-question",
    settings=AskPersonSettings,
    define=_definitions,
    effect=Effect.READ,
    idempotency=Idempotency.KEY,
    control=True,
    hints={"description": {"widget": "text"}, "form": {"widget": "json-schema"}, "assignees": {"widget": "people"}},
)
