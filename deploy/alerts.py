"""Alert rules of Prometheus: the times that the product promises, and states that must not be."""

from dataclasses import dataclass
from typing import Any, Final

from deploy.queries import ANSWERED, FAILED, FAULTS, OWN_TIME, WINDOW, p95, share


@dataclass(frozen=True)
class Target:
    """A time that the 95th percentile should keep: slower than `warning` for ten minutes, or `critical` for five."""

    name: str
    expression: str
    warning: float
    critical: float
    meaning: str


TARGETS: Final = (
    Target("ApiSlow", p95("perdure_http_request_seconds", "", ANSWERED, WINDOW), 0.1, 0.3, "The API answers slowly"),
    Target("StepsSlow", p95("perdure_step_seconds", window=WINDOW), 2, 5, "Steps take long"),
    Target("RunsSlow", p95("perdure_run_seconds", "", OWN_TIME, WINDOW), 10, 30, "Runs that wait for nobody take long"),
    Target("DatabaseSlow", p95("perdure_database_seconds", window=WINDOW), 0.05, 0.1, "The database answers slowly"),
    Target("VectorSearchSlow", p95("perdure_vector_search_seconds", window=WINDOW), 0.1, 0.2, "Vector search is slow"),
)


@dataclass(frozen=True)
class Alert:
    """Something that must not be."""

    name: str
    expression: str
    severity: str
    minutes: int
    meaning: str


ALERTS_OF_STATE: Final = (
    Alert(
        "ServerDown",
        "min by (server) (perdure_server_up) == 0",
        "critical",
        2,
        "{{ $labels.server }} does not answer the API",
    ),
    Alert(
        "NoWorker",
        "max by (queue, kind) (perdure_queue_pollers) == 0",
        "critical",
        2,
        "Nobody serves the queue {{ $labels.queue }}",
    ),
    Alert(
        "QueueGrows",
        "max by (queue, kind) (perdure_queue_lag_seconds) > 30",
        "warning",
        10,
        "Tasks of {{ $labels.queue }} wait for {{ $value | humanizeDuration }}",
    ),
    Alert("StartsHang", "max(perdure_dispatch_lag_seconds) > 60", "critical", 5, "Accepted runs do not start"),
    Alert(
        "SignalsHang",
        "max(perdure_outbox_oldest_seconds) > 60",
        "critical",
        5,
        "Decisions and events do not reach their runs",
    ),
    Alert(
        "ApiFails",
        share("perdure_http_requests_total", FAULTS, WINDOW) + " > 0.01",
        "critical",
        5,
        "More than 1 % of the requests fail",
    ),
    Alert(
        "RunsFail",
        share("perdure_runs_ended_total", FAILED, "[30m]") + " > 0.2",
        "warning",
        10,
        "More than a fifth of the runs fail",
    ),
)


def rules() -> dict[str, Any]:
    """The alert rules as Prometheus reads them."""
    targets = [
        _rule(
            f"Perdure{one.name}",
            f"{one.expression} > {limit:g}",
            severity,
            minutes,
            f"{one.meaning}: p95 over {limit:g} s",
        )
        for one in TARGETS
        for severity, limit, minutes in (("warning", one.warning, 10), ("critical", one.critical, 5))
    ]
    states = [
        _rule(f"Perdure{one.name}", one.expression, one.severity, one.minutes, one.meaning) for one in ALERTS_OF_STATE
    ]
    return {"groups": [{"name": "perdure-targets", "rules": targets}, {"name": "perdure-state", "rules": states}]}


def _rule(name: str, expression: str, severity: str, minutes: int, meaning: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": f"{minutes}m",
        "labels": {"severity": severity},
        "annotations": {"summary": meaning, "runbook": "docs/operations.md#metrics-and-traces"},
    }
