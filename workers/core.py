"""Temporal's core inside a worker: its log lines go into ours, its metrics are offered to Prometheus."""

import logging
import socket

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

ATTEMPTS = 5
BUCKETS = {"perdure_run_seconds": (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600)}
"""Bounds of our own histograms that workflows record."""


def start_core() -> str:
    """Start the core of this process; gives the URL of its metrics. Call it before the first client is made.

    Raises:
        RuntimeError: No port was free, time after time.
    """
    for attempt in range(1, ATTEMPTS + 1):
        address = f"127.0.0.1:{_free_port()}"
        try:
            runtime = Runtime(telemetry=_telemetry(address))
        except (RuntimeError, ValueError):
            if attempt == ATTEMPTS:
                raise
        else:
            Runtime.set_default(runtime, error_if_already_set=False)
            return f"http://{address}/metrics"
    raise AssertionError


def _telemetry(address: str) -> TelemetryConfig:
    forwarding = LogForwardingConfig(logger=logging.getLogger("temporalio.core"))
    return TelemetryConfig(
        logging=LoggingConfig(TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding),
        metrics=PrometheusConfig(bind_address=address, durations_as_seconds=True, histogram_bucket_overrides=BUCKETS),
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
