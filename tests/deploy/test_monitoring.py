"""Dashboards and alert rules: written from one source, and every metric in them is one that our processes export."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

import workers.main  # noqa: F401 - its metrics
from api.metrics.server import exposition
from api.system.measuring import Measured
from api.system.models import Lags, QueueState
from deploy import dashboards
from workers.core import BUCKETS
from workflows.graph_run.measuring import RUN_SECONDS

ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
OF_PROMETHEUS = {"instance", "job", "le"}
METRIC = re.compile(r"\b((?:perdure|process|temporal)_[a-z_]+)(\{[^}]*\})?")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression and where it is."""
    for path in sorted(dashboards.GRAFANA.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.name}: {panel['title']}", target["expr"]
    for group in yaml.safe_load(dashboards.ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


@pytest.fixture(scope="module")
def exported() -> dict[str, set[str]]:
    """Labels of every series by its name, as API and worker serve them."""
    found = {f"{RUN_SECONDS}{ending}": {"status", "waited"} for ending in ENDINGS["histogram"]}
    for collector in set(REGISTRY._names_to_collectors.values()):
        labels = set(getattr(collector, "_labelnames", ()))
        for family in collector.describe() if hasattr(collector, "describe") else collector.collect():
            for ending in ENDINGS.get(family.type, ("",)):
                found[f"{family.name}{ending}"] = labels
    lags = Lags(oldest_pending_run_seconds=0, dispatch_seconds=0, signals=0, oldest_signal_seconds=0)
    queue = QueueState(name="runs", kind="workflow", pollers=1, backlog=0, backlog_seconds=0)
    measured = Measured(waiting=(lags, {"running": 1}, 0), queues=[queue])
    for family in text_string_to_metric_families(exposition(measured).decode()):
        for sample in family.samples:
            found[sample.name] = set(sample.labels)
    return found


def test_they_are_as_they_are_written() -> None:
    for path, text in dashboards.files().items():
        assert path.read_text() == text, f"{path.name}: run `python -m deploy.dashboards`"
    assert {path.name for path in dashboards.GRAFANA.glob("*.json")} == {
        path.name for path in dashboards.files() if path.suffix == ".json"
    }


def test_every_metric_is_exported_with_the_labels_that_are_used(exported: dict[str, set[str]]) -> None:
    seen = set()
    for where, expression in expressions():
        metrics = METRIC.findall(expression)
        assert metrics, f"{where} asks for nothing"
        labels: set[str] = set()
        for name, matchers in metrics:
            assert name in exported, f"{where} asks for {name}"
            used = {label for label, _ in MATCHER.findall(matchers)}
            assert used <= exported[name] | OF_PROMETHEUS, f"{where}: {name} has no {used - exported[name]}"
            labels |= exported[name]
            seen.add(name)
        grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
        assert grouped <= labels | OF_PROMETHEUS, f"{where} groups by {grouped - labels}"
    assert len(seen) > 20


def test_legends_name_labels_that_are_left(exported: dict[str, set[str]]) -> None:
    for page in dashboards.DASHBOARDS:
        for panel in page.panels:
            for legend, expression in panel.queries.items():
                groups = re.findall(r"by \(([^)]*)\)", expression)
                left = {label.strip() for group in groups for label in group.split(",")}
                left |= set() if groups or "sum" in expression or "max(" in expression else OF_PROMETHEUS
                assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= left, f"{page.title}: {panel.title}"


@pytest.mark.parametrize(
    ("alert", "metric", "limits"),
    [
        ("PerdureApiSlow", "perdure_http_request_seconds", (0.1, 0.3)),
        ("PerdureStepsSlow", "perdure_step_seconds", (2, 5)),
        ("PerdureRunsSlow", RUN_SECONDS, (10, 30)),
        ("PerdureDatabaseSlow", "perdure_database_seconds", (0.05, 0.1)),
        ("PerdureVectorSearchSlow", "perdure_vector_search_seconds", (0.1, 0.2)),
    ],
)
def test_the_targets_are_those_that_were_promised(alert: str, metric: str, limits: tuple[float, float]) -> None:
    groups = yaml.safe_load(dashboards.ALERTS.read_text())["groups"]
    found = {
        rule["labels"]["severity"]: rule["expr"]
        for group in groups
        for rule in group["rules"]
        if rule["alert"] == alert
    }
    for severity, limit in zip(("warning", "critical"), limits, strict=True):
        assert found[severity].startswith("histogram_quantile(0.95,")
        assert f"{metric}_bucket" in found[severity]
        assert found[severity].endswith(f"> {limit:g}")
    assert set(limits) <= bounds(metric), "without a bucket's bound at the limit the quantile is a guess"


def bounds(metric: str) -> set[float]:
    if metric in BUCKETS:
        return set(BUCKETS[metric])
    return set(REGISTRY._names_to_collectors[metric]._upper_bounds)


def test_dashboards_are_what_grafana_imports() -> None:
    for path in dashboards.GRAFANA.glob("*.json"):
        page = json.loads(path.read_text())
        assert page["uid"] == path.stem
        assert len({panel["id"] for panel in page["panels"]}) == len(page["panels"])
        for panel in page["panels"]:
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert panel["targets"]
