"""The benchmarks, one per file; each has `async def measure(size, progress) -> Outcome`."""
