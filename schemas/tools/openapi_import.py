"""Turns the OpenAPI (3.0, 3.1) or Swagger 2.0 description of an API into settings of the tool `openapi`. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urljoin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import ErrorCode, PerdureError
from schemas.tools.references import References
from schemas.tools.spec import MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, tool_name
from schemas.tools.types.openapi import BODY, ApiOperation, ApiParameter

MAX_OPERATIONS: Final = 1_000
"""Of one description; an agent is given a choice of them."""

_METHODS: Final = ("get", "post", "put", "patch", "delete", "head")
_ARGUMENT: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_JSON: Final = re.compile(r"application/([a-z0-9.+-]+\+)?json")
_FORM: Final = "application/x-www-form-urlencoded"


class LeftOut(BaseModel):
    """An operation that cannot be a tool."""

    model_config = ConfigDict(frozen=True)

    operation: str
    reason: str


class ImportedApi(BaseModel):
    """What came of a description."""

    model_config = ConfigDict(frozen=True)

    title: str
    url: str = Field(description="Address of the API; empty if the description does not say it.")
    operations: tuple[ApiOperation, ...]
    left_out: tuple[LeftOut, ...]


def imported(document: Any, source: str | None = None) -> ImportedApi:
    """The tools of a description.

    Args:
        document: The description, as data.
        source: Where it was read from; addresses in it may be relative to that.

    Raises:
        PerdureError: INVALID_INPUT if it describes no API.
    """
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise _invalid("This is no OpenAPI description: it has no `paths`.")
    if not str(document.get("openapi", "")).startswith("3.") and document.get("swagger") != "2.0":
        raise _invalid("This is no OpenAPI description of version 3, and no Swagger 2.0 either.")
    reader = _Reader(document)
    operations: list[ApiOperation] = []
    left_out: list[LeftOut] = []
    for method, path, shared, raw in _raw_operations(document["paths"]):
        label = f"{method.upper()} {path}"[:300]
        try:
            if len(operations) >= MAX_OPERATIONS:
                raise ValueError(f"there are more than {MAX_OPERATIONS:,} operations")
            operations.append(reader.operation(method, path, shared, raw))
        except ValidationError as error:
            left_out.append(LeftOut(operation=label, reason=error.errors()[0]["msg"]))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            left_out.append(LeftOut(operation=label, reason=str(error) or type(error).__name__))
    info = document.get("info")
    title = str(info.get("title", "")) if isinstance(info, dict) else ""
    return ImportedApi(
        title=title[:200], url=_address(document, source), operations=tuple(operations), left_out=tuple(left_out)
    )


def _raw_operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, str, Sequence[Any], Mapping[str, Any]]]:
    for path, item in paths.items():
        if not isinstance(item, dict):
            continue
        shared = item.get("parameters")
        for method in _METHODS:
            if isinstance(item.get(method), dict):
                yield method, str(path), shared if isinstance(shared, list) else (), item[method]


class _Reader:
    """Reads one description; remembers which names are taken."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._references = References(document)
        self._names: set[str] = set()

    def operation(self, method: str, path: str, shared: Sequence[Any], raw: Mapping[str, Any]) -> ApiOperation:
        own = raw.get("parameters")
        found = [self._references.resolved(one) for one in (*shared, *(own if isinstance(own, list) else ()))]
        # What an operation says of a parameter counts more than what its path says.
        parameters = list({(one["name"], one["in"]): one for one in found}.values())
        properties: dict[str, Any] = {}
        required: list[str] = []
        placed = [self._parameter(one, properties, required) for one in parameters if one["in"] in _PLACES]
        body = self._body(raw, parameters, properties, required)
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        operation = ApiOperation(
            name=tool_name(str(raw.get("operationId") or f"{method}_{path}")),
            description=_description(raw),
            method=method.upper(),
            path=path,
            parameters=tuple(placed),
            body=body,
            input_schema={**schema, "required": required} if required else schema,
        )
        return operation.model_copy(update={"name": self._free(operation.name)})

    def _parameter(self, raw: Mapping[str, Any], properties: dict[str, Any], required: list[str]) -> ApiParameter:
        name, place = str(raw["name"]), str(raw["in"])
        argument = _ARGUMENT.sub("_", name)[:60] or "value"
        if argument in properties or argument == BODY:
            argument = f"{argument}_{place}"
        schema = self._references.schema(_parameter_schema(raw))
        described = raw.get("description")
        properties[argument] = {**schema, **({"description": str(described)[:1_000]} if described else {})}
        if place == "path" or raw.get("required") is True:
            required.append(argument)
        listed = raw.get("explode", self._is_exploded(raw))
        return ApiParameter(argument=argument, name=name, place=place, explode=listed is True)

    def _is_exploded(self, raw: Mapping[str, Any]) -> bool:
        """Whether each item of a list is sent by itself, where the description does not say it."""
        if "swagger" in self._document:
            return bool(raw.get("collectionFormat") == "multi")
        return bool(raw["in"] == "query" and raw.get("style", "form") == "form")

    def _body(
        self,
        raw: Mapping[str, Any],
        parameters: Sequence[Mapping[str, Any]],
        properties: dict[str, Any],
        required: list[str],
    ) -> str | None:
        """How the body is sent, if there is one; its schema becomes that of an argument."""
        form, schema, needed = self._described_body(raw, parameters)
        if form is None:
            if needed:
                raise ValueError("its body is neither JSON nor a form")
            return None
        properties[BODY] = self._references.schema(schema)
        if needed:
            required.append(BODY)
        return form

    def _described_body(
        self, raw: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]
    ) -> tuple[str | None, Any, bool]:
        """Form, schema, and whether it is required."""
        if "requestBody" in raw:
            described = self._references.resolved(raw["requestBody"])
            needed = described.get("required") is True
            for media_type, content in described.get("content", {}).items():
                plain = media_type.partition(";")[0].strip().lower()
                if _JSON.fullmatch(plain) or plain == _FORM:
                    return "form" if plain == _FORM else "json", content.get("schema", {}), needed
            return None, None, needed
        for one in parameters:
            if one["in"] == "body":
                return "json", one.get("schema", {}), one.get("required") is True
        fields = {one["name"]: _parameter_schema(one) for one in parameters if one["in"] == "formData"}
        if not fields:
            return None, None, False
        named = [one["name"] for one in parameters if one["in"] == "formData" and one.get("required") is True]
        return "form", {"type": "object", "properties": fields, "required": named}, bool(named)

    def _free(self, name: str) -> str:
        free, number = name, 2
        while free in self._names:
            suffix = f"_{number}"
            free, number = name[: MAX_NAME_CHARS - len(suffix)] + suffix, number + 1
        self._names.add(free)
        return free


