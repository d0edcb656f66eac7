"""Before a step acts on an approval: is it the one that stands in the database, about what the person saw?"""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.failures import to_application_error
from db.faults import is_outage, unavailable
from db.session import Database
from db.tables import Approval
from schemas.approvals import digest_of, value_digest
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import ApprovalProof, StepInput


class ApprovalVerifier(Interceptor):
    """Checks the proofs of every step that follows an approval."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """See base class."""
        return _Verifier(next, self._database)


class _Verifier(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, database: Database) -> None:  # noqa: A002
        super().__init__(next)
        self._database = database

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """See base class."""
        step = input.args[0] if input.args else None
        if isinstance(step, StepInput) and step.approved:
            await self._verify(step)
        return await super().execute_activity(input)

    async def _verify(self, step: StepInput) -> None:
        try:
            async with self._database.tenant(step.workspace_id) as session:
                for proof in step.approved:
                    query = select(Approval).where(Approval.id == UUID(proof.approval_id))
                    check(proof, await session.scalar(query))
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None


def check(proof: ApprovalProof, approval: Approval | None) -> None:
    """Whether an approval is what a run believes it to be.

    Raises:
        PerdureError: `approval_mismatch`.
    """
    if approval is None or approval.status not in ("decided", "expired"):
        raise _mismatch(proof, "it is not settled in the database")
    payload = approval.payload if approval.final_payload is None else approval.final_payload
    if approval.decision != proof.decision or approval.digest != proof.digest:
        raise _mismatch(proof, "another decision stands in the database")
    if value_digest(payload) != proof.payload_hash:
        raise _mismatch(proof, "the payload is not the one that was approved")
    digest = digest_of(
        title=approval.title,
        body=approval.body,
        payload=approval.payload,
        form=approval.form,
        decisions=approval.decisions,
        settings=approval.settings,
    )
    if digest != approval.digest:
        raise _mismatch(proof, "what was shown has been changed since")


def _mismatch(proof: ApprovalProof, why: str) -> PerdureError:
    message = f"The step was not carried out: of the approval before it, {why}."
    return PerdureError(ErrorCode.APPROVAL_MISMATCH, message, details={"approval_id": proof.approval_id})
