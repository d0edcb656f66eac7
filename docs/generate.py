"""Writes the generated parts of docs/*.md anew, from the code that they describe; `make docs` runs it.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`. docs/operation-ids.txt only grows: an id that is
taken away is noticed by a test. With `--check` nothing is written, and the exit status says whether all is current.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from activities.egress.settings import EgressSettings
from activities.knowledge.index import KnowledgeSettings
from activities.llm.settings import LlmSettings
from activities.mcp.transports import McpServers
from api.access.permissions import GRANTS, OPERATIONS, Permission
from api.access.settings import AccessSettings
from api.app import create_app
from api.limits.settings import LimitSettings
from api.openapi.document import operations
from api.openapi.problems import MEANINGS, status_of
from api.services import Services
from api.settings import ApiSettings
from db.settings import DatabaseSettings
from engine.connection_settings import ConnectionSettings
from engine.logging import LogSettings
from engine.mail_settings import ReachSettings, SmtpSettings
from engine.secrets import EncryptionSettings
from engine.settings import TemporalSettings
from engine.telemetry import TelemetrySettings
from schemas import limits
from schemas.document import Document, Edge, Limits, Node, Retry
from schemas.errors import CLASS_OF, REACTIONS, ErrorClass, ErrorCode
from schemas.node_spec import ExpressionMarker, NodeSpec
from schemas.nodes import document_specs
from schemas.run_events import EventType
from workers.settings import BuildSettings, SigningSettings, WorkerSettings

FOLDER = Path(__file__).parent
OPERATION_IDS = FOLDER / "operation-ids.txt"
PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
SETTINGS: tuple[type[BaseSettings], ...] = (
    DatabaseSettings,
    TemporalSettings,
    ApiSettings,
    AccessSettings,
    LimitSettings,
    WorkerSettings,
    BuildSettings,
    SigningSettings,
    LlmSettings,
    EgressSettings,
    McpServers,
    KnowledgeSettings,
    ConnectionSettings,
    SmtpSettings,
    ReachSettings,
    EncryptionSettings,
    LogSettings,
    TelemetrySettings,
)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def kinds() -> str:
    """Every node kind: what it does, its settings, ports and output."""
    return "\n\n".join(_kind(spec) for _, spec in sorted(document_specs().items()))


def document() -> str:
    """Fields of the document and of what it is made of."""
    models = {
        "The document": Document,
        "A node": Node,
        "`retry` of a node": Retry,
        "An edge": Edge,
        "`limits` of a run": Limits,
    }
    return "\n\n".join(f"**{title}**\n\n{_fields(model)}" for title, model in models.items())


def bounds() -> str:
    """The hard limits, with the sentence that follows each in its file."""
    source = Path(limits.__file__).read_text(encoding="utf-8")
    found = re.findall(r'^(MAX_\w+) = [^\n]*\n"""(.*?)"""', source, re.MULTILINE | re.DOTALL)
    return table(("limit", "value"), ((" ".join(text.split()), f"{getattr(limits, name):,}") for name, text in found))


def errors() -> str:
    """Error codes by class, and what Perdure does about each class."""
    rows = []
    for family in ErrorClass:
        reaction = REACTIONS[family]
        codes = ", ".join(f"`{code}`" for code in ErrorCode if CLASS_OF[code] is family)
        rows.append((f"`{family}`", codes, "yes" if reaction.retryable else "no", str(reaction.http_status)))
    return table(("class", "codes", "attempted again", "HTTP status"), rows)


def events() -> str:
    """Types of run events."""
    return ", ".join(f"`{kind}`" for kind in EventType)


def settings() -> str:
    """Every environment variable."""
    return table(("variable", "default", "meaning"), (row for group in SETTINGS for row in _variables(group)))


def routes() -> str:
    """Every route of the API, and what its caller needs."""
    rows = []
    for path, method, operation in _operations():
        needed = OPERATIONS[operation["operationId"]]
        rows.append((f"`{method.upper()} {path}`", operation["description"], f"`{needed}`"))
    return table(("request", "what it does", "needs"), rows)


def permissions() -> str:
    """Which role has which permission."""
    rows = [
        [f"`{wanted}`", *("✓" if wanted in granted else "" for granted in GRANTS.values())] for wanted in Permission
    ]
    return table(("permission", *GRANTS), rows)


def problems() -> str:
    """Every code of an error answer."""
    return table(
        ("code", "status", "meaning"), ((f"`{code}`", str(status_of(code)), text) for code, text in MEANINGS.items())
    )


PARTS: dict[str, Callable[[], str]] = {
    part.__name__: part for part in (kinds, document, bounds, errors, events, settings, routes, permissions, problems)
}


def render(text: str) -> str:
    """A page with its generated parts written anew.

    Raises:
        KeyError: for a part that nobody generates.
    """
    return PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", text)


def operation_ids(before: str) -> str:
    """The list of operation ids with those that are new."""
    found = {f"{operation['operationId']} {method.upper()} {path}" for path, method, operation in _operations()}
    return "\n".join(sorted(found | set(before.split("\n")) - {""})) + "\n"


def main() -> None:
    """Write, or with `--check` only compare."""
    stale = []
    for page in [*sorted(FOLDER.glob("*.md")), OPERATION_IDS]:
        before = page.read_text(encoding="utf-8")
        after = operation_ids(before) if page == OPERATION_IDS else render(before)
        if after != before:
            stale.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(after, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"not current: {', '.join(stale)}; run `make docs`")


@cache
def _openapi() -> dict[str, Any]:
    return create_app(ApiSettings(token=SecretStr("unused")), cast("Services", None)).openapi()


def _operations() -> Iterable[tuple[str, str, dict[str, Any]]]:
    return operations(_openapi())


def _kind(spec: NodeSpec) -> str:
    ports = ", ".join(f"`{port}`" for port in spec.ports({}))
    own = " and those that its settings name" if spec.ports.by_settings else ""
    facts = [f"Runs {_HOW[spec.mode]}.", f"Ports: {ports}{own}."]
    if spec.mode in ("local", "remote"):
        facts.append(f"By default {spec.retry.max_attempts} attempts of at most {spec.timeout:g} s.")
    if spec.latch:
        facts.append("An edge that goes back may leave it.")
    # What works needs more than settings for some kinds, such as a connection: their first example then.
    example = next((e for e in spec.examples if e.error is None), spec.examples[0])
    written = yaml.safe_dump(
        {"kind": spec.kind, "with": example.config}, sort_keys=False, allow_unicode=True, width=100
    )
    return (
        f"### `{spec.kind}`\n\n{spec.description} {' '.join(facts)}\n\n{_fields(spec.config)}\n\n```yaml\n{written}```"
    )


_HOW = {
    "inline": "inside the workflow, without an activity",
    "control": "inside the workflow and may wait",
    "local": "on the worker that holds the run",
    "remote": "as a task of its own, with heartbeats",
}


def _fields(model: type[BaseModel]) -> str:
    rows = []
    for name, field in model.model_fields.items():
        cel = any(isinstance(mark, ExpressionMarker) for mark in field.metadata)
        text = (field.description or "") + (" (CEL)" if cel else "")
        rows.append((f"`{field.alias or name}`", _default(field.get_default(call_default_factory=True)), text))
    return table(("field", "default", "meaning"), rows)


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if value is None:
        return ""
    if isinstance(value, BaseModel):
        return "see below"
    return f"`{json.dumps(value, default=str)}`"


def _variables(group: type[BaseSettings]) -> Iterable[tuple[str, str, str]]:
    prefix = group.model_config.get("env_prefix", "")
    for name, field in group.model_fields.items():
        choices = getattr(field.validation_alias, "choices", None)
        names = [str(choice) for choice in choices] if choices else [field.alias or f"{prefix}{name}".upper()]
        default = _default(field.get_default(call_default_factory=True))
        yield " or ".join(f"`{one}`" for one in names), default, field.description or ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
