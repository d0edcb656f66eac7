"""Percentiles, numbers for people, and the load driver."""

import asyncio
import os

import pytest

from bench.cpu import CpuMeter
from bench.load import measure_load
from bench.numbers import ms, percentile, seconds, short, times


def test_percentiles_lie_between_neighbours():
    assert percentile([3, 1, 2], 50) == 2
    assert percentile([1, 2], 50) == 1.5
    assert percentile(list(range(101)), 95) == 95
    assert percentile([7], 95) == 7


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1234.5, "1,234"), (12.345, "12.3"), (1.239, "1.24")])
def test_three_digits_that_matter(value: float, text: str):
    assert short(value) == text


def test_units():
    assert (ms(0.0123), seconds(2), times(1.5)) == ("12.3 ms", "2.00 s", "1.50x")


async def test_load_counts_what_ends_in_the_window():
    async def once() -> None:
        await asyncio.sleep(0.01)

    meter = CpuMeter({"us": os.getpid()})
    load = await measure_load(once, meter, singles=5, in_flight=4, seconds=0.5)
    assert 0.01 <= load.p50 < 1
    assert 20 < load.runs_per_second <= 410
    assert load.cpu_shares["us"] == load.cpu_per_run


async def test_a_run_that_fails_ends_the_measurement():
    async def once() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await measure_load(once, CpuMeter({"us": os.getpid()}), singles=1, in_flight=2, seconds=0.1)
