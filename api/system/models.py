"""Answers about the installation."""

from typing import Literal

from pydantic import BaseModel, Field

Kind = Literal["workflow", "activity"]


class ServerState(BaseModel):
    """A server behind the API."""

    reachable: bool
    version: str | None
    latency_ms: float | None = Field(description="How long it took to answer.")
    fault: str | None = Field(description="Why it is not reachable, in a sentence.")


class QueueState(BaseModel):
    """A task queue."""

    name: str
    kind: Kind = Field(description="What its tasks are: turns of runs, or steps.")
    pollers: int = Field(description="Workers that ask for tasks.")
    backlog: int = Field(description="Tasks that no worker has taken yet, about.")
    backlog_seconds: float = Field(description="How long the oldest of them waits.")


class Lags(BaseModel):
    """What waits, and for how long."""

    oldest_pending_run_seconds: float = Field(description="Age of the oldest run that has not begun; 0 if none waits.")
    dispatch_seconds: float = Field(description="The same of those that Temporal has not been told of.")
    signals: int = Field(description="Decisions, events and commands on their way to runs.")
    oldest_signal_seconds: float


class WorkspaceLoad(BaseModel):
    """What this workspace has under way."""

    pending: int
    running: int
    paused: int
    approvals_pending: int


class SystemStatus(BaseModel):
    """The installation at this moment."""

    version: str = Field(description="Version of Perdure.")
    python: str
    database: ServerState
    temporal: ServerState
    namespace: str = Field(description="Namespace of Temporal.")
    queues: list[QueueState] = Field(description="Empty if Temporal is not reachable.")
    lags: Lags | None = Field(description="Null if the database is not reachable.")
    workspace: WorkspaceLoad | None = Field(description="Null if the database is not reachable.")
