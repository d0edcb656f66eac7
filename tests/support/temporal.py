"""Real Temporal servers for tests."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.embedded import temporal as embedded_temporal


@contextmanager
def temporal_server() -> Iterator[str]:
    """Address of a server that runs as long as the block."""
    with tempfile.TemporaryDirectory(prefix="perdure-temporal-", ignore_cleanup_errors=True) as folder:
        running = embedded_temporal.start(Path(folder), ui=False)
        try:
            yield running.address
        finally:
            running.stop()
