"""Draws a run as a tree of its steps."""

from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli.console import safe
from cli.watch.progress import ItemsView, RunView, StepView, items_around

ICONS: Final = {
    "pending": ("○", "dim"),
    "running": ("●", "cyan"),
    "waiting": ("◷", "yellow"),
    "paused": ("‖", "yellow"),
    "completed": ("✔", "green"),
    "failed": ("✘", "red"),
    "skipped": ("-", "dim"),
    "cancelled": ("■", "dim"),
    "terminated": ("■", "red"),
    "compensated": ("↩", "magenta"),
}
MAX_ROWS: Final = 40
MAX_ITEM_ROWS: Final = 6
BAR_WIDTH: Final = 24
_SPINNER: Final = Spinner("dots", style="cyan")


def draw(view: RunView, now: datetime, title: str = "") -> RenderableType:
    """The run as something rich can print."""
    table = Table.grid(padding=(0, 1))
    for _ in range(4):
        table.add_column(no_wrap=True)
    table.add_column(overflow="ellipsis", no_wrap=True)
    rows = [row for step in _roots(view) for row in _with_items(view, step)]
    hidden = max(0, len(rows) - MAX_ROWS)
    for depth, step in rows[hidden:]:
        table.add_row(*_row(view, step, depth, now))
    more = [Text(f"  … {hidden} earlier steps", style="dim")] if hidden else []
    return Group(_headline(view, now, title), *more, table)


def summary(view: RunView, now: datetime) -> str:
    """Steps, time and cost in a few words."""
    parts = [f"{view.steps_done} steps", duration(view.seconds(now))]
    if view.tokens:
        parts.append(f"{view.tokens:,} tokens")
    if view.cost_usd:
        parts.append(money(view.cost_usd))
    return " · ".join(parts)


def duration(seconds: float | None) -> str:
    """A time span for a person: `0.42s`, `12.3s`, `4m 05s`, `3h 02m`."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds:.2f}s"
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m {rest:02d}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02d}m"


def money(usd: float) -> str:
    """An amount for a person; small ones keep more digits."""
    if usd >= 1:
        return f"${usd:,.2f}"
    return f"${usd:.4f}" if usd >= 0.0001 else f"${usd:.6f}"


def _headline(view: RunView, now: datetime, title: str) -> Text:
    icon, style = ICONS.get(view.status, ("?", ""))
    line = Text.assemble((f"{icon} ", style), (safe(title or "run"), "bold"), f"  {view.status}  ", style="")
    return line.append(f"{summary(view, now)}  {view.run_id}", style="dim")


def _roots(view: RunView) -> list[StepView]:
    return [step for step in view.steps.values() if not items_around(step.path)]


def _with_items(view: RunView, step: StepView) -> list[tuple[int, StepView]]:
    """The step and, of a foreach that runs, the inner steps worth a look: open or failed ones."""
    rows = [(0, step)]
    if step.path in view.items and step.status == "running":
        inner = [other for other in view.steps.values() if _inside(other.path, step.path)]
        worth = [other for other in inner if other.status in ("waiting", "running", "failed")]
        rows += [(1, other) for other in worth[-MAX_ITEM_ROWS:]]
    return rows


def _inside(path: str, foreach: str) -> bool:
    return any(around == foreach for around, _ in items_around(path))


def _row(view: RunView, step: StepView, depth: int, now: datetime) -> tuple[RenderableType, ...]:
    icon, style = ICONS.get(step.status, ("?", ""))
    mark: RenderableType = _SPINNER if step.status == "running" else Text(icon, style=style)
    name = Text("  " * depth + safe(step.label if not depth else step.path), style="dim" if style == "dim" else "")
    spent = f"{duration(step.seconds(now))}  {money(step.cost_usd) if step.cost_usd else ''}".rstrip()
    return mark, name, Text(safe(step.kind), style="dim"), Text(spent, style="dim"), _details(view, step)


def _details(view: RunView, step: StepView) -> RenderableType:
    notes = Text()
    if step.path in view.items:
        return _bar(view.items[step.path], step)
    if step.iteration:
        notes.append(f"round {step.iteration + 1}  ", style="dim")
    if step.attempt > 1:
        notes.append(f"attempt {step.attempt}  ", style="yellow")
    if step.error:
        return notes.append(safe(step.error.splitlines()[0]), style="red" if step.status == "failed" else "yellow")
    if step.text:
        return notes.append("…" + safe(" ".join(step.text.split())[-70:]), style="dim italic")
    if step.port and step.port != "out":
        return notes.append(f"→ {safe(step.port)}", style="dim")
    return notes


def _bar(items: ItemsView, step: StepView) -> RenderableType:
    total = step.items or items.seen
    done = total if step.status == "completed" else items.done
    grid = Table.grid(padding=(0, 1))
    failed = f"  {len(items.failed)} failed" if items.failed else ""
    known = f"{done}/{total}" if step.items or step.status == "completed" else f"{done} of {total} begun"
    grid.add_row(ProgressBar(max(total, 1), done, width=BAR_WIDTH), Text(f"{known}{failed}", style="dim"))
    return grid
