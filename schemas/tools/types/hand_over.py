"""`hand_over`: lets an agent give its conversation to a person; carried out by the workflow."""

from pydantic import Field

from schemas.conversation import ToolDefinition
from schemas.tools.spec import MAX_DESCRIPTION_CHARS, Effect, Idempotency, ToolSettings, ToolSpec, object_schema


class HandOverSettings(ToolSettings):
    """Settings of `hand_over`."""

    description: str = Field(
        default="Gives the conversation to a person, who answers from then on. Use it when you cannot help, when the "
        "user asks for a person, or when a person must decide; then say in one sentence that somebody will answer.",
        min_length=1,
        max_length=MAX_DESCRIPTION_CHARS,
        description="What the model is told of it.",
    )
    to: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        description="Who hears of it: e-mail addresses, group:<name>, role:<role>; all who may answer if empty.",
    )


def _definitions(settings: HandOverSettings) -> tuple[ToolDefinition, ...]:
    reason = {
        "type": "string",
        "minLength": 1,
        "maxLength": 2_000,
        "description": "Why, and what the person should know.",
    }
    schema = object_schema(("reason",), reason=reason)
    return (ToolDefinition(name="hand_over", description=settings.description, input_schema=schema),)


SPEC = ToolSpec(
    type="hand_over",
    title="Hand over to a person",
    description="In a conversation: a person answers from then on, until they hand it back.",
    icon="user-share",
    settings=HandOverSettings,
    define=_definitions,
    effect=Effect.WRITE,
    idempotency=Idempotency.KEY,
    control=True,
    hints={"description": {"widget": "text"}, "to": {"widget": "people"}},
)
