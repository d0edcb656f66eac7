"""Where a workflow goes on in a fresh history: on its own build of the workers, or on the current one."""

from temporalio import workflow
from temporalio.workflow import ContinueAsNewVersioningBehavior


def next_build() -> ContinueAsNewVersioningBehavior | None:
    """For `continue_as_new`: the current build if that is another one by now."""
    if workflow.info().is_target_worker_deployment_version_changed():
        return ContinueAsNewVersioningBehavior.AUTO_UPGRADE
    return None
