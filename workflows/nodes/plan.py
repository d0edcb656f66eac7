"""Behaviour of `plan`."""

from schemas.messages import NodeStatus
from schemas.nodes.plan import PlanConfig
from workflows.agent_run.planner import Planner
from workflows.graph_run.child_runs import run_version
from workflows.graph_run.node_call import NodeCall
from workflows.outcome import NodeOutcome


async def run(call: NodeCall) -> NodeOutcome:
    """Plans, asks, and runs the plan.

    Raises:
        ValidationError: if the filled-in settings are not valid.
        PerdureError: INVALID_DOCUMENT if the model writes no plan that can be run, REJECTED by a person,
            CHILD_FAILED if the plan's run fails.
        StepFailure: if the model cannot be asked.
        Halt: if the run moves.
    """
    config = call.config(PlanConfig)
    call.waiting(NodeStatus.RUNNING, input={"goal": config.goal, "input": config.input})
    planner = Planner(call, config)
    while not planner.agreed:
        await planner.draft()
        await planner.ask()
    output = await run_version(call, planner.version, config.input)
    return NodeOutcome({"output": output, "document": planner.memo["document"], "drafts": planner.memo["drafts"]})
