"""Behaviour of `sub_workflow`: the child is a run of its own, pinned when this workflow was published."""

from schemas.nodes.sub_workflow import SubWorkflowConfig
from workflows.graph_run.child_runs import run_version
from workflows.graph_run.node_call import NodeCall
from workflows.outcome import NodeOutcome


async def run(call: NodeCall) -> NodeOutcome:
    """Runs the pinned version and gives its output.

    Raises:
        PerdureError: CHILD_FAILED with the child's error, or INVALID_CONFIG if runs are nested too deep.
    """
    config = call.config(SubWorkflowConfig)
    version = call.run.plan.pinned[call.node.config["workflow"]]
    return NodeOutcome(await run_version(call, version, config.input))
