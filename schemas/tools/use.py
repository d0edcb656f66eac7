"""The tools of an agent: how its settings name them, and what a model is offered of them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError, create_model

from schemas.approvals import value_digest
from schemas.conversation import MAX_TOOLS, ToolDefinition
from schemas.document import Strict
from schemas.errors import ErrorCode, PerdureError
from schemas.tools import tool_specs
from schemas.tools.policy import ToolPolicy
from schemas.tools.spec import MAX_NAME_CHARS, Effect, Idempotency, ToolSettings, ToolSpec


class ToolUse(Strict):
    """A tool, or several of one source, that an agent is given."""

    type: str = Field(description="Type of the tool.")
    name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$",
        description="Name that the model calls it by; of several tools of one source, what their names begin with.",
    )
    settings: ToolSettings = Field(description="Settings of this type of tools.")
    policy: ToolPolicy = Field(default=ToolPolicy(), description="When a person is asked first.")


def _use_of(spec: ToolSpec) -> type[ToolUse]:
    """The model of uses of one type."""
    optional = not any(field.is_required() for field in spec.settings.model_fields.values())
    settings: Any = Field(default_factory=spec.settings) if optional else Field()
    name = "".join(part.capitalize() for part in spec.type.split("_"))
    fields: Any = {"type": (Literal[spec.type], ...), "settings": (spec.settings, settings)}
    return create_model(f"{name}ToolUse", __base__=ToolUse, __doc__=spec.description, **fields)


if TYPE_CHECKING:
    AnyToolUse = ToolUse
else:
    AnyToolUse = Annotated[
        reduce(or_, (_use_of(spec) for _, spec in sorted(tool_specs().items()))), Field(discriminator="type")
    ]
    """A use of any type of tools, with the settings of that type; what settings of agents hold."""


@dataclass(frozen=True)
class Offer:
    """A tool that a model is offered."""

    index: int
    """Of the use it comes from."""
    use: ToolUse
    spec: ToolSpec
    name: str
    """Its own name, which its type knows it by."""
    definition: ToolDefinition
    """As the model is told of it, by the name that the model uses."""

    @property
    def effect(self) -> Effect:
        """What a call may change."""
        return self.spec.effect_of(self.use.settings, self.name)

    @property
    def idempotency(self) -> Idempotency:
        """How a call is kept from being carried out twice."""
        return self.spec.idempotency_of(self.use.settings, self.name)

    @property
    def repeatable(self) -> bool:
        """Whether a call may be made again when nobody knows whether it was made."""
        return may_be_repeated(self.spec, self.use.settings, self.name)

    @property
    def control(self) -> bool:
        """Whether the workflow itself carries calls out."""
        return self.spec.control

    def call(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Settings of the step `tool_call` that carries a call out."""
        return {
            "type": self.spec.type,
            "settings": self.use.settings.model_dump(mode="json", by_alias=True, exclude_unset=True),
            "name": self.name,
            "arguments": arguments,
            "effect": self.effect.value,
        }


def offers(uses: Iterable[ToolUse]) -> dict[str, Offer]:
    """What a model is offered, by the name that it uses.

    Raises:
        PerdureError: INVALID_CONFIG if two tools have one name, if a name is too long, or if there are too many.
    """
    found: dict[str, Offer] = {}
    for index, use in enumerate(uses):
        for offer in _offers_of(index, use):
            name = offer.definition.name
            if name in found:
                raise _invalid(f"Two tools are called {name!r}; give one of them another `name`.")
            found[name] = offer
    if len(found) > MAX_TOOLS:
        raise _invalid(f"These are {len(found)} tools; a model can be offered {MAX_TOOLS}. Choose fewer.")
    return found


def _offers_of(index: int, use: ToolUse) -> list[Offer]:
    spec = tool_specs()[use.type]
    definitions = spec.definitions(use.settings)
    alone = len(definitions) == 1
    found = []
    for definition in definitions:
        name = definition.name if use.name is None else use.name if alone else f"{use.name}_{definition.name}"
        if len(name) > MAX_NAME_CHARS:
            raise _invalid(f"The name {name!r} is longer than {MAX_NAME_CHARS} characters; shorten its beginning.")
        told = definition.model_copy(update={"name": name})
        found.append(Offer(index, use, spec, definition.name, told))
    return found


def remembered_key(offer: Offer) -> str:
    """Under which a run remembers that a person has approved all further calls of a tool.

    It is the same for every agent that has this very tool, and another one for a tool that only has its name.
    """
    settings = offer.use.settings.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return value_digest({"type": offer.spec.type, "name": offer.definition.name, "settings": settings})


def may_be_repeated(spec: ToolSpec, settings: ToolSettings, name: str) -> bool:
    """Whether a call of a tool may be made again when nobody knows whether it was made."""
    return not spec.effect_of(settings, name).changes or spec.idempotency_of(settings, name) is Idempotency.KEY


def checked_settings(type_name: str, settings: dict[str, Any]) -> tuple[ToolSpec, ToolSettings]:
    """The type and its validated settings.

    Raises:
        PerdureError: INVALID_CONFIG, naming the settings but not their values, which may be secret.
    """
    spec = tool_specs().get(type_name)
    if spec is None:
        raise _invalid(f"There is no type of tools {type_name[:100]!r}.")
    try:
        return spec, spec.settings.model_validate(settings)
    except ValidationError as error:
        named = [
            f"`{'.'.join(map(str, fault['loc']))}`: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False)[:5]
        ]
        raise _invalid(f"The settings of the tool {type_name} are not valid: {'; '.join(named)}.") from None


def _invalid(message: str) -> PerdureError:
    return PerdureError(ErrorCode.INVALID_CONFIG, message)
