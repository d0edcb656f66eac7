"""Tests of credentials: a worker asks, for values are opened nowhere else."""

from datetime import timedelta
from typing import Final

from api.asking_workers import Question, ask_worker
from api.credentials.models import CredentialTest, Verdict
from api.services import Services
from db.tables import Credential
from schemas.messages import CREDENTIAL_CHECK, CheckCredential, CredentialVerdict

PATIENCE: Final = timedelta(seconds=25)


async def test_credential(services: Services, credential: Credential, url: str | None) -> CredentialTest:
    """Have a worker ask whether a credential is accepted.

    Raises:
        RequestError: `invalid_request` if there is nobody to ask, `forbidden` for another host than its own,
            `missing_credential` if it cannot be decrypted, `unavailable` if no worker answers.
    """
    message = CheckCredential(workspace_id=str(credential.workspace_id), credential_id=str(credential.id), url=url)
    silence = "No worker has made the test in time; try again."
    verdict = await ask_worker(services, Question(CREDENTIAL_CHECK, message, PATIENCE, silence), CredentialVerdict)
    return CredentialTest(result=Verdict(verdict.result), status=verdict.status, message=verdict.message)
