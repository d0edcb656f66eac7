"""The CEL environment, and the syntax tree that its compiler only gives away in serialised form.

The tree is cel.expr.CheckedExpr (https://github.com/google/cel-spec/blob/master/proto/cel/expr/checked.proto); only
the fields we touch are declared here, all others are kept as they are.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from cel_expr_python import cel  # type: ignore[import-untyped]
from cel_expr_python.ext import (  # type: ignore[import-untyped]
    ext_bindings,
    ext_encoders,
    ext_math,
    ext_optional,
    ext_strings,
)
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

ROOT_NAMES: Final = ("input", "nodes", "item", "index", "vars", "run", "workspace")
"""Every variable an expression may name."""

NODE_FIELDS: Final = ("output", "status", "iteration", "error")
"""What `nodes.<id>` has."""

MAX_EXPRESSION_CHARS: Final = 10_000

ORDERED: Final = "@ordered"
"""Function that no expression can name: the keys of a map in a fixed order, a list as it is."""

_PACKAGE = "perdure.cel"
_TYPE_URL = "type.googleapis.com/cel.expr.CheckedExpr"
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
    "bool": _Field.TYPE_BOOL,
    "int64": _Field.TYPE_INT64,
    "uint64": _Field.TYPE_UINT64,
    "double": _Field.TYPE_DOUBLE,
}
# Fields as "name number type": `*` repeated, `|` one of the alternatives of the message.
_MESSAGES = {
    "Any": "type_url 1 string, value 2 bytes",
    "CheckedExpr": "expr 4 Expr",
    "ParsedExpr": "expr 2 Expr",
    "Expr": (
        "id 2 int64, const_expr 3 Constant|, ident_expr 4 Ident|, select_expr 5 Select|, call_expr 6 Call|, "
        "list_expr 7 CreateList|, struct_expr 8 CreateStruct|, comprehension_expr 9 Comprehension|"
    ),
    "Constant": (
        "null_value 1 int64|, bool_value 2 bool|, int64_value 3 int64|, uint64_value 4 uint64|, "
        "double_value 5 double|, string_value 6 string|, bytes_value 7 bytes|"
    ),
    "Ident": "name 1 string",
    "Select": "operand 1 Expr, field 2 string, test_only 3 bool",
    "Call": "target 1 Expr, function 2 string, args 3 Expr*",
    "CreateList": "elements 1 Expr*",
    "CreateStruct": "message_name 1 string, entries 2 Entry*",
    "Entry": "map_key 3 Expr, value 4 Expr",
    "Comprehension": (
        "iter_var 1 string, iter_range 2 Expr, accu_var 3 string, accu_init 4 Expr, loop_condition 5 Expr, "
        "loop_step 6 Expr, result 7 Expr, iter_var2 8 string"
    ),
}

Tree = Any
"""A protobuf message `Expr`; `tree.WhichOneof("kind")` says which of its fields is set."""


@cache
def environment() -> cel.Env:
    """The one CEL environment of the process in which everything is evaluated."""
    return environment_of(ROOT_NAMES)


def environment_of(names: Iterable[str]) -> cel.Env:
    """An environment in which an expression may read these variables."""
    return cel.NewEnv(
        variables=dict.fromkeys(names, cel.Type.DYN),
        extensions=[
            ext_strings.ExtStrings(),
            ext_math.ExtMath(),
            ext_encoders.ExtEncoders(),
            ext_bindings.ExtBindings(),
            ext_optional.ExtOptional(),
        ],
        functions=[cel.FunctionDecl(ORDERED, [_ordered("map", _ordered_keys), _ordered("list", list)])],
    )


class Checked:
    """A compiled expression as a tree that can be changed and compiled again.

    Attributes:
        tree: The whole expression.
    """

    def __init__(self, program: cel.Expression) -> None:
        messages = _messages()
        try:
            envelope: Any = messages["Any"].FromString(program.serialize())
            kind = "CheckedExpr" if envelope.type_url == _TYPE_URL else "ParsedExpr"
            checked: Any = messages[kind].FromString(envelope.value)
        except DecodeError as error:
            raise ValueError("the expression is nested too deeply") from error
        self._message = checked
        self.tree: Tree = checked.expr

    def program(self, tree: Tree) -> cel.Expression:
        """An executable program of a part of the expression, however it was changed."""
        message: Any = type(self._message)()
        message.CopyFrom(self._message)
        message.expr.CopyFrom(tree)
        envelope: Any = _messages()["Any"](type_url=_TYPE_URL, value=message.SerializeToString())
        return environment().deserialize(envelope.SerializeToString())


def copy_of(tree: Tree) -> Tree:
    """A tree of its own."""
    copied: Any = type(tree)()
    copied.CopyFrom(tree)
    return copied


def children(tree: Tree) -> Iterator[Tree]:
    """Direct parts of a tree that is no comprehension."""
    kind = tree.WhichOneof("kind")
    if kind == "select_expr":
        yield tree.select_expr.operand
    elif kind == "call_expr":
        if tree.call_expr.HasField("target"):
            yield tree.call_expr.target
        yield from tree.call_expr.args
    elif kind == "list_expr":
        yield from tree.list_expr.elements
    elif kind == "struct_expr":
        for entry in tree.struct_expr.entries:
            if entry.HasField("map_key"):
                yield entry.map_key
            yield entry.value


def _ordered(kind: str, implementation: Any) -> cel.Overload:
    parameter = cel.Type.Map(cel.Type.DYN, cel.Type.DYN) if kind == "map" else cel.Type.List(cel.Type.DYN)
    return cel.Overload(
        f"ordered_{kind}",
        return_type=cel.Type.List(cel.Type.DYN),
        parameters=[parameter],
        is_member=False,
        impl=implementation,
    )


def _ordered_keys(value: dict[Any, Any]) -> list[Any]:
    return sorted(value, key=lambda key: (type(key).__name__, key))


@cache
def _messages() -> dict[str, type[Message]]:
    # A pool of its own: the default one may get the official files from elsewhere.
    file = descriptor_pb2.FileDescriptorProto(name="perdure_cel.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        _declare(file.message_type.add(name=name), fields)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


def _declare(message: descriptor_pb2.DescriptorProto, fields: str) -> None:
    if "|" in fields:
        message.oneof_decl.add(name="kind")
    for field in fields.split(", "):
        name, number, kind = field.split(" ")
        added = message.field.add(name=name, number=int(number))
        added.label = _Field.LABEL_REPEATED if kind.endswith("*") else _Field.LABEL_OPTIONAL
        if kind.endswith("|"):
            added.oneof_index = 0
        kind = kind.rstrip("*|")
        if kind in _SCALARS:
            added.type = _SCALARS[kind]
        else:
            added.type, added.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
