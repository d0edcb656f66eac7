"""Published forms: made from the input schema, checked by it, and one run for each sending."""

import asyncio
import re
from uuid import uuid4

from api.hooks.forms import SENDINGS
from tests.support.perdure import Perdure
from tests.triggers.test_hooks import echoing, hook, log, outside

SCHEMA = {
    "type": "object",
    "required": ["email", "amount"],
    "properties": {
        "email": {"type": "string", "format": "email", "title": "Your <b>mail</b>"},
        "amount": {"type": "integer", "minimum": 1, "description": "In euros."},
        "urgent": {"type": "boolean"},
        "why": {"type": "string"},
        "kind": {"enum": ["refund", "swap"]},
    },
}


async def test_a_form_is_filled_in_corrected_and_counts_once(perdure: Perdure) -> None:
    slug = await echoing(perdure, input=SCHEMA)
    made = await hook(
        perdure, slug, kind="form", settings={"form": {"access": "public", "title": "Ask us", "thanks": "Bye & thanks"}}
    )
    assert (made["secret"], made["path"][:7]) == (None, "/forms/")
    async with outside(perdure) as browser:
        shown = await browser.get(made["path"])
        assert shown.status_code == 200
        assert "Your &lt;b&gt;mail&lt;/b&gt;" in shown.text
        assert ("script" in shown.text, 'type="email"' in shown.text, "<textarea" in shown.text) == (False, True, True)
        found = re.search('name="token" value="([^"]+)"', shown.text)
        assert found is not None
        entered = {"token": found[1], "f:email": "a@example.com", "f:amount": "0", "f:urgent": "on", "f:kind": "swap"}
        wrong = await browser.post(made["path"], data=entered)
        assert (wrong.status_code, 'value="a@example.com"' in wrong.text) == (422, True)
        assert "/amount: 0 is less than the minimum of 1" in wrong.text
        for _ in range(2):
            sent = await browser.post(made["path"], data={**entered, "f:amount": "7"})
            assert (sent.status_code, "Bye &amp; thanks" in sent.text) == (200, True)
        assert (await browser.post(made["path"], data={"token": "x"})).status_code == 422
        assert (await browser.post(made["path"].replace("/forms/", "/hooks/"), json={})).status_code == 404
        assert (await browser.get("/forms/whk_x")).status_code == 404
    [delivery] = await log(perdure, made)
    assert (delivery["status"], delivery["seen"]) == ("started", 3)
    run = await perdure.ended(delivery["run_id"])
    assert run["output"] == {"email": "a@example.com", "amount": 7, "urgent": True, "kind": "swap"}
    assert run["trigger"] == "form"


async def test_a_form_is_for_people_who_are_signed_in_unless_it_is_made_public(perdure: Perdure) -> None:
    slug = await echoing(perdure, input=SCHEMA)
    made = await hook(perdure, slug, kind="form", settings={"form": {"title": "Ask us"}, "max_bytes": 200})
    path, page = f"/v1/forms/{made['id']}", made["path"]
    assert page == f"/fill/{made['id']}"
    shown = (await perdure.api.get(path)).json()
    assert (shown["title"], shown["input_schema"]) == ("Ask us", SCHEMA)
    token = str(uuid4())
    misfit = await perdure.api.post(path, json={"input": {"email": "a@example.com"}, "token": token})
    assert (misfit.status_code, misfit.json()["code"]) == (422, "invalid_input")
    entered = {"email": "a@example.com", "amount": 7}
    sent = [(await perdure.api.post(path, json={"input": entered, "token": token})).json() for _ in range(2)]
    assert [one["repeated"] for one in sent] == [False, True]
    run = await perdure.ended(sent[0]["run_id"])
    assert (run["output"], run["trigger"], run["started_by"]) == (entered, "form", "operator")
    long = {"input": {**entered, "why": "x" * 200}, "token": str(uuid4())}
    assert (await perdure.api.post(path, json=long)).status_code == 413
    public = {"name": "Shop", "settings": {"form": {"access": "public"}, "filter": "false"}}
    address = (await perdure.api.put(f"/v1/hooks/{made['id']}", json=public)).json()["path"]
    assert address.startswith("/forms/whk_")
    async with outside(perdure) as browser:
        assert (await browser.get(path)).status_code == 401
        assert "script-src 'self'" in (await browser.get(address)).headers["content-security-policy"]
        flood = await asyncio.gather(*(browser.post(address, data={"token": "x"}) for _ in range(2 * SENDINGS)))
        statuses = sorted(one.status_code for one in flood)
        assert (statuses[:SENDINGS], statuses[-1]) == ([422] * SENDINGS, 429)
        closed = {"name": "Shop", "settings": {}}
        await perdure.api.put(f"/v1/hooks/{made['id']}", json=closed)
        asked = await browser.get(address)
        assert (asked.status_code, asked.headers["location"]) == (303, page)
        assert (await browser.post(address, data={"token": token})).status_code == 403
