"""Behaviour of `crew`."""

from schemas.nodes.crew import CrewConfig
from workflows.agent_run.crew import CrewRun
from workflows.graph_run.node_call import NodeCall
from workflows.outcome import NodeOutcome


async def run(call: NodeCall) -> NodeOutcome:
    """Lets the members of a crew work until their tasks are done.

    Raises:
        ValidationError: if the filled-in settings are not valid.
        PerdureError: CHILD_FAILED if a member failed.
    """
    return await CrewRun(call, call.config(CrewConfig), call.settings()).run()
