"""What the demo does once everything is up: publish, start, follow, approve, and judge the result."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Any

from rich.table import Table

from cli.approvals import Answer
from cli.client import ApiClient
from cli.console import err, plain, say
from cli.demo.files import EXAMPLE, ROOT, Episode
from cli.process.stack import Stack
from cli.watch.follow import Follower, closing_words
from cli.watch.progress import RunView

REFUSED = "A-1052"
"""The order whose customer admits the damage: the demo, when it decides by itself, says no to this one."""


class SelfApproving(Follower):
    """Follows a run and decides what it asks: yes, but for one order."""

    def answer_for(self, approval: dict[str, Any]) -> Answer:
        """See base class."""
        payload = approval.get("payload")
        if isinstance(payload, dict) and payload.get("order") == REFUSED:
            return Answer("rejected", reason="The dog did it.")
        return super().answer_for(approval)


@dataclass
class Journey:
    """One way through the demo.

    Args:
        stack: Everything that runs.
        episode: Ledger, and the run if there is one already.
        by_itself: Whether to approve without a person.
    """

    stack: Stack
    episode: Episode
    by_itself: bool

    def travel(self) -> bool:
        """Do it all; whether the result is right.

        Raises:
            CliError: The API refuses or stays away.
        """
        folder = self.stack.setup.folder
        with ApiClient(self.stack.api_url, os.environ.get("PERDURE_API_TOKEN") or folder.token()) as api:
            if self.episode.run_id is None:
                self.episode = replace(self.episode, run_id=self._start(api))
                self.episode.keep(folder)
            else:
                say(f"[bold]going on with run {self.episode.run_id}[/], which an earlier start has left behind")
            self._explain()
            view = self._follow(api)
        right = view.status == "completed" and self._judge()
        self.episode.forget(folder)
        return right

    def _start(self, api: ApiClient) -> str:
        document = (EXAMPLE / "workflow.yaml").read_text(encoding="utf-8")
        version = api.post_document("/v1/workflows", document, is_json=False)
        mails = json.loads((EXAMPLE / "mails.json").read_text(encoding="utf-8"))
        run_input = {"mails": mails, "ledger": self.episode.ledger_url}
        # The ledger's file is this episode's own, so it names the start: repeated, it starts nothing new.
        return str(
            api.start_run(str(version["slug"]), int(version["version"]), run_input, self.episode.ledger_file)["id"]
        )

    def _explain(self) -> None:
        command = (
            "perdure" if self.stack.setup.folder.is_default else f"perdure --data-dir {self.stack.setup.folder.path}"
        )
        say("")
        say(f"Twelve mails are being answered. Run [bold]{self.episode.run_id}[/].")
        if not self.by_itself:
            say(f"Refunds above 100 EUR wait for you. In another terminal: [bold]{plain(command)} approve[/]")
            say(f'or: curl -H "Authorization: Bearer $(cat {plain(self.stack.setup.folder.path)}/token)" '
                f"{self.stack.api_url}/v1/approvals?status=pending")  # fmt: skip
        say("Kill whatever you like; it comes back, and the run goes on:")
        table = Table.grid(padding=(0, 2))
        for name, pid in self.stack.processes():
            table.add_row("", name, f"kill -9 {pid}")
        err.print(table)
        say("")

    def _follow(self, api: ApiClient) -> RunView:
        kind = SelfApproving if self.by_itself else Follower
        view = RunView(str(self.episode.run_id))
        kind(api, view, err, "Refund mails", approve_all=self.by_itself).follow()
        style = "green" if view.status == "completed" else "red"
        say(f"[{style}]{plain(closing_words(view))}[/]")
        return view

    def _judge(self) -> bool:
        """Let the example compare the result with the ledger; it prints what it finds."""
        folder = self.stack.setup.folder
        environment = {
            **os.environ,
            "PERDURE_API_URL": self.stack.api_url,
            "PERDURE_API_TOKEN": os.environ.get("PERDURE_API_TOKEN") or folder.token(),
            "LEDGER_URL": self.episode.ledger_url,
        }
        command = [sys.executable, "-m", "examples.refunds.report", str(self.episode.run_id)]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0  # noqa: S603 - our own
