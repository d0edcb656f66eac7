"""Shows what came of a run of the example and proves it by the ledger: `python -m examples.refunds.report RUN`.

Reads PERDURE_API_URL, PERDURE_API_TOKEN and LEDGER_URL. Ends with status 0 only if everything is as it must be.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from examples.refunds.expected import Expected, expect, faults, load

console = Console(highlight=False, soft_wrap=True)
console.width = max(console.width, 100)


def granted(approvals: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """By order id, the euros that a person approved; 0 where a person refused or nobody answered in time."""
    found = {}
    for approval in approvals:
        if approval["purpose"] == "approval":
            yes = approval["decision"] == "approved"
            found[approval["payload"]["order"]] = float(approval["data"]["amount"]) if yes else 0.0
    return found


def show(expected: Iterable[Expected], output: Mapping[str, Any], stats: Mapping[str, Any]) -> None:
    """Print one line per mail, and the ledger's counts."""
    table = Table(title="What came of the mails", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in ("mail", "intent", "order", "outcome", "EUR", "drafts", "requests", "keys", "refunds"):
        table.add_column(name, justify="right" if name in ("EUR", "drafts", "requests", "keys", "refunds") else "left")
    answers = {answer["mail"]: answer for answer in output["answers"]}
    for one in expected:
        answer = answers.get(one.mail)
        if answer is None:
            continue
        money = f"{answer['refunded']:.2f}" if answer["refunded"] else ""
        counts = stats["orders"].get(one.order, {})
        ledger = [str(counts[name]) if counts else "" for name in ("requests", "keys", "refunds")]
        row = (one.mail, answer["intent"], answer["order"] or "", answer["outcome"], money, str(answer["drafts"]))
        table.add_row(*row, *ledger)
    console.print()
    console.print(table)
    console.print(f"\n{output['summary']}", markup=False)


def conclude(found: list[str], stats: Mapping[str, Any]) -> None:
    """Print the ledger's proof, or what is wrong."""
    total = stats["total"]
    console.print(
        f"\nThe ledger was sent {total['requests']} refund requests under {total['keys']} idempotency keys "
        f"and booked {total['refunds']} refunds, {total['amount']:.2f} EUR in all."
    )
    if not found:
        console.print("[green]Each order that had to be refunded was refunded exactly once, and no other.[/]\n")
    for fault in found:
        console.print(f"wrong: {fault}", style="red", markup=False)


def main() -> None:
    """Fetch, show, judge."""
    run_id = sys.argv[1]
    headers = {"Authorization": f"Bearer {os.environ['PERDURE_API_TOKEN']}"}
    with httpx.Client(base_url=os.environ["PERDURE_API_URL"], headers=headers, trust_env=False) as api:
        output = _json(api.get(f"/v1/runs/{run_id}"))["output"]
        approvals = _json(api.get("/v1/approvals", params={"run_id": run_id, "limit": 100}))["items"]
    stats = _json(httpx.get(f"{os.environ['LEDGER_URL']}/stats", trust_env=False))
    expected = expect(load("labels.json"), load("ledger/orders.json"), granted(approvals))
    found = faults(expected, output, stats)
    show(expected, output, stats)
    conclude(found, stats)
    sys.exit(1 if found else 0)


def _json(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


if __name__ == "__main__":
    main()
