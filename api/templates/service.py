"""Reads the templates that come with the product; gallery.yaml gives their order."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from api.templates.models import Template, TemplateList
from schemas.agent_documents import WorkflowType, is_agent_document

FOLDER: Final = Path(__file__).parent / "gallery"
INDEX: Final = "gallery.yaml"


@cache
def list_templates() -> TemplateList:
    """All templates; read once, because they change only with the product."""
    return TemplateList(items=[_read(**entry) for entry in yaml.safe_load((FOLDER / INDEX).read_text("utf-8"))])


def _read(template: str, category: str, teaches: list[str]) -> Template:
    text = (FOLDER / f"{template}.yaml").read_text("utf-8")
    document = yaml.safe_load(text)
    return Template(
        template=template,
        type=WorkflowType.AGENT if is_agent_document(document) else WorkflowType.WORKFLOW,
        name=document["name"],
        description=document["description"],
        category=category,
        teaches=teaches,
        kinds=list(_kinds(document)),
        text=text,
        document=document,
    )


def _kinds(graph: dict[str, Any]) -> Iterator[str]:
    for node in graph["nodes"]:
        yield node["kind"]
        body = node.get("with", {}).get("body")
        if isinstance(body, dict):
            yield from _kinds(body)
