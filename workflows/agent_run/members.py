"""Members of a crew: each agent in a child workflow of its own, so that it can fail, wait or be tried again alone."""

from collections.abc import Mapping
from typing import Any

from temporalio import workflow

from schemas.crews import DELEGATE, HAND_OFF, member_instructions, team_offer
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import MemberScope, ParentLink, RunInput, RunStatus
from schemas.signals import ChildDone
from schemas.tools.use import Offer
from workflows.graph_run.child_runs import MAX_DEPTH
from workflows.graph_run.children import Tries, run_child
from workflows.graph_run.node_call import NodeCall
from workflows.graph_run.run_context import RunContext

_OF_MEMBERS = frozenset({"name", "role", "goal"})
"""Settings of a member that are none of an agent."""


def agent_settings(member: Mapping[str, Any], message: str, output_schema: Any = None) -> dict[str, Any]:
    """Settings of the agent that a member is, with what it is told."""
    if member.get("agent") is not None:
        return {"agent": member["agent"], "message": message}
    own = {name: value for name, value in member.items() if name not in _OF_MEMBERS}
    told = member_instructions(member.get("role", ""), member.get("goal", ""), member.get("instructions", ""))
    schema = {} if output_schema is None else {"output_schema": output_schema}
    return {**own, "instructions": told, "message": message, **schema}


async def run_member(call: NodeCall, member: MemberScope) -> dict[str, Any]:
    """Runs a member to its end and gives its output.

    Raises:
        PerdureError: CHILD_FAILED with its error. The next call of this begins where it had come to.
        Halt: if the run moves.
    """
    run = call.run
    tries = Tries(call.memo, member.name)
    key = f"{call.key}/{member.name}/{tries.number}"
    child_id, place = f"{workflow.info().workflow_id}/{key}", f"{member.path}.{member.name}"
    told: dict[str, Any] = call.memo.setdefault("told", {})
    if key not in told:  # once, for whoever starts it anew gives it the same
        told[key] = run.steers_for(place)

    def given() -> RunInput:
        scope = member.model_copy(update={"memo": tries.memo, "steers": tuple(told[key])})
        return _child(call, key, scope)

    run.members[place] = child_id
    try:
        done = await run_child(run, tries, key, child_id, run.run.plan_ref, given)
    finally:
        run.members.pop(place, None)
    call.took(done)
    if done.status is not RunStatus.COMPLETED:
        raise _failure(member, done)
    output: dict[str, Any] = done.output
    return output


def _child(call: NodeCall, key: str, member: MemberScope) -> RunInput:
    run = call.run
    if run.run.depth >= MAX_DEPTH:
        raise PerdureError(ErrorCode.INVALID_CONFIG, f"Members call each other more than {MAX_DEPTH} levels deep.")
    return RunInput(
        workspace_id=run.run.workspace_id,
        run_id=run.run.run_id,
        run_attempt=run.run.run_attempt,
        plan_ref=run.run.plan_ref,
        input=run.run.input,
        started_at=run.started_at,
        parent=ParentLink(
            workflow_id=workflow.info().workflow_id, child_key=key, run_id=run.run.run_id, path=call.path
        ),
        member=member,
        depth=run.run.depth + 1,
        root_run_id=run.root_run_id,
        tree_usd=run.tree_usd,
        crews=run.run.crews if member.budget is None else (*run.run.crews, member.budget),
        workflow=run.run.workflow,
        approved_tools=tuple(run.snapshot.approved_tools),
        accepted_tools=tuple(run.snapshot.accepted_tools),
    )


def _failure(member: MemberScope, done: ChildDone) -> PerdureError:
    error: ErrorInfo | None = done.error
    reason = error.message if error is not None else "it was stopped."
    details = {"member": member.name, "error": None if error is None else error.model_dump(mode="json")}
    return PerdureError(ErrorCode.CHILD_FAILED, f"{member.title} failed: {reason}", details=details)


def team_tools(run: RunContext) -> dict[str, Offer]:
    """The tools by which the member that this workflow runs works with its team."""
    member = run.run.member
    if member is None or member.crew is None or member.team_tool not in (DELEGATE, HAND_OFF):
        return {}
    others = [one for one in member.crew["agents"] if ("agents", member.crew["agents"].index(one)) != member.place]
    return {member.team_tool: team_offer(member.team_tool, others)} if others else {}
