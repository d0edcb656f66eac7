"""`calculator`: evaluates arithmetic in exact decimals; nothing but arithmetic can be written."""

import ast
import asyncio
import math
import operator
from collections.abc import Callable, Sequence
from decimal import Context, Decimal, DecimalException, localcontext
from typing import Any, Final

from activities.step import Outcome, StepContext
from schemas.errors import ErrorCode, PerdureError
from schemas.tools.types.calculator import CalculatorSettings

DIGITS: Final = 60
_MAX_PARTS: Final = 500
_MAX_POWER: Final = 10_000
_SHOWN: Final = 30
"""Digits of a result that is no whole number; the rest is rounding."""

Number = Decimal | bool


async def run(settings: CalculatorSettings, name: str, arguments: dict[str, Any], context: StepContext) -> Outcome:
    """The value of an expression.

    Raises:
        PerdureError: `invalid_input`, saying what is wrong with it.
    """
    return Outcome(output=await asyncio.to_thread(calculated, arguments["expression"]))


def calculated(expression: str) -> str | bool:
    """The value of an expression, as text, so that no digit is lost.

    Raises:
        PerdureError: `invalid_input`.
    """
    try:
        tree = ast.parse(expression.strip().replace("^", "**"), mode="eval")
        if sum(1 for _ in ast.walk(tree)) > _MAX_PARTS:
            raise ValueError("it has too many parts")
        with localcontext(Context(prec=DIGITS)):
            value = _value(tree.body)
            return value if isinstance(value, bool) else _shown(value)
    except (SyntaxError, MemoryError, RecursionError):
        problem = "it is no arithmetic expression"
    except DecimalException as error:
        problem = "it divides by zero" if "Zero" in type(error).__name__ else "the result is no number, or too large"
    except (ValueError, TypeError, ArithmeticError) as error:
        problem = str(error) or type(error).__name__
    raise PerdureError(ErrorCode.INVALID_INPUT, f"The expression cannot be computed: {problem}.")


def _shown(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("the result is no number, or too large")
    if value == value.to_integral_value() and value.adjusted() < DIGITS:
        return str(int(value))
    rounded = Context(prec=_SHOWN).plus(value).normalize()
    return f"{rounded:f}" if -_SHOWN < rounded.adjusted() < _SHOWN else str(rounded)


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=bool()):
            return bool(node.value)
        case ast.Constant(value=int() | float()):
            return Decimal(repr(node.value))
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](Decimal(_value(left)), Decimal(_value(right)))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            return bool(_COMPARISONS[type(op)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_numbers(arguments))
    raise ValueError("it holds something that is no number, operator or known function")


def _numbers(nodes: Sequence[ast.expr]) -> list[Decimal]:
    """Arguments of a function; a list stands for its items."""
    found: list[Decimal] = []
    for node in nodes:
        parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        found += [Decimal(_value(part)) for part in parts]
    return found


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if abs(exponent) > _MAX_POWER:
        raise ValueError(f"an exponent is larger than {_MAX_POWER:,}")
    return base**exponent


def _floor_division(left: Decimal, right: Decimal) -> Decimal:
    return (left / right).to_integral_value(rounding="ROUND_FLOOR")


def _modulo(left: Decimal, right: Decimal) -> Decimal:
    return left - right * _floor_division(left, right)


def _rounded(numbers: list[Decimal]) -> Decimal:
    value, digits = numbers[0], int(numbers[1]) if len(numbers) > 1 else 0
    if abs(digits) > DIGITS:
        raise ValueError(f"rounding takes at most {DIGITS} digits")
    return value.quantize(Decimal(1).scaleb(-digits), rounding="ROUND_HALF_UP") if value else value


def _log(numbers: list[Decimal]) -> Decimal:
    return numbers[0].ln() / numbers[1].ln() if len(numbers) > 1 else numbers[0].log10()


def _median(numbers: list[Decimal]) -> Decimal:
    ordered, half = sorted(numbers), len(numbers) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _by_float(function: Callable[[float], float]) -> Callable[[list[Decimal]], Decimal]:
    return lambda numbers: Decimal(repr(function(float(*numbers))))


def _one(function: Callable[[Decimal], Any]) -> Callable[[list[Decimal]], Decimal]:
    def apply(numbers: list[Decimal]) -> Decimal:
        if len(numbers) != 1:
            raise ValueError("a function has the wrong number of arguments")
        return Decimal(function(numbers[0]))

    return apply


def _some(function: Callable[[list[Decimal]], Decimal]) -> Callable[[list[Decimal]], Decimal]:
    def apply(numbers: list[Decimal]) -> Decimal:
        if not numbers:
            raise ValueError("a function has no arguments")
        return function(numbers)

    return apply


_CONSTANTS: Final = {
    "pi": Decimal("3.14159265358979323846264338327950288419716939937510582097494"),
    "e": Decimal("2.71828182845904523536028747135266249775724709369995957496697"),
}
_UNARY: Final[dict[type[ast.unaryop], Callable[[Any], Number]]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_BINARY: Final[dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: _floor_division,
    ast.Mod: _modulo,
    ast.Pow: _power,
}
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: Final[dict[str, Callable[[list[Decimal]], Decimal]]] = {
    "abs": _one(abs),
    "ceil": _one(lambda value: value.to_integral_value(rounding="ROUND_CEILING")),
    "floor": _one(lambda value: value.to_integral_value(rounding="ROUND_FLOOR")),
    "sqrt": _one(Decimal.sqrt),
    "exp": _one(Decimal.exp),
    "ln": _one(Decimal.ln),
    "log": _some(_log),
    "round": _some(_rounded),
    "sin": _by_float(math.sin),
    "cos": _by_float(math.cos),
    "tan": _by_float(math.tan),
    "min": _some(min),
    "max": _some(max),
    "sum": _some(lambda numbers: sum(numbers, Decimal(0))),
    "mean": _some(lambda numbers: sum(numbers, Decimal(0)) / len(numbers)),
    "median": _some(_median),
}
