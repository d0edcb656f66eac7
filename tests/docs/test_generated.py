"""The papers say what the code does: generated parts are current, examples are valid, links lead somewhere."""

import json
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from schemas.compiler import compile_document

ROOT = Path(__file__).parents[2]
PACKAGES = ("activities", "api", "cli", "db", "engine", "schemas", "simulator", "workers", "workflows")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)|(?:src|srcset)=\"([^\"]+)\"")


def test_generated_parts_are_current():
    done = subprocess.run(
        [sys.executable, ROOT / "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr


def test_a_stale_part_is_noticed():
    generator = runpy.run_path(str(ROOT / "docs/generate.py"))
    stale = "# Page\n\n<!-- generated: events -->\nold\n<!-- end -->\n"
    fresh = generator["render"](stale)
    assert "`run.completed`" in fresh
    assert "old" not in fresh
    assert generator["render"](fresh) == fresh


def test_every_setting_is_listed():
    product = (path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    groups = {name for path in product for name in re.findall(r"^class (\w+)\(BaseSettings\)", path.read_text(), re.M)}
    generator = runpy.run_path(str(ROOT / "docs/generate.py"))
    assert {group.__name__ for group in generator["SETTINGS"]} == groups
    assert "`QDRANT_URL`" in (ROOT / "docs/operations.md").read_text()


def requests_of(page: Path) -> list[tuple[str, object]]:
    """Path and body of each curl on a page that sends JSON."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)).replace("\\\n", " ")
    commands = [shlex.split(line, comments=True) for line in blocks.splitlines() if line.startswith("curl ")]
    sent = [words for words in commands if "-d" in words]
    return [(words[-1].removeprefix("$api"), json.loads(words[words.index("-d") + 1])) for words in sent]


@pytest.mark.parametrize("name", ["README.md", "docs/api.md"])
def test_bodies_in_the_papers_are_those_that_the_api_takes(name: str):
    document = json.loads((ROOT / "docs/openapi.json").read_text())
    sent = requests_of(ROOT / name)
    assert [path for path, _ in sent] == ["/v1/runs", "/v1/approvals/$ID/decide"]
    for path, body in sent:
        [operation] = [
            methods["post"]
            for template, methods in document["paths"].items()
            if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path) and "post" in methods
        ]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(body)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page: Path):
    targets = [found[1] or found[2] for found in LINK.finditer(page.read_text())]
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_decisions_are_numbered_without_gaps():
    numbers = [int(page.name[:4]) for page in sorted((ROOT / "docs/decisions").glob("0*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def documents(page: Path) -> list[str]:
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    return [block for block in blocks if "format: perdure/v1" in block]


def test_the_example_compiles():
    assert compile_document(yaml.safe_load((ROOT / "examples/refunds/workflow.yaml").read_text())).faults == []


@pytest.mark.parametrize("name", ["README.md", "docs/workflow.md"])
def test_documents_in_the_papers_compile(name: str):
    (text,) = documents(ROOT / name)
    assert compile_document(yaml.safe_load(text)).faults == []
