"""Headers that go with every model call; the SDKs have an idempotency key too, but no header to send it in."""

from activities.llm.call import EmbedCall, ModelCall

STEP_HEADER = "x-perdure-step"


def call_headers(call: ModelCall | EmbedCall) -> dict[str, str]:
    """Names the step, so that gateways and logs on the other side can tell a repeated call from a new one."""
    key = call.step_key.encode("ascii", "backslashreplace").decode()
    return {STEP_HEADER: "".join(char for char in key if char.isprintable())} if key else {}
