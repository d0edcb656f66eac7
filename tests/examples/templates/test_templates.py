"""Every template compiles, and runs to its end with the input that its form holds, on a real worker."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from api.templates.models import Template
from api.templates.service import list_templates
from schemas.agent_documents import GIVEN
from tests.support.http_server import http_server
from tests.support.perdure import Perdure

TEMPLATES = {template.template: template for template in list_templates().items}


@dataclass(frozen=True)
class Story:
    """One way through a template.

    Args:
        output: Part of what the run comes to.
        decide: What a person says; None where nobody is asked.
        data: What the person fills in.
        given: Input beside what the form holds.
    """

    template: str
    output: dict[str, Any]
    decide: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)


STORIES = [
    Story("refund-triage", {"intent": "refund", "order": "A-1042", "refunded": 150}, "approved", {"amount": 150}),
    Story("refund-triage", {"refunded": 0.0}, "rejected"),
    Story("refund-triage", {"refunded": 20.0}, given={"mail": "Refund 20 EUR for order A-7, please."}),
    Story("refund-triage", {"intent": "question", "refunded": 0.0}, given={"mail": "When do you open?"}),
    Story("support-reply", {"drafts": 2, "checked": True}),
    Story("invoice-check", {"booked": True, "order": "P-4711", "total": 1250.0}, "approved"),
    Story("invoice-check", {"booked": False}, "rejected"),
    Story("invoice-check", {"booked": True, "findings": []}, given={"ordered": 1250}),
    Story("lead-scoring", {}),
    Story("contract-review", {"decision": "negotiate"}, "negotiate"),
    Story("incident-response", {"action": "rolled back"}, "approved", {"note": "Nothing but errors."}),
    Story("incident-response", {"action": "observed"}, given={"alert": "The disk is half full."}),
    Story("translations", {"complete": True}),
    Story("content-moderation", {"shown": True}, "approved"),
    Story("content-moderation", {"shown": False}, "rejected"),
    Story("content-moderation", {"shown": True}, "shorten"),
    Story("content-moderation", {"shown": False}, given={"comment": "Best casino in town"}),
    Story("content-moderation", {"shown": True}, given={"comment": "Thank you, this is great."}),
]


def form_input(template: Template, **given: Any) -> dict[str, Any]:
    """What the form of a run holds before anybody changes it."""
    properties = template.document["input"]["properties"]
    return {name: field["default"] for name, field in properties.items()} | given


async def begin(perdure: Perdure, name: str, **given: Any) -> str:
    """Publish a template and start a run of it."""
    template = TEMPLATES[name]
    published = await perdure.api.post(
        "/v1/workflows", content=template.text, headers={"Content-Type": "application/yaml"}
    )
    assert published.status_code in (200, 201), published.text
    return await perdure.start(published.json()["slug"], form_input(template, **given))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.template}-{story.output}")
async def test_a_template_runs_to_its_end(perdure: Perdure, story: Story) -> None:
    run = await begin(perdure, story.template, **story.given)
    if story.decide is not None:
        await perdure.approval(run)
        await perdure.decide(run, story.decide, **({"data": story.data} if story.data else {}))
    ended = await perdure.ended(run)
    assert (ended["status"], ended["error"]) == ("completed", None)
    assert story.output.items() <= ended["output"].items()


async def test_leads_are_ranked(perdure: Perdure) -> None:
    ended = await perdure.ended(await begin(perdure, "lead-scoring"))
    leads = ended["output"]["leads"]
    assert leads[0]["company"] == "Analytical Engines"
    assert [lead["score"] for lead in leads] == sorted((lead["score"] for lead in leads), reverse=True)


async def test_a_reminder_ends_with_the_payment(perdure: Perdure) -> None:
    run = await begin(perdure, "payment-reminder", order="A-77")
    await perdure.reached(run, "payment", "waiting")
    sent = await perdure.api.post("/v1/events", json={"type": "payment.settled", "key": "A-77"})
    assert sent.status_code in (200, 201, 202), sent.text
    ended = await perdure.ended(run)
    assert ended["output"] == {"order": "A-77", "paid": True, "reminders": 0}


async def test_a_website_is_up_changed_or_down(perdure: Perdure) -> None:
    down = await perdure.ended(await begin(perdure, "website-watch", url="http://127.0.0.1:9/"))
    assert down["output"]["state"] == "down"
    assert "In short" in down["output"]["note"]
    async with http_server() as server:
        url = f"http://127.0.0.1:{server.port}/welcome"
        up = await perdure.ended(await begin(perdure, "website-watch", url=url, word="welcome"))
        changed = await perdure.ended(await begin(perdure, "website-watch", url=url, word="farewell"))
    assert (up["output"]["state"], changed["output"]["state"]) == ("up", "changed")


AGENTS = ("data-agent", "front-desk-agent", "research-agent")


@pytest.mark.parametrize("name", AGENTS)
async def test_a_template_of_an_agent_answers(perdure: Perdure, name: str) -> None:
    config = TEMPLATES[name].document["nodes"][0]["with"]
    config = {setting: value for setting, value in config.items() if setting not in GIVEN}
    made = (await perdure.api.post("/v1/agents", json={"name": f"{name} {uuid4().hex[:6]}", "config": config})).json()
    published = await perdure.api.post(f"/v1/agents/{made['slug']}/publish", json={"revision": made["revision"]})
    assert published.is_success, published.text
    started = await perdure.api.post(f"/v1/agents/{made['slug']}/runs", json={"message": "Where is my parcel?"})
    ended = await perdure.ended(started.json()["id"])
    assert (ended["status"], ended["error"]) == ("completed", None)
    assert ended["output"]["text"]


async def test_every_template_has_a_story() -> None:
    told = {story.template for story in STORIES} | {"payment-reminder", "website-watch", *AGENTS}
    assert told == set(TEMPLATES)
