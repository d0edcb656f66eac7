"""The revision of a draft in requests and answers: a field of the body, or the entity tag in If-Match and ETag."""

import hashlib
import re
from typing import Annotated, Final

from fastapi import Header

from api.errors import FieldProblem, RequestError
from api.workflows.draft_models import Draft
from db.json_text import to_json
from schemas.errors import ErrorCode

_TAG: Final = re.compile(r'"?([1-9][0-9]{0,8})(?:-[0-9a-f]{1,16})?"?')

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match", max_length=100, description="`ETag` of the draft that was edited; or `revision` in the body."
    ),
]


def expected_revision(header: str | None, field: int | None) -> int:
    """The revision that a change is made on top of.

    Raises:
        RequestError: `invalid_request` if none is named, or two.
    """
    named = set() if field is None else {field}
    if header is not None:
        found = _TAG.fullmatch(header.strip())
        if found is None:
            raise _wrong("header.If-Match", "Send the ETag of one draft, as it was answered.")
        named.add(int(found[1]))
    if not named:
        raise _wrong("body.revision", "Name the revision that was edited, here or in the header If-Match.")
    if len(named) > 1:
        raise _wrong("header.If-Match", "It names another revision than the body; send one of them.")
    return named.pop()


def tag_of(draft: Draft) -> str:
    """The entity tag: the revision, which a change must name, and a hash of what else may differ."""
    rest = to_json([draft.name, draft.base_version, draft.changed, [fault.model_dump() for fault in draft.faults]])
    return f'"{draft.revision}-{hashlib.blake2b(rest.encode(), digest_size=4).hexdigest()}"'


def _wrong(field: str, message: str) -> RequestError:
    problem = FieldProblem(field=field, message=message)
    return RequestError(ErrorCode.INVALID_REQUEST, f"The request is not valid: see {field}.", errors=[problem])
