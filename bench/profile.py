"""Where a worker's time goes while it runs many small runs."""

from bench.documents import chain
from bench.load import measure_load
from bench.measures.steps import STEPS
from bench.perdure import perdure_with_worker
from bench.perdure_worker import PROFILE_KEY

SECONDS = 15.0
IN_FLIGHT = 50


async def profile_steps(mode: str) -> str:
    """The profile of a worker under the load of the benchmark `steps`.

    Args:
        mode: `local` or `remote`.
    """
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile("r", suffix=".txt") as report:
        async with perdure_with_worker(**{PROFILE_KEY: report.name}) as (bed, worker):
            version = await bed.publish(chain(f"noop_{mode}", STEPS))
            load = await measure_load(
                lambda: bed.run(version), bed.meter(worker), singles=5, in_flight=IN_FLIGHT, seconds=SECONDS
            )
        shares = ", ".join(f"{name} {1_000 * part:.1f} ms" for name, part in load.cpu_shares.items())
        return f"{load.runs_per_second:.1f} runs/s; CPU per run: {shares}\n\n{report.read()}"
