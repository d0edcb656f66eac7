"""Turns texts into vectors: for a step, or for what is no step."""

from typing import TYPE_CHECKING

from activities.knowledge.search import Embed
from activities.llm import asking
from activities.llm.embedding import Embedded, EmbedRequest
from activities.step import StepContext
from schemas.messages import StepInput

if TYPE_CHECKING:
    from activities.step import Services


def of_step(context: StepContext) -> Embed:
    """For a step, within the means of its workspace; what it took stands in the result of the step."""

    async def embed(texts: tuple[str, ...], model: str, dimensions: int | None) -> Embedded:
        # The length is the model's own: a base that was begun with another one tells by it that its model has changed.
        request = EmbedRequest(texts, model, None, context.step.idempotency_key)
        return await asking.embed(context, None, request)

    return embed


def of_workspace(services: "Services", workspace_id: str, key: str) -> Embed:
    """For anything else; whoever asks writes down what it took.

    It keeps to the rates of the operator's key and to the month of the workspace, as steps do.
    """
    work = StepInput(workspace_id=workspace_id, run_id=key, path="knowledge", kind="embed", name="Knowledge", config={})

    async def embed(texts: tuple[str, ...], model: str, dimensions: int | None) -> Embedded:
        await services.budget.check(workspace_id)
        meter = services.metering.of(work, None, own_key=False)
        return await services.llm.embed(EmbedRequest(texts, model, None, key), meter)

    return embed
