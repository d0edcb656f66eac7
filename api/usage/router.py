"""Route of the usage report."""

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import Field

from api.access.caller import CurrentWorkspace
from api.requests import router as feature_router
from api.runs.models import Slug
from api.services import CurrentServices
from api.usage.models import UsageReport
from api.usage.service import Wanted, usage_report

router = feature_router("workspace")

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


@router.get("/v1/workspace/usage/report", operation_id="get_usage_report")
async def get_usage_report(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    first: Annotated[Day | None, Query(description="First day, in UTC; 30 days up to `last` by default.")] = None,
    last: Annotated[Day | None, Query(description="Last day, in UTC; today by default.")] = None,
    workflow: Annotated[Slug | None, Query(description="Only runs of this workflow (slug).")] = None,
) -> UsageReport:
    """Spend, tokens, runs, failures and time that people were waited for, by day, workflow and model."""
    async with services.database.tenant(workspace) as session:
        return await usage_report(session, workspace, Wanted(first, last, workflow))
