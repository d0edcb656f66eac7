"""The API's OpenAPI document, made once for all tests of a process: it takes seconds."""

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from pydantic import SecretStr

from api.app import create_app
from api.settings import ApiSettings


@cache
def api_document() -> dict[str, Any]:
    """The document; not to be changed."""
    nobody_asks = SimpleNamespace(database=None, events=None)
    return create_app(ApiSettings(token=SecretStr("unused")), cast("Any", nobody_asks)).openapi()


def api_operations() -> Iterator[tuple[str, str, str]]:
    """Operation id, method and path of every operation."""
    for path, found in api_document()["paths"].items():
        for method, operation in found.items():
            yield operation["operationId"], method.upper(), path
