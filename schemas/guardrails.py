"""Guardrails: what may go into a model and come out of it, and what happens otherwise. Pure."""

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.compiler.json_schemas import schema_problems
from schemas.document import Strict
from schemas.errors import PerdureError
from schemas.expressions import CompileError
from schemas.expressions.own_names import OwnNames
from schemas.expressions.work import metered
from schemas.private_data import Kind

_NAMES: Final = OwnNames({"text": ("item", "text"), "stage": ("item", "stage")}, rest=("vars",))


class Stage(StrEnum):
    """Where a guardrail looks."""

    INPUT = "input"
    """What people say to the agent."""
    OUTPUT = "output"
    """What the agent gives back at its end."""
    TOOL = "tool"
    """What tools give back to the agent."""
    CALL = "call"
    """What the agent gives to tools."""


class Action(StrEnum):
    """What happens where a guardrail finds something; the strictest one counts."""

    MASK = "mask"
    """What was found is covered up, and the agent goes on."""
    ASK = "ask"
    """A person decides."""
    BLOCK = "block"
    """The agent ends with an error."""


_STRICTNESS: Final = (Action.MASK, Action.ASK, Action.BLOCK)


class _Guardrail(Strict):
    name: str | None = Field(default=None, max_length=100, description="Shown to people where it finds something.")
    on: tuple[Stage, ...] = Field(
        default=(Stage.INPUT, Stage.OUTPUT), min_length=1, max_length=4, description="Where it looks."
    )

    @property
    def title(self) -> str:
        """As people know it."""
        return self.name or str(getattr(self, "type", "guardrail"))


_WHAT_LEAVES: Final = Field(
    default=(Stage.INPUT, Stage.OUTPUT, Stage.CALL),
    min_length=1,
    max_length=4,
    description="Where it looks; what tools are given leaves the agent like its answer.",
)


class PiiGuardrail(_Guardrail):
    """Finds personal data by its form: check digits of cards and IBANs are computed."""

    type: Literal["pii"]
    on: tuple[Stage, ...] = _WHAT_LEAVES
    kinds: tuple[Kind, ...] = Field(default=(Kind.EMAIL, Kind.PHONE, Kind.CARD, Kind.IBAN), min_length=1)
    action: Action = Field(default=Action.MASK)


class SecretGuardrail(_Guardrail):
    """Finds keys, tokens, passwords, and the values of the workspace's own credentials."""

    type: Literal["secrets"]
    on: tuple[Stage, ...] = _WHAT_LEAVES
    action: Action = Field(default=Action.MASK)


class SchemaGuardrail(_Guardrail):
    """Demands that a text is JSON of a form."""

    type: Literal["schema"]
    on: tuple[Stage, ...] = Field(
        default=(Stage.OUTPUT,),
        min_length=1,
        max_length=3,
        description="Where it looks; not at what tools are given, whose own schemas say what that must be.",
    )
    schema_: dict[str, Any] = Field(alias="schema", description="JSON Schema of the data.")
    action: Literal[Action.ASK, Action.BLOCK] = Field(default=Action.BLOCK)

    @field_validator("on")
    @classmethod
    def _not_at_calls(cls, on: tuple[Stage, ...]) -> tuple[Stage, ...]:
        if Stage.CALL in on:
            raise ValueError("what tools are given has the form that the tool's own schema demands; take out `call`")
        return on

    @field_validator("schema_")
    @classmethod
    def _sound(cls, schema: dict[str, Any]) -> dict[str, Any]:
        for _, sentence in schema_problems(schema)[:1]:
            raise ValueError(sentence)
        return schema


class TopicGuardrail(_Guardrail):
    """Lets a model judge what a text is about."""

    type: Literal["topic"]
    on: tuple[Stage, ...] = Field(default=(Stage.INPUT,), min_length=1, max_length=4)
    allowed: str | None = Field(default=None, max_length=4_000, description="What it may be about.")
    denied: str | None = Field(default=None, max_length=4_000, description="What it must not be about.")
    model: str = Field(default="default", min_length=1, max_length=200, description="Which model judges.")
    action: Literal[Action.ASK, Action.BLOCK] = Field(default=Action.BLOCK)


class CelGuardrail(_Guardrail):
    """Finds what an expression says."""

    type: Literal["cel"]
    when: str = Field(
        min_length=1,
        max_length=10_000,
        json_schema_extra={"format": "cel"},
        description="CEL over `text` and `stage`; where it holds, the guardrail has found something. Of what tools "
        "are given, `text` is each name and each value by itself.",
    )
    action: Literal[Action.ASK, Action.BLOCK] = Field(default=Action.BLOCK)

    @field_validator("when")
    @classmethod
    def _compiles(cls, when: str) -> str:
        try:
            _NAMES.compile(when)
        except CompileError as error:
            raise ValueError(error.info.message) from None
        return when

    def holds(self, text: str, stage: Stage) -> bool:
        """Whether it holds for a text, or does not say."""
        try:
            with metered():
                found = _NAMES.compile(self.when).evaluate({"item": {"text": text, "stage": stage.value}, "vars": {}})
        except PerdureError:
            return True
        return found is not False


Guardrail = Annotated[
    PiiGuardrail | SecretGuardrail | SchemaGuardrail | TopicGuardrail | CelGuardrail, Field(discriminator="type")
]
"""One guardrail of an agent."""


class Finding(BaseModel):
    """What a guardrail has found; never holds what was found."""

    model_config = ConfigDict(frozen=True)

    guardrail: str = Field(description="Its name, or its type.")
    type: str
    action: Action
    what: str = Field(description="A sentence for people, such as `2 e-mail addresses`.")


class Inspection(BaseModel):
    """What came of looking at texts; output of `guard`."""

    model_config = ConfigDict(frozen=True)

    verdict: Action | Literal["pass"]
    texts: tuple[str, ...] = Field(description="The texts with everything covered up that is to be masked.")
    findings: tuple[Finding, ...] = ()
    files: tuple[str | None, ...] = Field(
        default=(), description="Of each file its text, if something in it was covered up; it stands for the file then."
    )
    unseen: tuple[str, ...] = Field(default=(), description="Images and files that were not looked at.")

    @property
    def reason(self) -> str:
        """What was found, for people."""
        return "; ".join(f"{finding.guardrail}: {finding.what}" for finding in self.findings)


def verdict_of(findings: tuple[Finding, ...]) -> Action | Literal["pass"]:
    """The strictest action of all findings."""
    return max((finding.action for finding in findings), key=_STRICTNESS.index, default="pass")


def concerns(guardrails: tuple[Guardrail, ...], stage: Stage) -> bool:
    """Whether any guardrail looks there; else no step is made of it."""
    return any(stage in guardrail.on for guardrail in guardrails)
