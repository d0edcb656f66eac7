"""How workflow code is run: as it is, or in Temporal's determinism sandbox, as in the tests (docs/decisions/0009).

The sandbox shares the modules that are pure and heavy: they are loaded once per process instead of once per run, 1.4 ms
of preparation instead of 51 ms. `workflows` itself is not among them, so its every call to clock, random or environment
is caught.
"""

from typing import Final

from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH: Final = (
    "schemas",
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_extensions",
    "typing_inspection",
    "cel_expr_python",
    "opentelemetry",
)


def workflow_runner(*, sandbox: bool) -> WorkflowRunner:
    """The runner for workflow code."""
    if not sandbox:
        return UnsandboxedWorkflowRunner()
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))
