"""Routes of rules."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.approval_rules import service
from api.approval_rules.backtest import backtest
from api.approval_rules.models import (
    ApprovedSimilar,
    ApproveSimilar,
    Backtest,
    BacktestResult,
    CreateRule,
    OrderRules,
    Rule,
    RuleOrder,
    RulePage,
    RuleVersions,
    UpdateRule,
)
from api.approval_rules.similar import approve_similar as approve_and_repeat
from api.approvals.service import answering
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("approval rules")


async def _rule_id(rule_id: Annotated[str, Path(max_length=100, description="Id of the rule.")]) -> UUID:
    return parse_id("approval rule", rule_id)


async def _approval_id(approval_id: Annotated[str, Path(max_length=100, description="Id of the approval.")]) -> UUID:
    return parse_id("approval", approval_id)


RuleId = Annotated[UUID, Depends(_rule_id)]


@router.get("/v1/approval-rules", operation_id="list_approval_rules")
async def list_rules(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    run: Annotated[UUID | None, Query(description="Only those that were made for this run.")] = None,
    ended: Annotated[bool, Query(description="Whether also those for runs that are over or turned off.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> RulePage:
    """Rules in the order in which they are asked: those of the workspace, then those that were made for runs."""
    async with services.database.tenant(workspace) as session:
        return await service.list_rules(session, run_id=run, ended=ended, cursor=cursor, limit=limit)


@router.post("/v1/approval-rules", operation_id="create_approval_rule", status_code=status.HTTP_201_CREATED)
async def create_rule(services: CurrentServices, caller: CurrentCaller, body: CreateRule, response: Response) -> Rule:
    """Make a rule. It is asked after all others, about every request that is opened from now on."""
    async with services.database.tenant(caller.workspace_id) as session:
        rule = await service.create_rule(session, caller, body)
    response.headers["Location"] = f"/v1/approval-rules/{rule.id}"
    return rule


@router.put("/v1/approval-rules/order", operation_id="order_approval_rules")
async def order_rules(services: CurrentServices, caller: CurrentCaller, body: OrderRules) -> RuleOrder:
    """Put the rules of the workspace into another order: the first that matches decides."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.order_rules(session, caller, body)


@router.post("/v1/approval-rules/backtest", operation_id="backtest_approval_rule")
async def backtest_rule(services: CurrentServices, workspace: CurrentWorkspace, body: Backtest) -> BacktestResult:
    """See what a rule would have decided on past approvals. Nothing is stored, and nothing is decided."""
    async with services.database.tenant(workspace) as session:
        return await backtest(session, body)


@router.get("/v1/approval-rules/{rule_id}", operation_id="get_approval_rule")
async def get_rule(services: CurrentServices, workspace: CurrentWorkspace, rule_id: RuleId) -> Rule:
    """A rule as it is now, with its last failure and what it has decided."""
    async with services.database.tenant(workspace) as session:
        return await service.get_rule(session, rule_id)


@router.get("/v1/approval-rules/{rule_id}/versions", operation_id="list_approval_rule_versions")
async def list_versions(services: CurrentServices, workspace: CurrentWorkspace, rule_id: RuleId) -> RuleVersions:
    """All that a rule has said, with who changed it and why; the latest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_versions(session, rule_id)


@router.patch("/v1/approval-rules/{rule_id}", operation_id="update_approval_rule")
async def update_rule(services: CurrentServices, caller: CurrentCaller, rule_id: RuleId, body: UpdateRule) -> Rule:
    """Change what a rule says. That is a new version; decisions of the earlier ones stay with them."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update_rule(session, caller, rule_id, body)


@router.post("/v1/approval-rules/{rule_id}/enable", operation_id="enable_approval_rule")
async def enable_rule(services: CurrentServices, caller: CurrentCaller, rule_id: RuleId) -> Rule:
    """Turn a rule on."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.switch_rule(session, caller, rule_id, enabled=True)


@router.post("/v1/approval-rules/{rule_id}/disable", operation_id="disable_approval_rule")
async def disable_rule(services: CurrentServices, caller: CurrentCaller, rule_id: RuleId) -> Rule:
    """Turn a rule off. Once this is answered, it decides nothing more; who made a rule for a run may do it too."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.switch_rule(session, caller, rule_id, enabled=False)


@router.delete(
    "/v1/approval-rules/{rule_id}", operation_id="delete_approval_rule", status_code=status.HTTP_204_NO_CONTENT
)
async def delete_rule(services: CurrentServices, caller: CurrentCaller, rule_id: RuleId) -> None:
    """Take a rule away for good."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete_rule(session, caller, rule_id)


@router.post("/v1/approvals/{approval_id}/approve-similar", operation_id="approve_similar")
async def approve_similar(
    services: CurrentServices,
    caller: CurrentCaller,
    approval_id: Annotated[UUID, Depends(_approval_id)],
    body: ApproveSimilar,
) -> ApprovedSimilar:
    """Answer a question, and give the same answer to similar ones of the same run for a while.

    The rule that this makes decides only what its maker may decide, and nothing once their answer is taken back.
    """
    async with answering(services.database, caller, approval_id, "decide") as session:
        return await approve_and_repeat(session, caller, approval_id, body)
