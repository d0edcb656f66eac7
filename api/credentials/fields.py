"""Checks the fields of a credential against its type. No message quotes a value."""

from typing import Any, Final

from pydantic import BaseModel, ValidationError

from api.errors import FieldProblem, RequestError
from schemas.credentials.types import CREDENTIAL_TYPES, CredentialType, plain
from schemas.errors import ErrorCode
from schemas.faults import listed

_NAMED: Final = 20


def known_type(name: str) -> CredentialType:
    """A type of which credentials can be made.

    Raises:
        RequestError: `invalid_request`.
    """
    kind = CREDENTIAL_TYPES.get(name)
    if kind is None or not kind.available:
        known = listed(kind.name for kind in CREDENTIAL_TYPES.values() if kind.available)
        problem = FieldProblem(field="body.type", message=f"This must be one of {known}.")
        raise RequestError(ErrorCode.INVALID_REQUEST, f"`type` must be one of {known}.", errors=[problem])
    return kind


def checked_public(kind: CredentialType, value: dict[str, Any]) -> dict[str, Any]:
    """The fields that are not secret, defaults filled in.

    Raises:
        RequestError: `invalid_request`, naming every wrong field.
    """
    return _checked(kind, kind.public, "public", value)


def checked_secret(kind: CredentialType, value: dict[str, Any]) -> dict[str, Any]:
    """The secret fields.

    Raises:
        RequestError: `invalid_request`, naming every wrong field.
    """
    return _checked(kind, kind.secret, "secret", value)


def _checked(kind: CredentialType, model: type[BaseModel], name: str, value: dict[str, Any]) -> dict[str, Any]:
    try:
        return plain(model.model_validate(value))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        problems = [
            FieldProblem(
                field=".".join(("body", name, *(str(part) for part in fault["loc"]))),
                message=fault["msg"].removeprefix("Value error, "),
            )
            for fault in found[:_NAMED]
        ]
    message = f"The fields of a credential of type {kind.name} are not valid: see {problems[0].field}."
    raise RequestError(ErrorCode.INVALID_REQUEST, message, errors=problems)
