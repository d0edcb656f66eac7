"""The builds of the workers as Temporal knows them: which one takes new runs, and which still have runs of their own.

A run stays on the build on which it began. It moves to the current one when it goes on in a fresh history, which it
does at its next step, or at once when it is told.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from schemas.messages import GRAPH_RUN

RPC_TIMEOUT: Final = timedelta(seconds=10)
_PREFIX: Final = "WORKER_DEPLOYMENT_VERSION_STATUS_"
_LOOK_PAUSE: Final = 0.5
_REGISTERED: Final = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)
"""What Temporal answers until it has heard of a build and of all its queues."""


@dataclass(frozen=True)
class Build:
    """One build: `current`, `ramping`, `inactive` (never used), `draining` (still has runs), `drained`."""

    build_id: str
    status: str


@dataclass(frozen=True)
class Deployment:
    """All builds, and who gets new runs."""

    current: str | None
    ramping: str | None
    percent: float
    builds: tuple[Build, ...]
    token: bytes
    """Changes with each change, so that nobody overwrites what he has not seen."""


class Deployments:
    """One deployment of workers.

    Args:
        client: Of Temporal.
        name: Of the deployment.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name

    async def describe(self) -> Deployment | None:
        """What Temporal knows; nothing if no versioned worker has ever run.

        Raises:
            RPCError, RuntimeError: Temporal does not answer.
        """
        request = DescribeWorkerDeploymentRequest(namespace=self._client.namespace, deployment_name=self._name)
        try:
            answer = await self._client.workflow_service.describe_worker_deployment(request, timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None
        return _deployment(answer.worker_deployment_info, answer.conflict_token)

    async def promote(self, build_id: str, token: bytes = b"") -> None:
        """Give all new runs to a build.

        Raises:
            RPCError: Temporal does not know the build, or it does not serve all queues.
        """
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self._client.namespace, deployment_name=self._name, build_id=build_id, conflict_token=token
        )
        await self._client.workflow_service.set_worker_deployment_current_version(request, timeout=RPC_TIMEOUT)

    async def ramp(self, build_id: str, percent: float) -> None:
        """Give a share of the new runs to a build, chosen by their ids.

        Raises:
            RPCError: The same.
        """
        request = SetWorkerDeploymentRampingVersionRequest(
            namespace=self._client.namespace, deployment_name=self._name, build_id=build_id, percentage=percent
        )
        await self._client.workflow_service.set_worker_deployment_ramping_version(request, timeout=RPC_TIMEOUT)

    async def promote_first(self, build_id: str) -> bool:
        """Give new runs to a build if no build gets them: the first one of an installation needs nobody to say so.

        Returns:
            Whether it was this call that did it.
        """
        while True:
            known = await self.describe()
            if known is not None and known.current is not None:
                return False
            try:
                await self.promote(build_id, known.token if known else b"")
            except RPCError as error:
                if error.status not in _REGISTERED:
                    raise
                await asyncio.sleep(_LOOK_PAUSE)
            else:
                return True

    async def move(self) -> int:
        """Tell every run on another build than the current one to go on there; how many were told.

        A run goes on in a fresh history, so the new build need not understand the old one's.
        """
        known = await self.describe()
        if known is None or known.current is None:
            return 0
        told = 0
        async for name in self._elsewhere(known.current):
            try:
                await self._client.get_workflow_handle(name).signal("upgrade", rpc_timeout=RPC_TIMEOUT)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended meanwhile
                    raise
            else:
                told += 1
        return told

    async def waiting_elsewhere(self) -> int:
        """How many runs are on other builds than the current one."""
        known = await self.describe()
        if known is None or known.current is None:
            return 0
        return (await self._client.count_workflows(self._query(known.current), rpc_timeout=RPC_TIMEOUT)).count

    async def _elsewhere(self, current: str) -> AsyncIterator[str]:
        async for execution in self._client.list_workflows(self._query(current), rpc_timeout=RPC_TIMEOUT):
            yield execution.id

    def _query(self, current: str) -> str:
        version = f"{self._name}:{current}".replace("'", "''")
        return (
            f"WorkflowType = '{GRAPH_RUN}' AND ExecutionStatus = 'Running' "
            f"AND TemporalWorkerDeployment = '{self._name}' AND TemporalWorkerDeploymentVersion != '{version}'"
        )


def _deployment(info: WorkerDeploymentInfo, token: bytes) -> Deployment:
    routing = info.routing_config
    builds = [
        Build(one.deployment_version.build_id, _status(one.status))
        for one in sorted(info.version_summaries, key=lambda one: one.create_time.ToNanoseconds(), reverse=True)
    ]
    return Deployment(
        current=routing.current_deployment_version.build_id or None,
        ramping=routing.ramping_deployment_version.build_id or None,
        percent=routing.ramping_version_percentage,
        builds=tuple(builds),
        token=token,
    )


def _status(status: "WorkerDeploymentVersionStatus.ValueType") -> str:
    return WorkerDeploymentVersionStatus.Name(status).removeprefix(_PREFIX).lower()
