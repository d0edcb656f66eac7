"""Knowledge bases and memories: documents really taken in, searched, changed; facts kept, recalled, erased."""

import base64
import io
import zipfile
from typing import Any

import pytest
from sqlalchemy import text

from activities.knowledge.chunking import pieces
from activities.knowledge.extraction import DOCX, Section, extract
from schemas.errors import PerdureError
from tests.api.test_gate import check_problem
from tests.support.perdure import Perdure, model_server, perdure, plumbing, worker
from tests.support.polling import eventually

__all__ = ["model_server", "perdure", "plumbing", "worker"]

HANDBOOK = """# Refunds

A refund is paid within fourteen days to the card that was used.

# Shipping

Parcels leave our warehouse in Leipzig every morning.

# Holidays

The office is closed between Christmas and New Year.
"""


async def put(inside: Perdure, slug: str, **body: Any) -> dict[str, Any]:
    """Put a document there and wait until it is taken in, or cannot be."""
    answer = await inside.api.post(f"/v1/knowledge/{slug}/documents", json=body)
    assert answer.is_success, answer.text
    path = f"/v1/knowledge/{slug}/documents/{answer.json()['id']}"

    async def over() -> dict[str, Any] | None:
        shown: dict[str, Any] = (await inside.api.get(path)).json()
        return shown if shown["status"] in ("ready", "failed") else None

    found = await eventually(over, seconds=60)
    assert found is not None
    return found


async def search(inside: Perdure, slug: str, query: str, **body: Any) -> list[dict[str, Any]]:
    """What is found."""
    answer = await inside.api.post(f"/v1/knowledge/{slug}/search", json={"query": query, **body})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_documents_are_taken_in_found_and_changed(perdure: Perdure) -> None:
    made = await perdure.api.post("/v1/knowledge", json={"name": "Handbook", "chunk_chars": 300})
    assert made.status_code == 201, made.text
    check_problem(await perdure.api.post("/v1/knowledge", json={"name": "Handbook"}), 409, "conflict")
    document = await put(perdure, "handbook", name="Handbook.md", text=HANDBOOK, metadata={"team": "support"})
    assert (document["status"], document["chunks"], document["embedded"], document["reused"]) == ("ready", 3, 3, 0)
    await put(perdure, "handbook", name="Other.txt", text="Refund refund refund of another team.")
    for mode in ("hybrid", "dense", "text"):
        best = (await search(perdure, "handbook", "refund paid to the card", mode=mode))[0]
        assert (best["document"], best["heading"]) == ("Handbook.md", "Refunds"), mode
        assert best["citation"] == "Handbook.md, Refunds"
    limited = await search(perdure, "handbook", "refund", filter={"team": "support"})
    assert {one["document"] for one in limited} == {"Handbook.md"}
    assert await search(perdure, "handbook", "refund", filter={"team": "sales"}) == []
    changed = await put(
        perdure, "handbook", name="Handbook.md", text=HANDBOOK.replace("Leipzig", "Hamburg"), metadata={"team": "x"}
    )
    assert (changed["revision"], changed["chunks"], changed["reused"]) == (2, 3, 2)
    found = await search(perdure, "handbook", "parcels warehouse", top_k=1)
    assert "Hamburg" in found[0]["text"]
    assert not [one for one in await search(perdure, "handbook", "Leipzig", mode="text") if "Leipzig" in one["text"]]
    async with perdure.database.tenant(perdure.workspace_id) as session:
        spent = await session.scalar(text("SELECT sum(tokens_in) FROM usage_entries"))
    assert spent
    shown = (await perdure.api.get("/v1/knowledge/handbook")).json()
    assert (shown["documents"], shown["ready"], shown["chunks"]) == (2, 2, 4)
    chunks = (await perdure.api.get(f"/v1/knowledge/handbook/documents/{document['id']}/chunks")).json()["items"]
    assert [chunk["heading"] for chunk in chunks] == ["Refunds", "Shipping", "Holidays"]
    assert (await perdure.api.delete(f"/v1/knowledge/handbook/documents/{document['id']}")).status_code == 204
    assert {one["document"] for one in await search(perdure, "handbook", "refund paid to the card")} == {"Other.txt"}
    unread = await put(perdure, "handbook", name="x.docx", content=base64.b64encode(b"no zip").decode())
    assert (unread["status"], unread["error"]["code"]) == ("failed", "invalid_input")
    assert (await perdure.api.delete("/v1/knowledge/handbook")).status_code == 204
    check_problem(await perdure.api.post("/v1/knowledge/handbook/search", json={"query": "x"}), 404, "not_found")


async def test_what_has_no_vectors_is_found_by_its_words(perdure: Perdure) -> None:
    body = {"name": "Faults", "model": "anthropic/none", "chunk_chars": 200, "overlap_chars": 0}
    assert (await perdure.api.post("/v1/knowledge", json=body)).status_code == 201
    text = "\n\n".join(f"# Fault {number}\n\nThe display says ERR-{number}, once." for number in range(4700, 4720))
    failed = await put(perdure, "faults", name="Faults.md", text=text)
    assert (failed["status"], failed["chunks"], failed["embedded"]) == ("failed", 20, 0)
    assert (await perdure.api.get("/v1/knowledge/faults")).json()["dimensions"] is None
    for mode in ("text", "hybrid"):
        best = (await search(perdure, "faults", "what does err-4711 mean", mode=mode))[0]
        assert (best["heading"], best["similarity"], best["citation"]) == ("Fault 4711", None, "Faults.md, Fault 4711")
    assert await search(perdure, "faults", "ERR-4711", mode="dense") == []
    assert (await perdure.api.delete("/v1/knowledge/faults")).status_code == 204


