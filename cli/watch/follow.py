"""Follows a run to its end: streams events, draws or tells them, and lets a person approve in between."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live

from cli.approvals import Answer, ask_until_decided, automatic, decide
from cli.client import ApiClient, ApiError, UnreachableError
from cli.console import plain
from cli.errors import CliError
from cli.watch.lines import line_of
from cli.watch.progress import RunView
from cli.watch.tree import draw, summary

GIVE_UP_AFTER = 120.0
"""Seconds without any answer of the API; a restart of everything takes less."""
PAUSE = 0.5
QUIET = 10.0
"""A stream that broke after so many seconds was a working one, even if nothing came over it."""
CONFLICT, INTERNAL_ERROR = 409, 500


@dataclass
class Follower:
    """Follows one run.

    Args:
        api: The API.
        view: State of the run so far.
        console: Where to draw.
        title: Name of the run for a person.
        approve_all: Approve whatever is asked.
        interactive: Whether a person sits at the terminal.
    """

    api: ApiClient
    view: RunView
    console: Console
    title: str = ""
    approve_all: bool = False
    interactive: bool = False
    _postponed: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)
    _live: Live | None = None

    def follow(self) -> RunView:
        """Follow until the run has ended.

        Raises:
            CliError: The API refuses, or stays away for two minutes.
        """
        self._start_drawing()
        try:
            for event in self._events():
                self._take_in(event)
        finally:
            self._stop_drawing()
        return self.view

    def _take_in(self, event: dict[str, Any]) -> None:
        with self._lock:
            self.view.apply(event)
        self._tell(event)
        self._complete(event)
        if event.get("type") == "approval.opened":
            self._answer_requests()

    def _events(self) -> Iterator[dict[str, Any]]:
        """Events without gap or repetition, over any number of broken connections.

        The server knows whether an ended run stays ended, and closes the stream; one that was retried goes on.
        """
        failing_since: float | None = None
        while True:
            begun = time.monotonic()
            try:
                for event in self.api.events(self.view.run_id, after=self.view.last_seq):
                    failing_since = None
                    if int(event.get("seq") or 0) > self.view.last_seq:
                        yield event
                if self.view.over:
                    return
            except (UnreachableError, ApiError) as lost:
                if isinstance(lost, ApiError) and lost.status_code < INTERNAL_ERROR:
                    raise
                worked = time.monotonic() - begun > QUIET
                failing_since = time.monotonic() if worked or failing_since is None else failing_since
                if time.monotonic() - failing_since > GIVE_UP_AFTER:
                    raise
            time.sleep(PAUSE)

    def _start_drawing(self) -> None:
        if self.console.is_terminal:
            self._live = Live(
                console=self.console, get_renderable=self._render, refresh_per_second=8, vertical_overflow="crop"
            )
            self._live.start()

    def _stop_drawing(self, *, wipe: bool = False) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.transient = wipe
            live.stop()

    def _render(self) -> RenderableType:
        with self._lock:
            return draw(self.view, datetime.now(UTC), self.title)

    def _tell(self, event: dict[str, Any]) -> None:
        if not self.console.is_terminal and (line := line_of(self.view, event, datetime.now(UTC))):
            self.console.print(plain(line))

    def _complete(self, event: dict[str, Any]) -> None:
        """The number of items of a foreach is in its step, not in the event."""
        path = str(event.get("path") or "")
        step = self.view.steps.get(path)
        if step is None or step.kind != "foreach" or step.items is not None or event.get("type") != "step.started":
            return
        try:
            answer = self.api.get(f"/v1/runs/{self.view.run_id}/steps", path=path)
        except CliError:
            return
        for row in answer.get("items") or () if isinstance(answer, dict) else ():
            if row.get("path") == path and isinstance(row.get("input"), dict):
                step.items = row["input"].get("items")

    def _answer_requests(self) -> None:
        for approval in self._open_requests():
            if self.approve_all:
                self._approve(approval)
            elif self.interactive:
                self._ask(approval)
            else:
                self._postponed.add(str(approval["id"]))
                title = approval.get("title") or approval.get("path")
                self.console.print(plain(f"waiting for a person: {title} — perdure approve {approval['id']}"))

    def _open_requests(self) -> list[dict[str, Any]]:
        answer = self.api.get("/v1/approvals", status="pending", run_id=self.view.run_id)
        items = answer.get("items", []) if isinstance(answer, dict) else answer
        mine = [item for item in items or () if item.get("run_id") == self.view.run_id]
        return [item for item in mine if str(item.get("id")) not in self._postponed]

    def answer_for(self, approval: dict[str, Any]) -> Answer:
        """What to answer when nobody is asked: approve.

        Raises:
            CliError: A person must decide.
        """
        return automatic(approval)

    def _approve(self, approval: dict[str, Any]) -> None:
        try:
            answer = self.answer_for(approval)
        except CliError as impossible:
            self._postponed.add(str(approval["id"]))
            self.console.print(plain(str(impossible)))
            return
        try:
            decide(self.api, approval, answer)
        except ApiError as refused:
            if refused.status_code != CONFLICT:
                raise

    def _ask(self, approval: dict[str, Any]) -> None:
        self._stop_drawing(wipe=True)
        if not ask_until_decided(self.console, self.api, approval):
            self._postponed.add(str(approval["id"]))
            self.console.print(plain(f"later: perdure approve {approval['id']}"))
        self._start_drawing()


def closing_words(view: RunView) -> str:
    """The end of a run in one line."""
    words = f"run {view.run_id} {view.status} · {summary(view, datetime.now(UTC))}"
    return f"{words}\n{(view.error or {}).get('message') or ''}".rstrip()
