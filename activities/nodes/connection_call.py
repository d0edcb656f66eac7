"""`connection_call`: asks the proxy, and never sees the credential."""

from activities.connections.access import Origin
from activities.step import Outcome, StepContext
from schemas.connections.messages import ActionCall
from schemas.nodes.connection_call import ConnectionCallConfig


async def run(config: ConnectionCallConfig, context: StepContext) -> Outcome:
    """Calls the action.

    Raises:
        PerdureError: what the proxy raises.
    """
    call = ActionCall(
        connection=config.connection,
        action=config.action,
        arguments=config.arguments,
        effect=config.effect,
        repeatable=config.repeatable,
    )
    return Outcome(output=await context.services.connections.call(call, origin_of(context)))


def origin_of(context: StepContext) -> Origin:
    """On whose behalf a step calls."""
    step = context.step
    return Origin(
        workspace_id=step.workspace_id,
        run_id=step.run_id,
        path=step.path,
        key=step.idempotency_key,
        delivery=context.delivery,
        timeout=context.timeout,
    )
