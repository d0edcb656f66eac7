"""Writes the Grafana dashboards and the alert rules of Prometheus: `python -m deploy.dashboards`."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.alerts import rules
from deploy.queries import (
    ANSWERED,
    DAY,
    DECIDED,
    DONE,
    FAILED,
    MODELS,
    OWN_TIME,
    UNSUCCESSFUL,
    p95,
    rate,
    share,
)

DEPLOY: Final = Path(__file__).parent
GRAFANA: Final = DEPLOY / "grafana"
ALERTS: Final = DEPLOY / "prometheus/alerts.yaml"
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Panel:
    """One graph or number.

    Args:
        title: Above it.
        unit: As Grafana names it: `s`, `short`, `currencyUSD`, `reqps`, `percentunit`.
        queries: Expressions by their legend.
        kind: `timeseries`, `stat` or `bargauge`.
        limits: Where it turns yellow and red.
    """

    title: str
    unit: str
    queries: dict[str, str]
    kind: str = "timeseries"
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class Dashboard:
    """One page."""

    uid: str
    title: str
    panels: tuple[Panel, ...] = field(default_factory=tuple)


SYSTEM = Dashboard(
    "perdure-system",
    "Perdure: system health",
    (
        Panel(
            "API, p95 by route",
            "s",
            {"{{route}}": p95("perdure_http_request_seconds", "route", ANSWERED)},
            "timeseries",
            (0.1, 0.3),
        ),
        Panel("Requests by status", "reqps", {"{{status}}": rate("perdure_http_requests_total", "status")}),
        Panel(
            "Requests and streams under way",
            "short",
            {"requests": "sum(perdure_http_requests_in_progress)", "live": "sum(perdure_live_connections)"},
        ),
        Panel(
            "Database, p95 by role",
            "s",
            {"{{role}}": p95("perdure_database_seconds", "role")},
            "timeseries",
            (0.05, 0.1),
        ),
        Panel("Servers", "short", {"{{server}}": "min by (server) (perdure_server_up)"}, "stat"),
        Panel(
            "Workers that ask for tasks",
            "short",
            {"{{queue}} {{kind}}": "max by (queue, kind) (perdure_queue_pollers)"},
        ),
        Panel("Backlog of the queues", "short", {"{{queue}} {{kind}}": "max by (queue, kind) (perdure_queue_backlog)"}),
        Panel(
            "Oldest task of the queues",
            "s",
            {"{{queue}} {{kind}}": "max by (queue, kind) (perdure_queue_lag_seconds)"},
            "timeseries",
            (5, 30),
        ),
        Panel(
            "Oldest start and signal on their way",
            "s",
            {"start": "max(perdure_dispatch_lag_seconds)", "signal": "max(perdure_outbox_oldest_seconds)"},
            "timeseries",
            (10, 60),
        ),
        Panel("Signals on their way", "short", {"signals": "max(perdure_outbox_signals)"}),
        Panel("Memory of the processes", "bytes", {"{{instance}}": "process_resident_memory_bytes"}),
        Panel(
            "Vector search, p95",
            "s",
            {"{{index}}": p95("perdure_vector_search_seconds", "index")},
            "timeseries",
            (0.1, 0.2),
        ),
    ),
)
RUNS = Dashboard(
    "perdure-runs",
    "Perdure: runs",
    (
        Panel("Runs that have not ended", "short", {"{{status}}": "max by (status) (perdure_runs)"}),
        Panel("Runs that ended", "short", {"{{status}}": rate("perdure_runs_ended_total", "status")}),
        Panel(
            "Share of runs that failed",
            "percentunit",
            {"failed": share("perdure_runs_ended_total", FAILED)},
            "timeseries",
            (0.05, 0.2),
        ),
        Panel(
            "Time of runs that waited for nobody, p50 and p95",
            "s",
            {
                "p50": p95("perdure_run_seconds", "", OWN_TIME, quantile=0.5),
                "p95": p95("perdure_run_seconds", "", OWN_TIME),
            },
            "timeseries",
            (10, 30),
        ),
        Panel(
            "Oldest run that has not begun",
            "s",
            {"age": "max(perdure_oldest_pending_run_seconds)"},
            "timeseries",
            (10, 60),
        ),
        Panel("Steps by outcome", "short", {"{{outcome}}": rate("perdure_steps_total", "outcome")}),
        Panel("Steps, p95 by kind", "s", {"{{kind}}": p95("perdure_step_seconds", "kind")}, "timeseries", (2, 5)),
        Panel(
            "Kinds that fail most",
            "short",
            {"{{kind}}": "topk(10, " + rate("perdure_steps_total", "kind", UNSUCCESSFUL) + ")"},
            "bargauge",
        ),
    ),
)
LLM = Dashboard(
    "perdure-llm",
    "Perdure: LLM usage",
    (
        Panel("Cost of the last day", "currencyUSD", {"cost": "sum(increase(perdure_llm_cost_usd_total[1d]))"}, "stat"),
        Panel(
            "Tokens of the last day",
            "short",
            {"{{direction}}": "sum by (direction) (increase(perdure_llm_tokens_total[1d]))"},
            "stat",
        ),
        Panel(
            "Cost per hour by model",
            "currencyUSD",
            {"{{model}}": f"3600 * {rate('perdure_llm_cost_usd_total', 'model')}"},
        ),
        Panel(
            "Tokens per second by model",
            "short",
            {"{{model}} {{direction}}": rate("perdure_llm_tokens_total", "model, direction")},
        ),
        Panel(
            "Model calls by outcome",
            "short",
            {"{{kind}} {{outcome}}": rate("perdure_steps_total", "kind, outcome", MODELS)},
        ),
        Panel("Model calls, p95", "s", {"{{kind}}": p95("perdure_step_seconds", "kind", MODELS)}),
        Panel("Backlog of model calls", "short", {"{{queue}}": 'max by (queue) (perdure_queue_backlog{queue="llm"})'}),
    ),
)
BUSINESS = Dashboard(
    "perdure-business",
    "Perdure: business",
    (
        Panel(
            "Runs started in the last day",
            "short",
            {"{{trigger}}": "sum by (trigger) (increase(perdure_runs_started_total[1d]))"},
            "stat",
        ),
        Panel(
            "Runs completed in the last day",
            "short",
            {"completed": 'sum(increase(perdure_runs_ended_total{status="completed"}[1d]))'},
            "stat",
        ),
        Panel("Requests that wait for a person", "short", {"open": "max(perdure_approvals_pending)"}, "stat"),
        Panel("Starts by trigger", "short", {"{{trigger}}": rate("perdure_runs_started_total", "trigger")}),
        Panel("Answers of people", "short", {"{{status}}": rate("perdure_approval_seconds_count", "status")}),
        Panel(
            "How long people take, p50 and p95",
            "s",
            {
                "p50": p95("perdure_approval_seconds", "", DECIDED, "[1d]", 0.5),
                "p95": p95("perdure_approval_seconds", "", DECIDED, "[1d]"),
            },
        ),
        Panel(
            "Share of requests that expired, last week",
            "percentunit",
            {"expired": share("perdure_approval_seconds_count", '{status="expired"}', "[7d]")},
            "stat",
        ),
        Panel(
            "Model cost of a completed run, last day",
            "currencyUSD",
            {
                "cost": rate("perdure_llm_cost_usd_total", window=DAY)
                + " / "
                + rate("perdure_runs_ended_total", "", DONE, DAY)
            },
            "stat",
        ),
    ),
)
DASHBOARDS: Final = (SYSTEM, RUNS, LLM, BUSINESS)


def dashboard(page: Dashboard) -> dict[str, Any]:
    """The page as Grafana imports it."""
    return {
        "uid": page.uid,
        "title": page.title,
        "tags": ["perdure"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}]
        },
        "panels": [_panel(number, one) for number, one in enumerate(page.panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limits is not None:
        steps += [{"color": color, "value": at} for color, at in zip(("yellow", "red"), panel.limits, strict=True)]
    custom = {"thresholdsStyle": {"mode": "line" if panel.limits else "off"}} if panel.kind == "timeseries" else {}
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": {"x": 12 * (number % 2), "y": 8 * (number // 2), "w": 12, "h": 8},
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}, "custom": custom},
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
            for place, (legend, expression) in enumerate(panel.queries.items())
        ],
    }


def files() -> dict[Path, str]:
    """What is written, by path."""
    written = {GRAFANA / f"{page.uid}.json": json.dumps(dashboard(page), indent=2) + "\n" for page in DASHBOARDS}
    head = "# Written by deploy.dashboards; change that.\n"
    return written | {ALERTS: head + yaml.safe_dump(rules(), sort_keys=False, width=1_000)}


def main() -> int:
    """Write them."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
