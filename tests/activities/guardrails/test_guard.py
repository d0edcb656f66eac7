"""What guardrails find, what they mask, and whose verdict counts."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.step import Services
from schemas.guardrails import Action, Inspection
from tests.activities.knowledge.test_pdf import pdf
from tests.support.perdure import model_server
from tests.support.steps import run_step, services, step_input

__all__ = ["model_server"]


@pytest.fixture
async def given() -> AsyncIterator[Services]:
    async with services() as found:
        yield found


async def look(given: Services, *guardrails: dict[str, Any], text: str, stage: str = "input") -> Inspection:
    config = {"guardrails": list(guardrails), "stage": stage, "texts": [text, "Nothing here."]}
    return Inspection.model_validate((await run_step(given, step_input("guard", config))).output)


async def test_what_is_masked_is_gone_for_the_next_and_the_strictest_counts(given: Services) -> None:
    text = "I am ada@example.com, password: hunter2!x"
    found = await look(given, {"type": "pii"}, {"type": "secrets"}, text=text)
    assert found.verdict == Action.MASK
    assert found.texts == ("I am [e-mail address], password: [secret]", "Nothing here.")
    assert found.reason == "pii: 1 e-mail address; secrets: 1 secret"
    sees_nothing = {"type": "cel", "name": "no mail", "when": "text.contains('@')", "action": "block"}
    assert (await look(given, {"type": "pii"}, sees_nothing, text=text)).verdict == Action.MASK
    strict = await look(given, {"type": "pii", "action": "ask"}, sees_nothing, text=text)
    assert strict.verdict == Action.BLOCK
    assert strict.texts[0] == text
    assert [finding.guardrail for finding in strict.findings] == ["pii", "no mail"]
    assert (await look(given, {"type": "pii", "on": ["output"]}, text=text)).verdict == "pass"
    broken = {"type": "cel", "when": "text.nothing > 3"}
    assert (await look(given, broken, text="")).verdict == Action.BLOCK


async def test_output_must_have_its_form(given: Services) -> None:
    schema = {"type": "schema", "schema": {"type": "object", "required": ["a"]}}
    good = {"guardrails": [schema], "stage": "output", "texts": ['{"a": 1}']}
    assert (await run_step(given, step_input("guard", good))).output["verdict"] == "pass"
    assert (await look(given, schema, text="{}", stage="output")).reason == "schema: the data does not fit at its root"
    assert (await look(given, schema, text="hello", stage="output")).verdict == Action.BLOCK
    # What tools are given is looked at word by word, and no word is data of that form.
    with pytest.raises(ApplicationError, match="own schema"):
        await look(given, {**schema, "on": ["output", "call"]}, text="{}", stage="output")


async def test_files_are_looked_at_as_a_model_reads_them_and_images_are_told(given: Services) -> None:
    def part(name: str, media_type: str, content: bytes) -> dict[str, Any]:
        data = base64.b64encode(content).decode()
        return {"type": "file", "name": name, "media_type": media_type, "data": data}

    files = [
        part("plain.txt", "text/plain", b"Nothing here."),
        part("list.csv", "text/csv", b"Ada;ada@example.com"),
        part("letter.pdf", "application/pdf", pdf("Write to bo@example.com")),
        part("photo.png", "image/png", b"\x89PNG"),
    ]
    form = {"type": "schema", "on": ["input"], "schema": {"type": "object"}}
    config = {"guardrails": [{"type": "pii"}, form], "stage": "input", "texts": ["{}"], "files": files}
    found = Inspection.model_validate((await run_step(given, step_input("guard", config))).output)
    assert (found.verdict, found.reason) == (Action.MASK, "pii: 2 e-mail addresses")
    plain, table, letter, photo = found.files
    assert (plain, photo) == (None, None)
    assert table == "<file name='list.csv'>\nAda;[e-mail address]\n</file>"
    assert letter is not None
    assert "[e-mail address]" in letter
    assert "bo@" not in letter
    assert found.unseen == ("photo.png",)
