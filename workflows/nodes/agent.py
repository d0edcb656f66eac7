"""Behaviour of `agent`: the loop here, or a published agent as a run of its own."""

from typing import Any

from schemas.nodes.agent import AgentConfig
from workflows.agent_run.loop import AgentLoop
from workflows.graph_run.child_runs import run_agent
from workflows.graph_run.node_call import NodeCall
from workflows.outcome import NodeOutcome


async def run(call: NodeCall) -> NodeOutcome:
    """Runs the agent until it is done.

    Raises:
        ValidationError: if the filled-in settings are not valid.
        PerdureError: a limit that it reached, `content_refused`, `child_failed`.
        StepFailure: if one of its steps failed for good.
    """
    config = call.config(AgentConfig)
    if config.agent is not None:
        version = call.run.plan.pinned[call.written["agent"]]
        return NodeOutcome(await run_agent(call, version, _given(config), early=True))
    return await AgentLoop(call, config).run()


def _given(config: AgentConfig) -> dict[str, Any]:
    if config.input is not None:
        return config.input
    history = [message.model_dump(mode="json", exclude_none=True) for message in config.history]
    return {"message": config.message, **({"history": history} if history else {})}
