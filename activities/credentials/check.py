"""Whether a service accepts a credential: one request, of which only the status is looked at."""

from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlencode

from temporalio import activity

from activities.credentials.authentication import authentication
from activities.credentials.destinations import host_of
from activities.credentials.vault import Opened, Vault
from activities.egress import Egress, EgressRequest
from activities.failures import to_application_error
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import CheckCredential, CredentialVerdict

SECONDS: Final = 10.0
_ANY_STATUS: Final = frozenset(range(100, 600))
_REFUSALS: Final = (401, 403)
_OWN_ADDRESSES: Final = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}


@dataclass(frozen=True)
class _Question:
    url: str
    headers: dict[str, str] = field(repr=False)


class CredentialChecks:
    """Activity `check_credential`.

    Args:
        vault: Opens the credential.
        egress: Asks the service.
    """

    def __init__(self, vault: Vault, egress: Egress) -> None:
        self._vault = vault
        self._egress = egress

    @activity.defn(name="check_credential")
    async def check_credential(self, message: CheckCredential) -> CredentialVerdict:
        """Ask; what goes wrong on the way is a verdict too."""
        try:
            opened = await self._vault.read(message.workspace_id, message.credential_id, message.url)
            verdict = await self._ask(message, _question(opened, message.url))
        except Exception as error:
            raise to_application_error(error) from None
        said = self._vault.redactions.of(message.workspace_id).text(verdict.message)
        return verdict.model_copy(update={"message": said})

    async def _ask(self, message: CheckCredential, question: _Question) -> CredentialVerdict:
        request = EgressRequest(
            "GET",
            question.url,
            headers=question.headers,
            expect=_ANY_STATUS,
            timeout=SECONDS,
            follow_redirects=False,
            keep_body=False,
        )
        try:
            status = (await self._egress.send(request)).status
        except PerdureError as error:
            return CredentialVerdict(workspace_id=message.workspace_id, result="unclear", message=error.info.message)
        result, sentence = _judged(host_of(question.url), status)
        return CredentialVerdict(workspace_id=message.workspace_id, result=result, status=status, message=sentence)


def _question(opened: Opened, url: str | None) -> _Question:
    if opened.type != "llm_provider":
        return _http_question(opened, url)
    provider = opened.public["provider"]
    base = opened.public.get("base_url") or _OWN_ADDRESSES.get(provider)
    if base is None:
        raise PerdureError(ErrorCode.INVALID_REQUEST, "Without a base URL it is not known whom to ask.")
    key = opened.secret["api_key"]
    if provider == "anthropic":
        return _Question(f"{base.rstrip('/')}/v1/models", {"x-api-key": key, "anthropic-version": "2023-06-01"})
    return _Question(f"{base.rstrip('/')}/models", {"Authorization": f"Bearer {key}"})


def _http_question(opened: Opened, url: str | None) -> _Question:
    try:
        proof = authentication(opened)
    except ValueError:
        message = f"A credential of type {opened.type} cannot be tested; nobody can be asked about it."
        raise PerdureError(ErrorCode.INVALID_REQUEST, message) from None
    if url is None:
        raise PerdureError(ErrorCode.INVALID_REQUEST, "Say with `url` who is to be asked.")
    url = proof.in_address(url)
    if not proof.query:
        return _Question(url, proof.headers)
    return _Question(f"{url}{'&' if '?' in url else '?'}{urlencode(proof.query)}", {})


def _judged(host: str, status: int) -> tuple[Literal["accepted", "refused", "unclear"], str]:
    if status in _REFUSALS:
        return "refused", f"{host} does not accept it (status {status})."
    if 200 <= status <= 299:
        return "accepted", f"{host} accepts it."
    return "unclear", f"{host} answered {status}, which says nothing about the credential."
