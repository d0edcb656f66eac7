"""Makes the meters of steps."""

from typing import Protocol
from uuid import UUID

from activities.llm.leases import BudgetLeases
from activities.llm.meter import Meter, NoMeter, StepMeter
from activities.llm.rates import KeyRates
from activities.llm.settings import RateLimit
from db.session import Database
from db.tables import DEFAULT_WORKSPACE_ID
from schemas.messages import StepInput


class Metering(Protocol):
    """Makes the meters of steps."""

    def of(self, step: StepInput, seconds: float | None, *, own_key: bool) -> Meter:
        """The meter of an attempt that may take so many seconds; with the workspace's own key or the operator's."""


class NoMetering:
    """Meters that let everything pass."""

    def of(self, step: StepInput, seconds: float | None, *, own_key: bool) -> Meter:
        """See `Metering`."""
        return NoMeter()


class DatabaseMetering:
    """Meters that all workers share.

    Args:
        database: Where budgets and rates are.
        limits: How often keys may be used; see `KeyRates`.
    """

    def __init__(self, database: Database, limits: dict[str, RateLimit]) -> None:
        self._database = database
        self._limits = limits

    def of(self, step: StepInput, seconds: float | None, *, own_key: bool) -> Meter:
        """See `Metering`."""
        owner = UUID(step.workspace_id) if own_key else DEFAULT_WORKSPACE_ID
        return StepMeter(BudgetLeases(self._database, step, seconds), KeyRates(self._database, self._limits, owner))