_PLACES: Final = ("path", "query", "header")
_OF_PARAMETERS: Final = frozenset(
    {"name", "in", "required", "description", "schema", "content", "style", "explode", "allowReserved"}
)


def _parameter_schema(raw: Mapping[str, Any]) -> Any:
    """Swagger writes the words of the schema right into the parameter."""
    if "schema" in raw:
        return raw["schema"]
    if isinstance(raw.get("content"), dict) and raw["content"]:
        return next(iter(raw["content"].values())).get("schema", {})
    return {key: value for key, value in raw.items() if key not in _OF_PARAMETERS}


def _description(raw: Mapping[str, Any]) -> str:
    parts = [str(raw[key]).strip() for key in ("summary", "description") if raw.get(key)]
    return "\n".join(dict.fromkeys(parts))[:MAX_DESCRIPTION_CHARS]


def _address(document: Mapping[str, Any], source: str | None) -> str:
    if "swagger" in document:
        schemes = document.get("schemes") or ["https"]
        host = document.get("host")
        if host:
            return f"{'https' if 'https' in schemes else schemes[0]}://{host}{document.get('basePath') or ''}".rstrip(
                "/"
            )
        address = document.get("basePath") or "/"
    else:
        servers = document.get("servers")
        first = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
        address = str(first.get("url") or "/")
        for name, variable in (first.get("variables") or {}).items():
            address = address.replace(f"{{{name}}}", str(variable.get("default", "")))
    full = urljoin(source, address) if source else address
    return full.rstrip("/") if full.startswith(("http://", "https://")) else ""


def _invalid(message: str) -> PerdureError:
    return PerdureError(ErrorCode.INVALID_INPUT, message)
