"""What the model calls of a step may cost, as its settings say it. Pure."""

from pydantic import Field

from schemas.document import Strict


class ModelBudget(Strict):
    """What model calls may cost; when it is used up, a person is asked for more."""

    call_usd: float | None = Field(default=None, gt=0, description="One call, failed attempts included.")
    run_usd: float | None = Field(default=None, gt=0, description="All calls of the run.")
    tree_usd: float | None = Field(default=None, gt=0, description="Together with all runs that it starts.")
