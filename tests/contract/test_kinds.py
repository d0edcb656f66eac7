"""Every node kind is complete: a spec, one behaviour of the same name, a form that explains itself."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import activities.nodes
import schemas.nodes
import workflows.nodes
from activities.nodes import behaviours
from schemas.messages import ACTIONS_QUEUE, LLM_QUEUE
from schemas.node_spec import LOCAL_TIMEOUT, NodeSpec
from schemas.nodes import document_specs, specs
from schemas.plan import Mode

KINDS = sorted(specs())
DRAWN = sorted(document_specs())
"""Those that people see; the others are steps of our own workflows, tried out by those."""
IN_WORKFLOW = (Mode.INLINE, Mode.CONTROL)
CATEGORIES = {"ai", "logic", "data", "people", "io"}


def modules(package: Any) -> set[str]:
    return {module.name for module in pkgutil.iter_modules(package.__path__)}


def test_every_file_in_the_three_folders_is_a_kind() -> None:
    actions = {kind for kind, spec in specs().items() if spec.mode not in IN_WORKFLOW}
    controls = {kind for kind, spec in specs().items() if spec.mode in IN_WORKFLOW}
    assert modules(schemas.nodes) == set(KINDS)
    assert modules(activities.nodes) == actions == set(behaviours())
    assert modules(workflows.nodes) == controls


@pytest.mark.parametrize("kind", KINDS)
def test_the_behaviour_has_the_signature_of_its_mode(kind: str) -> None:
    mode = specs()[kind].mode
    folder = "workflows" if mode in IN_WORKFLOW else "activities"
    run = importlib.import_module(f"{folder}.nodes.{kind}").run
    parameters = list(inspect.signature(run).parameters)
    expected = {Mode.INLINE: ["config", "scope"], Mode.CONTROL: ["call"]}.get(mode, ["config", "context"])
    assert parameters == expected
    assert inspect.iscoroutinefunction(run) is (mode is not Mode.INLINE)
    assert inspect.getdoc(run)


@pytest.mark.parametrize("kind", KINDS)
def test_the_policies_fit_the_mode(kind: str) -> None:
    spec = specs()[kind]
    if spec.mode is Mode.REMOTE:
        assert spec.queue in (ACTIONS_QUEUE, LLM_QUEUE)
        assert spec.heartbeat is not None
        assert spec.heartbeat < spec.timeout
    else:
        assert spec.queue is None
        assert spec.heartbeat is None
    if spec.mode is Mode.LOCAL:
        assert spec.timeout <= LOCAL_TIMEOUT


@pytest.mark.parametrize("kind", KINDS)
def test_the_palette_can_show_it(kind: str) -> None:
    spec = specs()[kind]
    assert spec.title
    assert spec.icon
    assert spec.description.endswith(".")
    assert spec.category in CATEGORIES
    assert spec.config.__doc__
    # A hint may be for a field inside a setting: `agents[*].goal`.
    assert {path.partition(".")[0].removesuffix("[*]") for path in spec.hints} <= set(_properties(spec))


@pytest.mark.parametrize("kind", KINDS)
def test_the_schemas_are_json_schemas(kind: str) -> None:
    spec = specs()[kind]
    Draft202012Validator.check_schema(spec.config.model_json_schema())
    Draft202012Validator.check_schema(spec.output_schema)


@pytest.mark.parametrize("kind", DRAWN)
def test_every_setting_is_described(kind: str) -> None:
    missing = [name for name, field in _properties(specs()[kind]).items() if not field.get("description")]
    assert not missing


@pytest.mark.parametrize("kind", DRAWN)
def test_examples_exist_and_fit_the_ports(kind: str) -> None:
    spec = specs()[kind]
    assert spec.examples
    assert len({example.name for example in spec.examples}) == len(spec.examples)
    for example in spec.examples:
        assert example.error is not None or example.port in spec.ports(example.config)


@pytest.mark.parametrize("kind", KINDS)
def test_ports_survive_any_raw_config(kind: str) -> None:
    spec = specs()[kind]
    for junk in _junk(spec):
        assert all(isinstance(port, str) for port in spec.ports(junk))


def _properties(spec: NodeSpec) -> dict[str, Any]:
    found: dict[str, Any] = spec.config.model_json_schema()["properties"]
    return found


def _junk(spec: NodeSpec) -> Iterator[dict[str, Any]]:
    yield {}
    for value in (None, 1, "x", [], [None], [{}], [{"name": 1}], {"name": []}):
        yield dict.fromkeys(_properties(spec), value)


def test_the_folders_hold_nothing_else() -> None:
    for package in (schemas.nodes, activities.nodes, workflows.nodes):
        [folder] = package.__path__
        files = {path.name for path in Path(folder).iterdir() if path.name != "__pycache__"}
        assert all(name.endswith(".py") for name in files), files
