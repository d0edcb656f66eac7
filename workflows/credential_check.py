"""Asks a service, from inside an activity, whether it accepts a credential; started by the API."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from schemas.messages import CREDENTIAL_CHECK, CheckCredential, CredentialVerdict


@workflow.defn(name=CREDENTIAL_CHECK)
class CredentialCheck:
    """One question, one answer; not tried again, for a person waits."""

    @workflow.run
    async def run(self, message: CheckCredential) -> CredentialVerdict:
        """Ask."""
        verdict: CredentialVerdict = await workflow.execute_activity(
            "check_credential",
            message,
            result_type=CredentialVerdict,
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        return verdict
