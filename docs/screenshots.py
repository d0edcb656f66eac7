"""Photographs pages of the running product, by day and by night: those that the documents show, into docs/images.

Starts a product of its own with the simulator, fills it with the templates and runs of them, and lets
frontend/tests/browser/screenshots.mjs visit the pages. Needs the built web app (`make web`), Node and Chromium,
which CHROMIUM may name.

    .venv/bin/python docs/screenshots.py [--all] [--into FOLDER] [--only NAMES]

Every page of the app is photographed by --all; frontend/tests/browser/pages.json names them.

With --lighthouse it measures performance and accessibility of list, editor and inbox instead, the middle one of five
loads each, and fails below 95; it fetches Lighthouse by npx, and wants a machine that does nothing else.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from cli.data_folder import DataFolder
from cli.embedded.processes import pick_port

ROOT = Path(__file__).parents[1]
PATIENCE = 180
"""Seconds until the product must answer."""

RUNS_EACH = 6
OWNER = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "password": "correct horse battery",
    "workspace_name": "Analytical Engines",
}


HANDBOOK = {
    "Refunds.md": "# Refunds\n\nUp to 100 EUR are paid at once. Above that a person decides within a day.",
    "Deliveries.md": "# Deliveries\n\nParcels leave on the day of the order if it came before noon.",
}


@contextmanager
def product(folder: Path) -> Iterator[tuple[str, str]]:
    """A fresh installation; gives its address and the token of its operator."""
    port = pick_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "cli.main", "up", "--simulator", "--workers", "1"]
    with (folder / "up.log").open("wb") as log:
        running = subprocess.Popen(  # noqa: S603 - our own
            [*command, "--data-dir", str(folder), "--port", str(port)], cwd=ROOT, stdout=log, stderr=log
        )
    try:
        wait_for(url, running)
        yield url, DataFolder.at(folder).token()
    finally:
        running.terminate()
        running.wait(60)


def wait_for(url: str, running: subprocess.Popen[bytes]) -> None:
    """Return once the product is ready.

    Raises:
        SystemExit: It has ended or takes too long.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and running.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise SystemExit("The product did not start.")


