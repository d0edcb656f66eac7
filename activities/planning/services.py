"""Plans that models write: compiled and validated like any document, and kept like a draft that is tried out."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.failures import to_application_error
from db.faults import is_outage, unavailable
from db.session import Database
from db.tables import Run, Workflow
from engine.blob_store import store_plan
from engine.trial_versions import keep_trial
from schemas.compiler import compile_document
from schemas.faults import Fault
from schemas.plan import PinnedVersion, Plan
from schemas.planning import plan_document, plan_faults, plan_text
from schemas.reach import plan_asks_person
from schemas.service_calls import CompiledPlan, CompilePlan
from schemas.yaml_source import parse_source

AUTHOR = "a model"


class PlanServices:
    """Activity `compile_plan`; may be repeated: equal plans share a row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="compile_plan")
    async def compile_plan(self, request: CompilePlan) -> CompiledPlan:
        """Compile what a model has written; give its faults, or the version under which it is kept."""
        try:
            document, plan, faults = await asyncio.to_thread(compiled, request)
            if plan is None:
                return CompiledPlan(workspace_id=request.workspace_id, faults=[_told(fault) for fault in faults])
            async with self._database.tenant(request.workspace_id) as session:
                version = await _kept(session, request, document, plan)
            return CompiledPlan(workspace_id=request.workspace_id, document=document, version=version)
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None


def compiled(request: CompilePlan) -> tuple[dict[str, Any], Plan | None, list[Fault]]:
    """The document that a text holds, its plan, and what is wrong with it."""
    source = parse_source(plan_text(request.text))
    if not isinstance(source.value, dict):
        return {}, None, source.faults or compile_document(source.value).faults
    document = plan_document(source.value, request.name, request.limits)
    faults = [*source.faults, *plan_faults(document, request.kinds, request.max_nodes)]
    result = compile_document(document, credentials={})
    found = [*faults, *result.faults]
    return document, None if found else result.plan, found


async def _kept(session: AsyncSession, request: CompilePlan, document: dict[str, Any], plan: Plan) -> PinnedVersion:
    run = await session.get_one(Run, UUID(request.run_id))
    workflow = await session.get_one(Workflow, run.workflow_id)
    stored = await store_plan(session, workflow.workspace_id, plan)
    version_id = await keep_trial(session, workflow, document, stored, author=AUTHOR)
    return PinnedVersion(
        workflow=workflow.slug,
        version=0,
        version_id=str(version_id),
        plan_hash=stored.plan_hash,
        blob_hash=stored.blob_hash,
        size=stored.size,
        asks_person=plan_asks_person(plan),
    )


def _told(fault: Fault) -> dict[str, Any]:
    return fault.model_dump(mode="json", include={"code", "node", "field", "message"})
