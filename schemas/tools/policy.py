"""Which calls of tools a person is asked about first. Pure."""

from collections.abc import Container, Mapping
from typing import Any, Final, Literal

from pydantic import Field, field_validator, model_validator

from schemas.document import Strict
from schemas.errors import PerdureError
from schemas.expressions import CompileError
from schemas.expressions.own_names import OwnNames
from schemas.expressions.work import metered
from schemas.tools.spec import Effect

Verdict = Literal["ask", "pass"]

_NAMES: Final = OwnNames({"arguments": ("item",), "tool": ("vars", "tool")}, rest=("item",))


class ToolPolicy(Strict):
    """When a person is asked before a tool is used."""

    approve: Literal["always", "never", "when"] | None = Field(
        default=None,
        description="By default a person is asked about what cannot be taken back, and about nothing else.",
    )
    when: str | None = Field(
        default=None,
        min_length=1,
        max_length=10_000,
        json_schema_extra={"format": "cel"},
        description="CEL over the arguments by their names, `arguments` and `tool`: a person is asked where it holds.",
    )
    remember: bool = Field(
        default=False, description="Whether a person may approve all further calls of the tool in the same run."
    )

    @field_validator("when")
    @classmethod
    def _compiles(cls, when: str | None) -> str | None:
        try:
            if when is not None:
                _NAMES.compile(when)
        except CompileError as error:
            raise ValueError(error.info.message) from None
        return when

    @model_validator(mode="after")
    def _complete(self) -> "ToolPolicy":
        if (self.approve == "when") != (self.when is not None):
            raise ValueError("give `when` together with approve: when, and only then")
        return self


def decides(
    policy: ToolPolicy, effect: Effect, name: str, arguments: Mapping[str, Any], remembered: Container[str] = ()
) -> Verdict:
    """Whether a person is asked about a call.

    Args:
        policy: Of the tool.
        effect: Of the call.
        name: Of the tool, as the model calls it.
        arguments: Of the call.
        remembered: Names of tools whose further calls a person has approved in this run.
    """
    if policy.remember and name in remembered:
        return "pass"
    if policy.approve is None:
        return "ask" if effect is Effect.IRREVERSIBLE else "pass"
    if policy.when is None:
        return "ask" if policy.approve == "always" else "pass"
    return "ask" if _holds(policy.when, name, arguments) else "pass"


def _holds(when: str, name: str, arguments: Mapping[str, Any]) -> bool:
    """Whether the expression holds, or does not say: then a person decides."""
    try:
        with metered():
            found = _NAMES.compile(when).evaluate({"item": dict(arguments), "vars": {"tool": name}})
    except PerdureError:
        return True
    return found is not False
