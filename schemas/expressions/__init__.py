"""CEL expressions and `{{ … }}` templates: the only way a document computes anything."""

from schemas.expressions.compiled import CompiledExpression, CompileError, compile_expression
from schemas.expressions.syntax import NODE_FIELDS, ROOT_NAMES
from schemas.expressions.templates import (
    Template,
    expression_spans,
    has_template,
    parse_template,
    references,
    resolve,
)
from schemas.expressions.usage import Usage
from schemas.expressions.work import metered

__all__ = [
    "NODE_FIELDS",
    "ROOT_NAMES",
    "CompileError",
    "CompiledExpression",
    "Template",
    "Usage",
    "compile_expression",
    "expression_spans",
    "has_template",
    "metered",
    "parse_template",
    "references",
    "resolve",
]
