"""Turns what types of tools declare into what the API says about them."""

from functools import cache
from typing import Any

from api.tools.models import ToolEffect, ToolIdempotency, ToolType, ToolTypeList
from schemas.conversation import ToolDefinition
from schemas.tools import tool_specs
from schemas.tools.policy import ToolPolicy
from schemas.tools.spec import ToolSpec


@cache
def list_tool_types() -> ToolTypeList:
    """All types; computed once, because they change only with the code."""
    return ToolTypeList(
        items=[_describe(spec) for _, spec in sorted(tool_specs().items())],
        policy_schema=ToolPolicy.model_json_schema(),
    )


def _describe(spec: ToolSpec) -> ToolType:
    return ToolType(
        type=spec.type,
        title=spec.title,
        description=spec.description,
        icon=spec.icon,
        settings_schema=spec.settings.model_json_schema(by_alias=True),
        hints=_hints(spec),
        effect=ToolEffect.BY_SETTINGS if callable(spec.effect) else ToolEffect(spec.effect),
        idempotency=ToolIdempotency.BY_SETTINGS if callable(spec.idempotency) else ToolIdempotency(spec.idempotency),
        control=spec.control,
        credential_types=list(spec.credential_types),
        secret_fields=list(spec.secret_fields),
        definitions=_definitions(spec),
    )


def _hints(spec: ToolSpec) -> dict[str, dict[str, Any]]:
    if "credential" not in spec.settings.model_fields:
        return spec.hints
    return {**spec.hints, "credential": {"widget": "credential", "types": list(spec.credential_types)}}


def _definitions(spec: ToolSpec) -> list[ToolDefinition]:
    if any(field.is_required() for field in spec.settings.model_fields.values()):
        return []
    return list(spec.definitions(spec.settings()))
