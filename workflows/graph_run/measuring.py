"""What a run tells Prometheus at its end; not told again when its history is replayed."""

from typing import Final

from temporalio import workflow

from workflows.graph_run.run_context import RunContext
from workflows.graph_run.state import Ending

RUN_SECONDS: Final = "perdure_run_seconds"


def measure_run(run: RunContext, ending: Ending) -> None:
    """How long the run took from its begin to its end, apart from those that waited for somebody."""
    labels = {"status": ending.status.value, "waited": "yes" if run.waited else "no"}
    meter = workflow.metric_meter()
    meter.create_histogram_timedelta(RUN_SECONDS, "Time from begin to end of a run.").record(run.age, labels)
