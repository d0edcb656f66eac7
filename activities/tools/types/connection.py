"""`connection`: asks the proxy; neither the model nor the step sees the credential."""

from typing import Any

from activities.nodes.connection_call import origin_of
from activities.step import Outcome, StepContext
from schemas.connections.messages import ActionCall
from schemas.tools.types.connection import ConnectionSettings


async def run(settings: ConnectionSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """Calls an action; the model reads status and body of the answer.

    Raises:
        PerdureError: what the proxy raises.
    """
    offered = settings.action(name)
    call = ActionCall(
        connection=settings.connection,
        action=name,
        arguments=arguments,
        effect=offered.effect,
        repeatable=offered.repeatable,
    )
    answer = await context.services.connections.call(call, origin_of(context))
    return Outcome(output={key: value for key, value in answer.items() if key != "headers"})
