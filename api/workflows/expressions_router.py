"""Route for trying out expressions."""

import asyncio

from api.access.caller import CurrentWorkspace
from api.requests import router as feature_router
from api.workflows.expression_models import EvaluatedExpressions, EvaluateExpressions
from api.workflows.expression_trials import evaluate

router = feature_router("workflows")


@router.post("/v1/expressions/evaluate", operation_id="evaluate_expressions")
async def evaluate_expressions(workspace: CurrentWorkspace, body: EvaluateExpressions) -> EvaluatedExpressions:
    """Fill in expressions and templates with given values. Nothing is stored, and nothing is executed."""
    return await asyncio.to_thread(evaluate, body, str(workspace))
