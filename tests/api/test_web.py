"""The built web app: its files, its start page for every address of its own, and nothing in the way of the API."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.services import Services
from api.settings import ApiSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>app</title>")
    (tmp_path / "assets/app-abc.js").write_text("plain()")
    (tmp_path / "assets/app-abc.js.br").write_bytes(b"brotli")
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
async def browser(services: Services, folder: Path):
    app = create_app(ApiSettings(token=SecretStr("t"), web_dir=folder), services)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/runs", "/workflows/refund-mails/edit", "/v10"])
async def test_every_address_of_the_app_gives_its_start_page(browser: httpx.AsyncClient, path: str):
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self';" in answer.headers["content-security-policy"]


async def test_a_file_is_kept_for_ever_and_sent_compressed(browser: httpx.AsyncClient):
    request = browser.build_request("GET", "/assets/app-abc.js", headers={"Accept-Encoding": "gzip, br"})
    answer = await browser.send(request, stream=True)
    assert b"".join([part async for part in answer.aiter_raw()]) == b"brotli"
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    plain = await browser.get("/assets/app-abc.js", headers={"Accept-Encoding": "identity"})
    assert (plain.text, plain.headers.get("content-encoding")) == ("plain()", None)


async def test_an_unchanged_page_is_not_sent_again(browser: httpx.AsyncClient):
    tag = (await browser.get("/")).headers["etag"]
    assert (await browser.get("/runs", headers={"If-None-Match": tag})).status_code == 304


@pytest.mark.parametrize(
    "path", ["/assets/gone.js", "/gone.png", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/a%00b.js"]
)
async def test_nothing_else_is_served(browser: httpx.AsyncClient, path: str):
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_the_api_is_not_covered(browser: httpx.AsyncClient):
    assert (await browser.get("/v1/nothing")).json()["code"] == "not_found"
    assert (await browser.get("/v1/runs")).status_code == 401
    assert (await browser.put("/v1/runs")).status_code == 405
    assert (await browser.post("/runs")).status_code in (404, 405)


async def test_without_a_build_it_says_what_to_do(services: Services, tmp_path: Path):
    app = create_app(ApiSettings(token=SecretStr("t"), web_dir=tmp_path), services)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api") as client:
        answer = await client.get("/")
    assert (answer.status_code, "make web" in answer.text) == (404, True)