def furnish(url: str, token: str) -> dict[str, str]:
    """Publish and run the templates; gives the names that stand in the addresses of pages."""
    httpx.post(f"{url}/v1/setup", json=OWNER, timeout=30).raise_for_status()
    with httpx.Client(base_url=f"{url}/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60) as api:
        for template in answer(api.get("/templates"))["items"]:
            begin(api, template)
        slug = "refund-triage"
        asked = first_request(api, slug)
        api.post("/groups", json={"name": "Refund approvers", "description": "Decide refunds above 100 EUR."})
        api.post("/invitations", json={"email": "grace@example.com", "role": "editor"})
        api.post("/api-keys", json={"name": "Nightly import", "scopes": ["runs:start", "runs:read"]})
        secret = {"name": "partner-api", "type": "bearer", "secret": {"token": "a-token-of-no-use"}}
        api.post("/credentials", json=secret)
        runs = answer(api.get("/runs", params={"workflow": slug}))["items"]
        other = next(run["id"] for run in runs if run["id"] != asked["run_id"])
        more = {**talk_to_agent(api), **let_others_start(api, slug), **write_down(api)}
    return {"slug": slug, "run": asked["run_id"], "other": other, "request": asked["id"], **more}


def let_others_start(api: httpx.Client, slug: str) -> dict[str, str]:
    """Give a workflow a schedule, a webhook and two forms, and tell somebody of its runs."""
    times = {"cron": ["0 7 * * mon-fri"], "time_zone": "Europe/Berlin"}
    answer(api.post("/schedules", json={"workflow": slug, "name": "Every working day", "times": times}))
    events = ["run.completed", "run.failed"]
    answer(api.post("/subscriptions", json={"name": "Ledger", "url": "https://ledger.example/runs", "events": events}))
    answer(api.post("/hooks", json={"workflow": slug, "name": "Shop", "settings": {"signature": "none"}}))
    form = {"kind": "form", "workflow": slug}
    look = {"title": "Ask for a refund", "text": "We look at it **within a day**."}
    inside = answer(api.post("/hooks", json={**form, "name": "At the desk", "settings": {"form": look}}))
    public = {"form": {**look, "access": "public"}}
    outside = answer(api.post("/hooks", json={**form, "name": "On the web", "settings": public}))
    return {"hook": inside["id"], "form": outside["path"]}


def write_down(api: httpx.Client) -> dict[str, str]:
    """Fill knowledge, memories, files and prompts."""
    base = answer(api.post("/knowledge", json={"name": "Handbook", "description": "What everybody should know."}))
    for name, text in HANDBOOK.items():
        answer(api.post(f"/knowledge/{base['slug']}/documents", json={"name": name, "text": text}))
    for text in ("Prefers to be called Ada.", "Orders come from the warehouse in Hamburg."):
        answer(api.post("/memories", json={"memory": "order-desk", "subject": OWNER["email"], "text": text}))
    answer(api.post("/files", json={"name": "prices.csv", "data": "c2t1LHByaWNlCkEtMSw0LjUwCg=="}))
    text = "You answer {customer} about their order, kindly and in three sentences."
    prompt = answer(api.post("/prompts", json={"name": "order-answer", "text": text}))
    return {"base": base["slug"], "prompt": prompt["name"]}


def talk_to_agent(api: httpx.Client) -> dict[str, str]:
    """Make an agent and ask it something that it computes."""
    config = {"instructions": "You answer questions about orders.", "tools": [{"type": "calculator"}]}
    made = answer(api.post("/agents", json={"name": "Order desk", "config": config}))
    answer(api.post(f"/agents/{made['slug']}/publish", json={"revision": made["revision"]}))
    session = answer(api.post("/chat/sessions", json={"agent": made["slug"]}))
    answer(api.post(f"/chat/sessions/{session['id']}/messages", json={"content": "What are 12 boxes at 4.50?"}))
    return {"agent": made["slug"], "chat": session["id"]}


def first_request(api: httpx.Client, slug: str) -> dict[str, Any]:
    """What the first run of a workflow that gets so far asks a person.

    Raises:
        SystemExit: None does.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        runs = {run["id"] for run in answer(api.get("/runs", params={"workflow": slug}))["items"]}
        asked = answer(api.get("/approvals", params={"status": "pending", "limit": 100}))["items"]
        found: list[dict[str, Any]] = [request for request in asked if request["run_id"] in runs]
        if found:
            return found[0]
        time.sleep(0.5)
    raise SystemExit(f"No run of {slug} asks anybody.")


def begin(api: httpx.Client, template: dict[str, Any]) -> None:
    """Make a template one's own; publish it and start runs with the data of its form unless it is an agent."""
    if template["type"] == "agent":
        config = template["document"]["nodes"][0]["with"]
        answer(api.post("/agents", json={"name": template["name"], "config": config}))
        return
    yaml = {"Content-Type": "application/yaml"}
    slug = answer(api.post("/workflows", content=template["text"], headers=yaml))["slug"]
    answer(api.put(f"/workflows/{slug}/tags", json={"tags": [template["category"].lower()]}))
    given = {name: field["default"] for name, field in template["document"]["input"]["properties"].items()}
    for _ in range(RUNS_EACH):
        answer(api.post("/runs", json={"workflow": slug, "input": given}))


def answer(response: httpx.Response) -> Any:
    """The body of an answer that must be a success."""
    response.raise_for_status()
    return response.json()


def visit(script: str, url: str, token: str, names: dict[str, str], **more: str) -> None:
    """Visit the pages with a browser, as a script in frontend/tests/browser says."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
    facts = {"PERDURE_URL": url, "PERDURE_TOKEN": token, "CHROMIUM": chromium, **more}
    places = {f"NAME_{key.upper()}": value for key, value in names.items()}
    subprocess.run(  # noqa: S603 - our own
        ["node", str(ROOT / "frontend/tests/browser" / script)],  # noqa: S607 - found by the PATH
        cwd=ROOT / "frontend",
        env={**os.environ, **facts, **places},
        check=True,
    )


def shown_in_documents() -> list[str]:
    """Names of the pictures that README and docs/ show."""
    texts = [path.read_text() for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))]
    return sorted({name for text in texts for name in re.findall(r"images/([\w-]+)\.png", text)})


def main() -> None:
    """Start, furnish, photograph."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=ROOT / "docs/images")
    parser.add_argument("--only", default="", help="names such as workflows-light, with commas between")
    parser.add_argument("--all", action="store_true", help="every page, not only those that the documents show")
    parser.add_argument("--lighthouse", action="store_true", help="measure pages instead; the machine must be quiet")
    arguments = parser.parse_args()
    into = arguments.into.resolve()
    only = arguments.only or ("" if arguments.all else ",".join(shown_in_documents()))
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="perdure-screenshots-") as folder, product(Path(folder)) as (url, token):
        names = furnish(url, token)
        if arguments.lighthouse:
            visit("lighthouse.mjs", url, token, names)
        else:
            visit("screenshots.mjs", url, token, names, INTO=str(into), ONLY=only)


if __name__ == "__main__":
    main()
