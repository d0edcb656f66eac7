"""Requests and answers about expressions that are tried out."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from api.workflows.draft_models import Body
from schemas.expressions.syntax import MAX_EXPRESSION_CHARS

MAX_VALUES: Final = 100

Source = Annotated[str, Field(max_length=MAX_EXPRESSION_CHARS)]
Name = Annotated[str, Field(min_length=1, max_length=500)]


class EvaluateExpressions(Body):
    """Body of trying out expressions with given values for what they read."""

    templates: dict[Name, Any] = Field(
        default_factory=dict, max_length=MAX_VALUES, description="Values in which `{{ … }}` is filled in, by any name."
    )
    expressions: dict[Name, Source] = Field(
        default_factory=dict, max_length=MAX_VALUES, description="Bare CEL expressions, by any other name."
    )
    input: Any = Field(default_factory=dict, description="What they read as `input`.")
    outputs: dict[str, Any] = Field(
        default_factory=dict, max_length=10_000, description="What they read as `nodes.<id>.output`, by node id."
    )
    vars: dict[str, Any] = Field(default_factory=dict, description="What they read as `vars`.")
    item: Any = Field(default=None, description="In the body of a foreach: the item at hand.")
    index: int | None = Field(default=None, ge=0, description="Its place in the list; says that there is an item.")


class EvaluatedExpression(BaseModel):
    """What became of one of them."""

    status: Literal["value", "missing", "error"] = Field(
        description="`missing`: it reads outputs of nodes that were not given, and cannot be computed without."
    )
    value: Any
    message: str | None = Field(description="Why there is no value, in a sentence.")
    missing: list[str] = Field(description="Ids of the nodes that it reads and whose outputs were not given.")


class EvaluatedExpressions(BaseModel):
    """What became of them, by their names."""

    results: dict[str, EvaluatedExpression]
