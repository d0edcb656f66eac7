"""What people allow runs to spend on top."""

from temporalio import activity

from activities.failures import to_application_error
from activities.llm.leases import grant
from db.session import Database
from schemas.service_calls import GrantBudget


class BudgetGrants:
    """The activity that the interpreter calls when a person has raised a budget.

    Args:
        database: Where budgets are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def grant_budget(self, message: GrantBudget) -> None:
        """Let more be spent; once per approval, however often it is called."""
        try:
            await grant(self._database, message)
        except Exception as error:
            raise to_application_error(error) from None