async def test_what_is_deleted_hides_nothing_from_a_search(perdure: Perdure) -> None:
    await perdure.api.post("/v1/knowledge", json={"name": "Pots", "chunk_chars": 200, "overlap_chars": 0})
    many = "\n\n".join(f"# Teapot {number}\n\nTeapot teapot teapot." for number in range(80))
    gone = await put(perdure, "pots", name="Many.md", text=many)
    assert gone["chunks"] == 80
    await put(perdure, "pots", name="One.txt", text="A teapot of clay, made long ago in a far country by an old man.")
    best = (await search(perdure, "pots", "teapot teapot teapot", mode="dense"))[0]
    assert best["document"] == "Many.md"
    assert (await perdure.api.delete(f"/v1/knowledge/pots/documents/{gone['id']}")).status_code == 204
    found = await search(perdure, "pots", "teapot teapot teapot", mode="dense")
    assert {one["document"] for one in found} == {"One.txt"}

    async def cleared() -> bool:
        async with perdure.database.tenant(perdure.workspace_id) as session:
            return await session.scalar(text("SELECT count(*) FROM knowledge_removals")) == 0

    await eventually(cleared, seconds=30)


async def test_steps_look_things_up_and_keep_facts(perdure: Perdure) -> None:
    await perdure.api.post("/v1/knowledge", json={"name": "Handbook"})
    await put(perdure, "handbook", name="Handbook.md", text=HANDBOOK)
    kept = {"memory": "helper", "facts": ["Ada likes tea.", " ada  likes TEA."], "subject": "ada"}
    run = await perdure.run(
        [
            {"id": "look", "kind": "retrieve", "with": {"knowledge": ["handbook"], "query": "refund card", "top_k": 1}},
            {"id": "keep", "kind": "remember", "with": kept},
            {"id": "know", "kind": "retrieve", "with": {"memory": "helper", "query": "what does Ada like"}},
        ],
        ["look>keep", "keep>know"],
        output={"text": "{{ nodes.look.output.text }}", "facts": "{{ nodes.know.output.text }}"},
    )
    assert run["status"] == "completed", run
    assert run["output"]["text"].startswith("[1] Handbook.md, Refunds\n")
    assert run["output"]["facts"] == "- Ada likes tea."
    missing = {"id": "a", "kind": "retrieve", "with": {"knowledge": ["nothing"], "query": "x"}}
    assert (await perdure.run([missing]))["error"]["code"] == "not_found"
    [fact] = (await perdure.api.get("/v1/memories", params={"subject": "ada"})).json()["items"]
    assert fact["source"] == {"run_id": run["id"], "path": "keep"}
    changed = await perdure.api.patch(f"/v1/memories/{fact['id']}", json={"text": "Ada likes coffee."})
    assert changed.json()["text"] == "Ada likes coffee."
    body = {"memory": "helper", "text": "Ada likes coffee.", "subject": "ada"}
    check_problem(await perdure.api.post("/v1/memories", json=body), 409, "conflict")
    over = {"memory": "helper", "text": "Over.", "subject": "ada", "expires_at": "2000-01-01T00:00:00Z"}
    assert (await perdure.api.post("/v1/memories", json=over)).status_code == 201
    recalled = await perdure.run([{"id": "a", "kind": "retrieve", "with": {"memory": "helper", "query": "coffee"}}])
    assert recalled["output"]["text"] == "- Ada likes coffee."
    erased = await perdure.api.post("/v1/memories/erase", json={"subject": "ada"})
    assert erased.json() == {"count": 2}


def test_documents_are_read_with_pages_and_headings() -> None:
    html = "<html><body><h1>One</h1><p>First.</p><script>bad()</script><h2>Two</h2><p>Second.</p></body></html>"
    sections = extract("page.html", "text/html", html.encode())
    assert [(one.heading, one.text.strip()) for one in sections] == [("One", "First."), ("Two", "Second.")]
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = (
        f'<w:document xmlns:w="{word}"><w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r>'
        "<w:t>Head</w:t></w:r></w:p><w:p><w:r><w:t>Text.</w:t></w:r></w:p></w:body></w:document>"
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("word/document.xml", body)
    assert extract("a.docx", DOCX, held.getvalue()) == [Section("Text.", "Head")]
    for name, content in (("a.docx", b"PK"), ("a.exe", b"MZ")):
        with pytest.raises(PerdureError, match="cannot be read"):
            extract(name, "application/octet-stream", content)


def test_pieces_are_bounded_and_each_is_kept_once() -> None:
    long = " ".join(f"Sentence number {number} stands here." for number in range(100))
    cut = pieces([Section(f"{long}\n\nShort.\n\nShort."), Section("Same.", "A"), Section("Same.", "A")], 200, 50)
    assert max(len(piece.text) for piece in cut) <= 200
    assert [piece.position for piece in cut] == list(range(len(cut)))
    assert sum(piece.text == "A\n\nSame." for piece in cut) == 1
    assert "number 57 " in "".join(piece.text for piece in cut)
