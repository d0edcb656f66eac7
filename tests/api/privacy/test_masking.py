"""Which fields of answers are masked: every one that may hold what people or systems wrote, or says here why not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from api.privacy.masking import DATA, MASKED_OPERATIONS

DOCUMENT: Final[dict[str, Any]] = json.loads((Path(__file__).parents[3] / "docs/openapi.json").read_text())
SCHEMAS: Final[dict[str, Any]] = DOCUMENT["components"]["schemas"]

HARMLESS: Final = {
    "names that authors of workflows, agents, forms and rules give": {
        *("agent", "answers_for", "button", "decision", "expression", "form", "input_schema", "label", "name", "node"),
        *("node_name", "note", "responseSchema", "tag", "tags", "thanks", "workflow", "editable", "knowledge"),
    },
    "people of the workspace, who are no subjects": {
        *("assignees", "author", "author_name", "by", "claimed_by", "created_by", "decided_by", "handler", "owner"),
        *("handed_by", "person", "started_by"),
    },
    "closed lists of our own": {
        *("approval_status", "by_kind", "decided_by_kind", "end", "event", "kind", "run_status", "trigger", "fields"),
    },
    "ids, places and digests of our own": {
        *("at", "cursor", "digest", "document_id", "id", "interruptId", "message_id", "next_cursor", "parent_path"),
        *("path", "port", "sha256", "tool_call_id"),
    },
    "numbers": {"counts", "saved", "seconds", "views"},
    "sentences of our own": {"sentence", "why", "why_not"},
    "of files and documents, which are not masked": {"content_type", "document", "folder", "media_type"},
    "which model has answered": {"model"},
    "the network address of a sender, to see who floods a hook": {"address"},
    "the name under which an agent keeps a memory, and who put it there": {"memory", "source"},
}


def is_free(schema: dict[str, Any]) -> bool:
    """Whether anything can stand there."""
    if "anyOf" in schema:
        return any(is_free(one) for one in schema["anyOf"])
    if "$ref" in schema or "enum" in schema or "const" in schema or "oneOf" in schema or "allOf" in schema:
        return False
    match schema.get("type"):
        case "string":
            return schema.get("format") not in ("uuid", "date-time", "date") and "pattern" not in schema
        case "array":
            return is_free(schema.get("items", {}))
        case "object":
            return not schema.get("properties")
        case kind:
            return kind is None


def free_fields(schema: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Names of free fields that no masked field holds."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from free_fields(SCHEMAS[name], seen | {name})
        return
    inner = [one for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key, [])]
    for one in (*inner, schema.get("items"), schema.get("additionalProperties")):
        if isinstance(one, dict):
            yield from free_fields(one, seen)
    for name, field in schema.get("properties", {}).items():
        if name not in DATA:
            yield from [name] if is_free(field) else []
            yield from free_fields(field, seen)


def answers() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and operation.get("operationId") in MASKED_OPERATIONS:
                for status, answer in operation["responses"].items():
                    for content in answer.get("content", {}).values() if status.startswith("2") else ():
                        yield operation["operationId"], content.get("schema", {})


def test_every_free_field_of_a_masked_answer_is_masked_or_harmless() -> None:
    found: dict[str, set[str]] = {}
    for operation, schema in answers():
        for name in free_fields(schema):
            found.setdefault(name, set()).add(operation)
    harmless = set[str]().union(*HARMLESS.values())
    assert {name: where for name, where in found.items() if name not in harmless} == {}
    assert harmless <= found.keys(), "explained, and not there any more"
    assert not harmless & DATA
