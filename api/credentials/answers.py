"""Credentials as the API shows them."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from api.credentials.models import Credential as CredentialAnswer
from api.credentials.models import CredentialSource, CredentialType, CredentialTypeList
from db.tables import Credential
from schemas.credentials import types

_SHOWN: Final = 4
_LONG: Final = 16
"""Of shorter values the last characters would tell too much."""


def described(credential: Credential) -> CredentialAnswer:
    """The answer about a credential."""
    return CredentialAnswer(
        id=credential.id,
        name=credential.name,
        type=credential.type,
        description=credential.description,
        public=credential.public,
        fields=credential.fields,
        source=None
        if credential.store_id is None
        else CredentialSource.model_validate({**(credential.source or {}), "store": str(credential.store_id)}),
        hint=credential.hint,
        workflows=credential.workflows,
        hosts=credential.hosts,
        created_at=credential.created_at,
        created_by=credential.created_by,
        updated_at=credential.updated_at,
        updated_by=credential.updated_by,
        value_changed_at=credential.value_changed_at,
        last_used_at=credential.last_used_at,
    )


def hint_of(kind: types.CredentialType, secret: Mapping[str, Any]) -> str | None:
    """The end of a value that is long enough to lose nothing by it."""
    value = secret.get(kind.main or "", "")
    return value[-_SHOWN:] if len(value) >= _LONG else None


@cache
def credential_types() -> CredentialTypeList:
    """All types; computed once, because they change only with the code."""
    return CredentialTypeList(
        items=[
            CredentialType(
                name=kind.name,
                title=kind.title,
                description=kind.description,
                available=kind.available,
                sendable=kind.sendable,
                main=kind.main,
                public_schema=kind.public.model_json_schema(),
                secret_schema=kind.secret.model_json_schema(),
            )
            for kind in types.CREDENTIAL_TYPES.values()
        ]
    )
