"""Error answers in the words of SCIM: RFC 7644, section 3.12."""

from typing import Any, Final

import orjson
from starlette.responses import Response

MEDIA_TYPE: Final = "application/scim+json"
_SCHEMA: Final = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """A refusal.

    Args:
        status: HTTP status.
        detail: What is wrong and what to do.
        kind: `scimType` of the table in RFC 7644, section 3.12.
    """

    def __init__(self, status: int, detail: str, kind: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind


def invalid(detail: str, kind: str = "invalidValue") -> ScimError:
    """A request that cannot be carried out as it is."""
    return ScimError(400, detail, kind)


def missing(what: str, identity: object) -> ScimError:
    """Something that is not there, or belongs to somebody else."""
    return ScimError(404, f"There is no {what} {str(identity)[:100]!r}.")


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer that nobody keeps."""
    kept = {"cache-control": "no-store", **(headers or {})}
    return Response(orjson.dumps(body), status_code=status, media_type=MEDIA_TYPE, headers=kept)


def error_answer(error: ScimError) -> Response:
    """The answer to a request that was refused."""
    body: dict[str, Any] = {"schemas": [_SCHEMA], "status": str(error.status), "detail": str(error)}
    if error.kind is not None:
        body["scimType"] = error.kind
    return answer(body, error.status, {"www-authenticate": "Bearer"} if error.status == 401 else None)
