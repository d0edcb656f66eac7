"""Behaviour of `noop_remote`."""

from activities.step import Outcome, StepContext
from bench.kinds.idling import IdleConfig, idle


async def run(config: IdleConfig, context: StepContext) -> Outcome:
    """Waits if it is told to."""
    await idle(config.seconds, config.marks, context.step.path)
    return Outcome(output=config.value)
