"""Opens credentials for one attempt of a step, after asking whether that step may use them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from activities.credentials.destinations import covered, host_of, same_origin
from activities.credentials.redactions import Redactions
from activities.credentials.stores import SecretStores
from db.faults import is_outage, unavailable
from db.session import Database
from db.tables import Credential, Run, Workflow
from engine.secrets import Encryption, EncryptionSettings
from engine.secrets.purposes import CREDENTIAL
from schemas.credentials.references import CREDENTIAL_FIELD, MARKER, CredentialUse, Place, replaced
from schemas.credentials.types import CREDENTIAL_TYPES
from schemas.errors import ErrorCode, PerdureError
from schemas.faults import listed
from schemas.messages import StepCredentials, StepInput

_USE_NOTED_EVERY: Final = func.make_interval(0, 0, 0, 0, 0, 1)
"""A minute: `last_used_at` need not be more exact."""


@dataclass(frozen=True)
class Opened:
    """A credential that a step may use."""

    id: UUID
    name: str
    type: str
    public: Mapping[str, Any]
    secret: Mapping[str, str] = field(repr=False)
    stamp: str
    """Changes with the value."""


@dataclass(frozen=True)
class _Found:
    row: Credential
    secret: Mapping[str, str] | None = field(repr=False)
    """None if it cannot be decrypted."""
    problem: PerdureError | None = None

    def opened(self) -> Opened:
        """The credential.

        Raises:
            PerdureError: `missing_credential` if it cannot be decrypted.
        """
        row = self.row
        if self.secret is None:
            raise self.problem or _refused(f"The credential {row.name!r} cannot be read.")
        stamp = row.value_changed_at.isoformat() if row.store_id is None else _digest(self.secret)
        return Opened(row.id, row.name, row.type, row.public, self.secret, stamp)


class Vault:
    """Reads credentials of the database.

    Args:
        database: Where they are.
        encryption: Opens them.
        redactions: Learns every value that is opened.
    """

    stores: SecretStores | None = None
    """Read the values that are kept elsewhere."""

    def __init__(self, database: Database, encryption: Encryption, redactions: Redactions) -> None:
        self._database = database
        self.encryption = encryption
        self.redactions = redactions

    async def open(self, step: StepInput) -> "StepVault":
        """What a step may use. From here on, no result of the process shows any value that its document names.

        Raises:
            PerdureError: `unavailable` if the database is away.
        """
        if step.credentials is None:
            return StepVault(step, StepCredentials(), {}, None)
        try:
            async with self._database.tenant(step.workspace_id) as session:
                rows = await _rows(session, step.credentials.known)
                used = [row for row in rows if any(_means(use.reference, row) for use in step.credentials.uses)]
                await _note_use(session, used)
                restricted = any(row.workflows is not None for row in used)
                workflow = await _workflow(session, step.run_id) if restricted else None
        except Exception as error:
            away = is_outage(error) or isinstance(error, PoolTimeoutError)
            raise (unavailable() if away else error) from None
        found = [await self._opened(row) for row in rows if row.store_id is None or row in used]
        by_reference = {
            use.reference: one for use in step.credentials.uses for one in found if _means(use.reference, one.row)
        }
        return StepVault(step, step.credentials, by_reference, workflow)

    async def read(self, workspace_id: str, credential_id: str, url: str | None) -> Opened:
        """A credential for a test of it, which no workflow does; a URL must be one of its hosts.

        Raises:
            PerdureError: `not_found`, `forbidden`, `missing_credential` if it cannot be decrypted.
        """
        async with self._database.tenant(workspace_id) as session:
            rows = await _rows(session, [credential_id])
        if not rows:
            raise PerdureError(ErrorCode.NOT_FOUND, "The credential was deleted meanwhile.")
        row = rows[0]
        if url is not None and row.hosts is None:
            raise _refused(f"Say first to which hosts the credential {row.name!r} may be sent; set its `hosts`.")
        if url is not None and not covered(url, row.hosts or ()):
            raise _refused(f"The credential {row.name!r} may not be sent to {host_of(url)}.")
        return (await self._opened(row)).opened()

    async def _opened(self, row: Credential) -> _Found:
        try:
            secret = await self._secret(row)
        except PerdureError as problem:
            return _Found(row, None, problem)
        self.redactions.add(str(row.workspace_id), row.name, sensitive(row.type, row.public, secret))
        return _Found(row, secret)

    async def _secret(self, row: Credential) -> dict[str, str]:
        if row.store_id is not None:
            if self.stores is None:
                raise _refused("This process reads nothing from other stores.")
            return await self.stores.read(row)
        sealed = self.encryption.decrypt(CREDENTIAL, row.workspace_id, row.id, row.sealed)
        secret: dict[str, str] = orjson.loads(sealed)
        return secret


class EmptyVault(Vault):
    """A vault of a process without credentials."""

    def __init__(self) -> None:
        self.redactions = Redactions()
        self.encryption = Encryption(EncryptionSettings.model_construct())

    async def open(self, step: StepInput) -> "StepVault":
        """What a step may use: nothing."""
        return StepVault(step, step.credentials or StepCredentials(), {}, None)


class StepVault:
    """What one attempt of a step may use."""

    def __init__(
        self, step: StepInput, allowed: StepCredentials, found: Mapping[str, _Found], workflow: str | None
    ) -> None:
        self._step = step
        self._allowed = allowed
        self._found = found
        self._workflow = workflow
        self.places: frozenset[Place] = frozenset()
        """Where values were filled in."""

    def filled(self, config: dict[str, Any]) -> dict[str, Any]:
        """Settings with values in place of markers: of those that the published document holds, and no others.

        Raises:
            PerdureError: `missing_credential`, `forbidden`.
        """
        values: dict[Place, str] = {}
        for use in self._allowed.uses:
            if use.pointer != (CREDENTIAL_FIELD,) and _still_there(config, use):
                values[use.pointer] = self._value(use, config)
        self.places = frozenset(values)
        filled: dict[str, Any] = replaced(config, values)
        return filled

    def named(self, config: Mapping[str, Any], *types: str) -> Opened | None:
        """The credential that the field `credential` names; nothing if it names none.

        Args:
            config: Settings of the step.
            types: Those that the step can work with.

        Raises:
            PerdureError: `missing_credential`, `forbidden`, or `invalid_config` if it is of another type.
        """
        reference = config.get(CREDENTIAL_FIELD)
        if reference is None:
            return None
        use = CredentialUse(pointer=(CREDENTIAL_FIELD,), reference=str(reference))
        if use not in self._allowed.uses:
            raise _refused(
                f"Which credential a step uses is decided by publishing; {str(reference)[:100]!r} is another."
            )
        opened = self._open(use.reference, config)
        if opened.type not in types:
            message = f"The credential {opened.name!r} is of type {opened.type}; this step needs {listed(types)}."
            raise PerdureError(ErrorCode.INVALID_CONFIG, message)
        return opened

    def _value(self, use: CredentialUse, config: Mapping[str, Any]) -> str:
        opened = self._open(use.reference, config)
        kind = CREDENTIAL_TYPES.get(opened.type)
        if kind is None or not kind.sendable:
            raise _refused(f"The credential {opened.name!r} of type {opened.type} cannot be put into a request.")
        name = use.field or kind.main or ""
        if name not in opened.secret:
            message = f"The credential {opened.name!r} has the fields {listed(opened.secret)}; name one as `field`."
            raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message)
        return opened.secret[name]

    def _open(self, reference: str, config: Mapping[str, Any]) -> Opened:
        found = self._found.get(reference)
        if found is None:
            message = f"There is no credential {reference!r} in this workspace; add it, or change the workflow."
            raise PerdureError(ErrorCode.MISSING_CREDENTIAL, message)
        row = found.row
        if row.workflows is not None and self._workflow not in row.workflows:
            raise _refused(f"The credential {row.name!r} may not be used by the workflow {self._workflow!r}.")
        if "url" in config:
            self._check_destination(row, str(config["url"]))
        return found.opened()

    def _check_destination(self, row: Credential, url: str) -> None:
        if row.hosts is not None:
            if not covered(url, row.hosts):
                raise _refused(f"The credential {row.name!r} may not be sent to {host_of(url)}.")
        elif self._allowed.origin is None:
            message = (
                f"The address of this step is computed, so the credential {row.name!r} must say to which hosts it may "
                "be sent; set its `hosts`."
            )
            raise _refused(message)
        elif not same_origin(url, self._allowed.origin):
            raise _refused(
                f"The credential {row.name!r} may only be sent to the address in the workflow, not to {host_of(url)}."
            )


def sensitive(type_name: str, public: Mapping[str, Any], secret: Mapping[str, str]) -> list[str]:
    """Every text that must not be shown: the values, and what is sent in their place."""
    values = list(secret.values())
    if type_name == "basic":
        values.append(f"{public.get('username', '')}:{secret.get('password', '')}")
    if type_name == "webhook_signing":
        values += [value.removeprefix("whsec_") for value in secret.values()]
    return values


async def _rows(session: AsyncSession, references: Sequence[str]) -> list[Credential]:
    ids = [UUID(reference) for reference in references if _is_id(reference)]
    wanted: ColumnElement[bool] = or_(Credential.name.in_(references), Credential.id.in_(ids))
    return list(await session.scalars(select(Credential).options(undefer(Credential.sealed)).where(wanted)))


async def _note_use(session: AsyncSession, rows: Sequence[Credential]) -> None:
    if not rows:
        return
    stale = or_(Credential.last_used_at.is_(None), Credential.last_used_at < func.clock_timestamp() - _USE_NOTED_EVERY)
    noted = update(Credential).where(Credential.id.in_([row.id for row in rows]), stale)
    await session.execute(
        noted.values(last_used_at=func.clock_timestamp()).execution_options(synchronize_session=False)
    )


async def _workflow(session: AsyncSession, run_id: str) -> str | None:
    query = select(Workflow.slug).join(Run, Run.workflow_id == Workflow.id).where(Run.id == UUID(run_id))
    slug: str | None = await session.scalar(query)
    return slug


def _means(reference: str, row: Credential) -> bool:
    return reference in (row.name, str(row.id))


def _is_id(reference: str) -> bool:
    try:
        UUID(reference)
    except ValueError:
        return False
    return True


def _still_there(config: Any, use: CredentialUse) -> bool:
    """Whether a marker of the document still stands at its place in settings that somebody may have edited."""
    for part in use.pointer:
        inside = isinstance(config, dict) and part in config
        if not inside and not (isinstance(config, list) and isinstance(part, int) and part < len(config)):
            return False
        config = config[part]
    return isinstance(config, dict) and config.get(MARKER) == use.reference and config.get("field") == use.field


def _digest(secret: Mapping[str, str]) -> str:
    return hashlib.sha256(orjson.dumps(dict(secret), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _refused(message: str) -> PerdureError:
    return PerdureError(ErrorCode.FORBIDDEN, message)
