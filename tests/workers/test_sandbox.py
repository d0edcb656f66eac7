"""Workflow code runs in the determinism sandbox, with the heavy pure modules shared."""

from temporalio.worker import UnsandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from workers.sandbox import workflow_runner


def test_schemas_are_shared_and_workflows_are_not() -> None:
    runner = workflow_runner(sandbox=True)
    assert isinstance(runner, SandboxedWorkflowRunner)
    shared = runner.restrictions.passthrough_modules
    assert {"schemas", "cel_expr_python", "pydantic"} <= shared
    assert not {"workflows", "activities", "db", "engine"} & shared


def test_it_can_be_switched_off() -> None:
    assert isinstance(workflow_runner(sandbox=False), UnsandboxedWorkflowRunner)
