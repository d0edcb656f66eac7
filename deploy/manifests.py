"""Writes deploy/kubernetes from the Helm chart, which is the one source: `python -m deploy.manifests`.

Renders what the chart uses of Go's text/template, and refuses all else, so that the chart stays that simple.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

DEPLOY: Final = Path(__file__).parent
CHART: Final = DEPLOY / "helm/perdure"
PLAIN: Final = DEPLOY / "kubernetes"
RELEASE: Final = "perdure"
_HEAD: Final = "# Written by deploy.manifests from deploy/helm/perdure; change that.\n"
_ACTION: Final = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)
_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s]+')

Scope = dict[str, Any]
Block = list[Any]


def render(release: str = RELEASE, **overrides: Any) -> dict[str, str]:
    """Every template of the chart with its values.

    Args:
        release: Name of the installation.
        overrides: Values of the top level in place of the chart's own.
    """
    values = yaml.safe_load((CHART / "values.yaml").read_text()) | overrides
    root = {"Values": values, "Release": {"Name": release}}
    return {path.name: render_text(path.read_text(), root) for path in sorted((CHART / "templates").glob("*.yaml"))}


def render_text(template: str, root: Mapping[str, Any]) -> str:
    """One template.

    Raises:
        ValueError: It uses something that is not understood here.
    """
    block, rest = _parse(list(_lex(template)))
    if rest:
        raise ValueError(f"{rest[0][1]!r} has no beginning")
    return "".join(_emit(block, {"$": root, ".": root}))


def _lex(template: str) -> Iterator[tuple[str, str]]:
    """Texts and actions, with the white space taken away that actions ask for."""
    last, trim = 0, False
    for found in _ACTION.finditer(template):
        trim_left, action, trim_right = found.groups()
        text = template[last : found.start()]
        text = text.lstrip() if trim else text
        yield "text", text.rstrip() if trim_left else text
        yield "action", action
        last, trim = found.end(), bool(trim_right)
    yield "text", template[last:].lstrip() if trim else template[last:]


def _parse(pieces: list[tuple[str, str]]) -> tuple[Block, list[tuple[str, str]]]:
    """A block, and what follows the action that ends it."""
    block: Block = []
    while pieces:
        kind, text = pieces[0]
        word = text.split(maxsplit=1)[0] if kind == "action" and text else ""
        if word in ("end", "else"):
            return block, pieces
        pieces = pieces[1:]
        if word in ("range", "if"):
            body, pieces = _parse(pieces)
            other: Block = []
            if pieces and pieces[0][1] == "else":
                other, pieces = _parse(pieces[1:])
            if not pieces or pieces[0][1] != "end":
                raise ValueError(f"{text!r} has no end")
            block.append((word, text.partition(" ")[2], body, other))
            pieces = pieces[1:]
        else:
            block.append((kind, text))
    return block, pieces


def _emit(block: Block, scope: Scope) -> Iterator[str]:
    for kind, text, *parts in block:
        if kind == "text":
            yield text
        elif kind == "if":
            yield from _emit(parts[0] if _value(text, scope) else parts[1], scope)
        elif kind == "range":
            for inner in _rounds(text, scope):
                yield from _emit(parts[0], inner)
        elif ":=" in text:
            name, _, expression = text.partition(":=")
            scope[name.strip()] = _value(expression, scope)
        else:
            yield _written(_value(text, scope))


def _rounds(text: str, scope: Scope) -> Iterator[Scope]:
    names, _, expression = text.rpartition(":=")
    many = _value(expression, scope) or {}
    pairs = sorted(many.items()) if isinstance(many, dict) else list(enumerate(many))
    variables = [name.strip() for name in names.split(",") if name.strip()]
    for key, value in pairs:
        given = (key, value) if len(variables) == 2 else (value,)
        yield {**scope, ".": value, **dict(zip(variables, given, strict=False))}


def _value(expression: str, scope: Scope) -> Any:
    words = _WORD.findall(expression.strip())
    match words:
        case ["printf", '"%q"', word]:
            text = _look_up(word, scope)
            if not isinstance(text, str):
                raise TypeError(f"{word} must be a text: {text!r}")
            return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case ["index", word, number]:
            return _look_up(word, scope)[int(number)]
        case [word]:
            return _look_up(word, scope)
    raise ValueError(f"{expression!r} is not understood; keep the chart to fields, range, if, index and printf %q")


def _look_up(word: str, scope: Scope) -> Any:
    head, *path = word.split(".")
    found = scope[head or "."]
    for name in path:
        if name:
            found = found[name]
    return found


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise TypeError(f"{value!r} cannot be written")


def manifests() -> dict[str, str]:
    """Text of each plain manifest, by its path below deploy/kubernetes."""
    plain = {f"base/{name}": text for name, text in render().items()}
    with_keda = render(keda={"enabled": True})["workers.yaml"]
    scalers = [one for one in with_keda.split("\n---\n") if "\nkind: ScaledObject\n" in one]
    plain["keda/scaled-objects.yaml"] = "\n---\n".join(one.strip() for one in scalers)
    return {name: _HEAD + text.strip().removeprefix("---").lstrip("\n") + "\n" for name, text in plain.items()}


def main() -> int:
    """Write the manifests; with `--check` say whether they are as they should be."""
    wrong = [name for name, text in manifests().items() if _differs(PLAIN / name, text)]
    if "--check" in sys.argv:
        return 1 if wrong else 0
    for name, text in manifests().items():
        (PLAIN / name).parent.mkdir(parents=True, exist_ok=True)
        (PLAIN / name).write_text(text)
    return 0


def _differs(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text() != text


if __name__ == "__main__":
    sys.exit(main())
