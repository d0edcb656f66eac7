"""`model_turn`: one call of a model within the conversation of an agent; made by the agent loop, never drawn."""

from schemas.conversation import ModelTurn, TurnOutput
from schemas.document import Retry
from schemas.node_spec import Example, NodeSpec
from schemas.plan import Mode

_ADD = {
    "name": "add",
    "description": "Adds two numbers.",
    "input_schema": {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
    },
}


def _asked(text: str) -> dict[str, object]:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


SPEC = NodeSpec(
    kind="model_turn",
    title="Model turn",
    description="Lets a model say the next message of a conversation, which may call tools.",
    category="ai",
    icon="message-bolt",
    mode=Mode.REMOTE,
    internal=True,
    config=ModelTurn,
    output_schema=TurnOutput.model_json_schema(),
    retry=Retry(max_attempts=6, initial=1.0, backoff=2.0, max_interval=60.0),
    timeout=600.0,
    heartbeat=5.0,
    queue="llm",
    side_effects=False,
    credential_types=("llm_provider",),
    examples=(
        Example(
            name="an answer",
            config={"messages": [_asked("Say hello. [[sim:reply Hello!]]")]},
            env=("simulator",),
        ),
        Example(
            name="a tool call",
            config={"messages": [_asked('What is 2 + 3? [[sim:tool add {"a": 2, "b": 3}]]')], "tools": [_ADD]},
            env=("simulator",),
        ),
        Example(
            name="unknown model",
            config={"model": "gpt-does-not-exist", "messages": [_asked("hi [[sim:status 404]]")]},
            error="unknown_model",
            env=("simulator",),
        ),
    ),
)
