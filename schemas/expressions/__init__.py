"""CEL expressions and `{{ … }}` templates: the only way a document computes anything."""

from schemas.expressions.compiled import CompiledExpression, compile_expression
from schemas.expressions.syntax import NODE_FIELDS, ROOT_NAMES
from schemas.expressions.templates import Template, has_template, parse_template, references, resolve

__all__ = [
    "NODE_FIELDS",
    "ROOT_NAMES",
    "CompiledExpression",
    "Template",
    "compile_expression",
    "has_template",
    "parse_template",
    "references",
    "resolve",
]
