"""Forks: another run of the same version, from the state of this one."""

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client

from db.audit import Actor
from db.json_text import to_json
from db.session import Database
from db.tables import Run, Step, WorkflowVersion
from engine.blob_store import load_plan
from engine.run_creation import NewRun
from engine.run_orders import plan_reference
from engine.run_snapshots import packed_snapshot
from schemas.errors import ErrorCode, PerdureError
from schemas.fork_rules import check_fork
from schemas.messages import RunEdit

TRIGGER: Final = "fork"
TEST_TRIGGER: Final = "test"


@dataclass(frozen=True)
class Fork:
    """What is wanted of a fork."""

    node: str
    """Root node from which everything is run anew."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """Outputs to put in place, by root node."""
    input: str | None = None
    """Another input as JSON text; nothing keeps that of the run."""
    turn: int | None = None
    """Of an agent: the turn from which the node goes on."""
    messages: list[dict[str, Any]] | None = None
    """Its conversation before that turn; nothing keeps that of the run."""
    member: str | None = None
    """Of a crew: whose turn that is."""

    @property
    def edit(self) -> RunEdit:
        """The same as it travels."""
        wanted = {"outputs": self.outputs, "turn": self.turn, "messages": self.messages, "member": self.member}
        return RunEdit(mode="fork", node=self.node, **wanted)


async def check_nodes(session: AsyncSession, run: Run, fork: Fork) -> None:
    """Refuse a fork that names what the run has not, or would get round a person.

    Raises:
        PerdureError: `invalid_request`.
    """
    version = await session.get_one(WorkflowVersion, run.version_id)
    plan = await load_plan(session, plan_reference(version))
    check_fork(plan.graph, fork.edit, plan.pinned)


async def at_turn(session: AsyncSession, run: Run, fork: Fork) -> Fork:
    """The fork with the conversation that it goes on with.

    Raises:
        PerdureError: `invalid_request` if the agent has not come to that turn.
    """
    if fork.turn is None or fork.messages is not None:
        return fork
    member = "" if fork.member is None else rf"\.{re.escape(fork.member)}"
    paths = Step.path.regexp_match(rf"^{fork.node}(#\d+)?{member}\.turn\[{fork.turn}\]$")
    asked = select(Step.input["messages"]).where(Step.run_id == run.id, paths).order_by(Step.started_at.desc()).limit(1)
    messages = await session.scalar(asked)
    if not isinstance(messages, list):
        message = f"The agent {fork.member or fork.node!r} has not come to turn {fork.turn} in this run."
        raise PerdureError(ErrorCode.INVALID_REQUEST, message)
    return replace(fork, messages=messages)


async def prepare_fork(
    database: Database,
    client: Client,
    actor: Actor,
    run: Run,
    fork: Fork,
    *,
    run_id: UUID,
    key: str | None,
    request_hash: str,
) -> NewRun:
    """The fork as it is to be inserted.

    Args:
        database: Where the state of an ended run is.
        client: Knows the state of a run that goes on.
        actor: Who wants it.
        run: The run that is forked, with its input.
        fork: What is wanted; its nodes were checked.
        run_id: Id of the fork.
        key: Idempotency key.
        request_hash: Fingerprint of the request.

    Raises:
        PerdureError: `conflict` if the run has no state, `unavailable` if it does not tell.
    """
    return NewRun(
        actor,
        run_id,
        run.workflow_id,
        run.version_id,
        newest=None,
        input=to_json(run.input) if fork.input is None else fork.input,
        key=key,
        request_hash=request_hash,
        trigger=TEST_TRIGGER if run.trigger == TEST_TRIGGER else TRIGGER,
        forked_from=run.id,
        edit=to_json(fork.edit.model_dump(mode="json")),
        snapshot=await packed_snapshot(database, client, run),
        pinned=to_json(run.pinned) if run.pinned else None,
    )
