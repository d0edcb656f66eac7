"""Agents of test documents in short words."""

import json
from typing import Any


def agent(
    node: str = "agent", message: str = "Do it.", script: list[Any] | None = None, **config: Any
) -> dict[str, Any]:
    """An agent node; `script` says what the simulated model answers turn by turn, `fields` are those of the node."""
    fields = config.pop("fields", {})
    told = message if script is None else f"{message} [[sim:script {json.dumps(script)}]]"
    return {"id": node, "kind": "agent", "with": {"model": "gpt-4o-mini", "message": told, **config}, **fields}


def calls(*wanted: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A turn of a script that calls tools: pairs of name and arguments."""
    return {"tools": [{"name": name, "arguments": arguments} for name, arguments in wanted], **more}


def add(a: int, b: int) -> tuple[str, dict[str, Any]]:
    """A call of the calculator."""
    return ("calculator", {"expression": f"{a} + {b}"})


CALCULATOR: dict[str, Any] = {"type": "calculator"}
