"""`respond`: its recorded output is the answer; the API that waits reads it from the run log."""

from activities.step import Outcome, StepContext
from schemas.nodes.respond import RespondConfig


async def run(config: RespondConfig, context: StepContext) -> Outcome:
    """Gives the answer as output."""
    return Outcome(output={"status": config.status, "body": config.body, "headers": dict(config.headers)})
