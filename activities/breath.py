"""Activity `give_way`: nothing, so that a workflow's work goes on in a fresh workflow task."""

from temporalio import activity

from schemas.messages import GIVE_WAY


@activity.defn(name=GIVE_WAY)
async def give_way() -> None:
    """Does nothing."""
