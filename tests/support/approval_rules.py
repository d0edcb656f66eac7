"""Rules in tests, and what they are asked about, without a worker."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import func, select

from api.services import Services
from db.approvals.opening import open_approval
from db.session import Database
from db.tables import Approval, ApprovalRule, ApprovalRuleVersion
from schemas.service_calls import OpenApproval
from tests.api.documents import publish, start


async def new_rule(database: Database, workspace_id: UUID, expression: str, **columns: Any) -> UUID:
    """A rule in force, behind those that there are."""
    of_rule = {key: columns.pop(key) for key in ("run_id", "origin_id", "answers_for", "enabled") if key in columns}
    rule_id, name = uuid4(), columns.pop("name", f"rule {uuid4().hex[:6]}")
    given = {"decision": "approved", "author": "ada@example.com"} | columns
    async with database.tenant(workspace_id) as session:
        place = await session.scalar(select(func.coalesce(func.max(ApprovalRule.position), 0) + 1))
        session.add(ApprovalRule(id=rule_id, workspace_id=workspace_id, name=name, position=place, **of_rule))
        await session.flush()
        session.add(
            ApprovalRuleVersion(
                rule_id=rule_id, version=1, workspace_id=workspace_id, name=name, expression=expression, **given
            )
        )
    return rule_id


class Rules:
    """Rules made by the API, and requests that are opened as a worker does."""

    def __init__(self, api: httpx.AsyncClient, services: Services) -> None:
        self.api = api
        self.services = services

    async def make(self, expression: str = "amount <= 50", **fields: Any) -> dict[str, Any]:
        """A rule."""
        body = {"name": f"rule {uuid4().hex[:8]}", "expression": expression, "decision": "approved", **fields}
        answer = await self.api.post("/v1/approval-rules", json=body)
        assert answer.status_code == 201, answer.text
        rule: dict[str, Any] = answer.json()
        assert answer.headers["location"] == f"/v1/approval-rules/{rule['id']}"
        return rule

    async def run(self) -> str:
        """A run that may ask."""
        await publish(self.api)
        return str((await start(self.api, "greeting"))["id"])

    async def ask(self, run: str, **fields: Any) -> Approval:
        """A request, as it stands right after it was opened."""
        given: dict[str, Any] = {
            "workspace_id": str(self.services.workspace_id),
            "run_id": run,
            "path": f"each[{uuid4().int % 100_000}].ask",
            "iteration": 0,
            "node_name": "Ask",
            "workflow_id": f"run-{run}",
            "title": "Refund?",
            "payload": {"amount": 40, "customer": {"tier": "gold"}},
            "decisions": (("approved", "Approve"), ("rejected", "Reject")),
        }
        async with self.services.database.tenant(self.services.workspace_id) as session:
            return await open_approval(session, OpenApproval.model_validate(given | fields))

    async def decide(self, approval: Approval, decision: str = "approved", **fields: Any) -> dict[str, Any]:
        """Answer as the operator."""
        body = {"decision": decision, "digest": approval.digest, **fields}
        answer = await self.api.post(f"/v1/approvals/{approval.id}/decide", json=body)
        assert answer.is_success, answer.text
        decided: dict[str, Any] = answer.json()
        return decided

    async def audited(self, rule_id: str | UUID) -> list[str]:
        """What the audit log says about a rule, the oldest first."""
        query = {"subject_kind": "approval_rule", "subject_id": str(rule_id)}
        entries = (await self.api.get("/v1/audit", params=query)).json()["items"]
        return [entry["action"] for entry in reversed(entries)]
