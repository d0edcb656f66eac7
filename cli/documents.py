"""Files that people hand to the command line: workflow documents and run inputs."""

import json
import sys
from pathlib import Path
from typing import Any

from cli.errors import CliError
from schemas.limits import MAX_DOCUMENT_BYTES, MAX_INPUT_BYTES


def read_text(path: Path, limit: int) -> str:
    """Text of a file, or of stdin for `-`.

    Raises:
        CliError: It cannot be read, is too large, or is no UTF-8.
    """
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with path.open("rb") as file:
                data = file.read(limit + 1)
    except OSError as failed:
        raise CliError(f"{path} cannot be read: {(failed.strerror or str(failed)).lower()}") from failed
    if len(data) > limit:
        raise CliError(f"{path} is larger than {limit:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise CliError(f"{path} is no UTF-8 text (byte {wrong.start})") from wrong


def read_document(path: Path) -> str:
    """Text of a workflow document."""
    return read_text(path, MAX_DOCUMENT_BYTES)


def is_json(path: Path, text: str) -> bool:
    """Whether the document is JSON rather than YAML."""
    return path.suffix == ".json" or (path.suffix not in (".yaml", ".yml") and text.lstrip().startswith("{"))


def read_input(pairs: list[str], file: Path | None) -> dict[str, Any]:
    """Input of a run: the file's object, with `key=value` pairs on top.

    A value that is JSON is taken as JSON (`n=5`, `tags=["a"]`), anything else as text; `key:=text` is always text.

    Raises:
        CliError: Something is not as it should be.
    """
    whole = _input_file(file) if file is not None else {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key.rstrip(":"):
            raise CliError(f"--input wants key=value, not {pair!r}")
        whole[key.rstrip(":")] = value if key.endswith(":") else _value(value)
    return whole


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _input_file(file: Path) -> dict[str, Any]:
    try:
        whole = json.loads(read_text(file, MAX_INPUT_BYTES))
    except (ValueError, RecursionError) as wrong:
        raise CliError(f"{file} is no JSON: {wrong}") from wrong
    if not isinstance(whole, dict):
        raise CliError(f"{file} must hold a JSON object")
    return whole
