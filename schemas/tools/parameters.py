"""JSON Schemas of the arguments of tools, as settings hold them."""

from typing import Any

import orjson

from schemas.compiler.json_schemas import schema_problems
from schemas.tools.spec import MAX_SCHEMA_BYTES


def check_parameters(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, if it describes an object, is sound, and is small enough to be sent on every turn.

    Raises:
        ValueError: with what is wrong.
    """
    if schema.get("type", "object") != "object":
        raise ValueError("arguments are an object; the schema must say type: object")
    if len(orjson.dumps(schema)) > MAX_SCHEMA_BYTES:
        raise ValueError(f"the schema of the arguments is larger than {MAX_SCHEMA_BYTES:,} bytes")
    for pointer, sentence in schema_problems(schema)[:1]:
        raise ValueError(f"{'.'.join(map(str, pointer)) or 'the schema'}: {sentence}")
    return {"type": "object", **schema}
