"""Deletes what the rules of a workspace no longer keep, class by class, batch by batch."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.knowledge.index import Shelf
from activities.privacy.executions import forget_executions
from activities.privacy.jobs import Job, Page, Tools, settle
from db.audit_chain import prune
from db.retention import BATCH, STORES, Reach, Store, delete_old, old_keys
from db.tables import AuditEntry, KnowledgeBase, KnowledgeDocument, RetentionRule, Run
from schemas.privacy import DataClass


async def retention_page(tools: Tools, job: Job) -> Page:
    """Delete a batch of the class at which the job is; on to the next one when it is done."""
    page = Page(dict(job.progress))
    left = [name for name in DataClass if name not in page.progress.get("finished", [])]
    async with tools.database.system() as session:
        rules = {rule.data_class: rule for rule in await session.scalars(_rules(job.workspace_id))}
    for data_class in left:
        rule = rules.get(data_class)
        if rule is not None:
            # Every page looks from the same moment, so that a job ends although time goes on.
            reach = Reach(job.workspace_id, job.created_at - timedelta(days=rule.days), rule.keep_last)
            if await _delete_batch(tools, job, page, data_class, reach):
                return page
        page.progress["finished"] = [*page.progress.get("finished", []), data_class.value]
    page.finished = True
    async with tools.database.system() as session:
        await _forget_exports(session, job.workspace_id)
        await settle(session, job, page)
    return page


def _rules(workspace_id: UUID) -> Any:
    return select(RetentionRule).where(RetentionRule.workspace_id == workspace_id)


async def _delete_batch(tools: Tools, job: Job, page: Page, data_class: DataClass, reach: Reach) -> bool:
    """Delete a batch of a class; whether there was anything."""
    if data_class is DataClass.AUDIT:
        return await _prune_audit(tools, job, page, reach)
    for store in STORES[data_class]:
        if data_class is DataClass.RUNS:
            number = await _delete_runs(tools, job, page, store, reach)
        elif data_class is DataClass.DOCUMENTS:
            number = await _delete_documents(tools, job, page, store, reach)
        else:
            async with tools.database.system() as session:
                number = await delete_old(session, store, reach)
                page.count(store.table, number)
                await settle(session, job, page)
        if number:
            return True
    return False


async def _delete_runs(tools: Tools, job: Job, page: Page, store: Store, reach: Reach) -> int:
    async with tools.database.system() as session:
        keys = await old_keys(session, store, reach, BATCH // 5)
        runs = select(Run.id, Run.attempt).where(Run.workspace_id == job.workspace_id, Run.id.in_(keys))
        found = [(row.id, row.attempt) for row in await session.execute(runs)]
    # Temporal first: a row that is still there is found again, histories without a row are not.
    await forget_executions(tools.temporal, found)
    async with tools.database.system() as session:
        # The same condition once more: a run may have been retried, or a hold laid on it, in between. And of no other
        # runs: those that have become old meanwhile still have their histories.
        number = await delete_old(session, store, reach, only=[run_id for run_id, _ in found])
        page.count(store.table, number)
        await settle(session, job, page)
    return number


async def _delete_documents(tools: Tools, job: Job, page: Page, store: Store, reach: Reach) -> int:
    async with tools.database.system() as session:
        keys = await old_keys(session, store, reach, BATCH // 5)
        mine = (KnowledgeDocument.workspace_id == job.workspace_id) & KnowledgeDocument.id.in_(keys)
        found = (
            await session.execute(
                select(KnowledgeDocument.id, KnowledgeBase.id, KnowledgeBase.dimensions)
                .join(KnowledgeBase, KnowledgeBase.id == KnowledgeDocument.base_id)
                .where(mine)
            )
        ).all()
    # Vectors first: a row that is still there is found again.
    for document_id, base_id, dimensions in found:
        await tools.index.remove_document(Shelf(job.workspace_id, base_id, dimensions), document_id)
    async with tools.database.system() as session:
        rows = await session.scalars(delete(KnowledgeDocument).where(mine).returning(KnowledgeDocument.id))
        number = len(rows.all())
        page.count(store.table, number)
        await settle(session, job, page)
    return number


async def _prune_audit(tools: Tools, job: Job, page: Page, reach: Reach) -> bool:
    async with tools.database.system() as session:
        before = await _first_kept(session, reach)
        number = 0 if before is None else await prune(session, job.workspace_id, before)
        page.count("audit_log", number)
        await settle(session, job, page)
    return number > 0


async def _first_kept(session: AsyncSession, reach: Reach) -> int | None:
    """Id of the first audit entry that stays."""
    mine = AuditEntry.workspace_id == reach.workspace_id
    young = await session.scalar(select(func.min(AuditEntry.id)).where(mine, AuditEntry.at >= reach.cutoff))
    newest = await session.scalar(select(func.max(AuditEntry.id)).where(mine))
    last = select(AuditEntry.id).where(mine).order_by(AuditEntry.id.desc()).offset(max(reach.keep_last - 1, 0)).limit(1)
    kept = [young if young is not None else (newest or 0) + 1]
    if reach.keep_last:
        first_of_last = await session.scalar(last)
        if first_of_last is None:
            return None
        kept.append(first_of_last)
    return min(kept)


async def _forget_exports(session: AsyncSession, workspace_id: UUID) -> None:
    """Archives that nobody may fetch any more."""
    over = text(
        "DELETE FROM export_parts p USING privacy_jobs j WHERE j.id = p.job_id AND j.workspace_id = :workspace "
        "AND j.expires_at < clock_timestamp()"
    )
    await session.execute(over, {"workspace": workspace_id})
