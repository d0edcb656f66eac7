"""No origin is ever reflected, and no answer lets a page from elsewhere use the cookies of its visitor."""

from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.services import Services
from api.settings import ApiSettings
from tests.support.api_document import api_operations

LISTED: Final = "https://app.example.com"
STRANGERS: Final = (
    "https://evil.example",
    "null",
    "http://app.example.com",
    "https://app.example.com.evil.example",
    "https://evilapp.example.com",
    "https://app.example.com:8443",
    "https://sub.app.example.com",
    "https://app.example.com/",
    "https://app.example.com@evil.example",
    "https://app-example.com",
    "https://app.example.comx",
    "HTTPS://APP.EXAMPLE.COM",
    "https://app.example.com, https://evil.example",
    "http://localhost",
    "file://",
    "*",
    "",
)


def every() -> Iterator[tuple[str, str]]:
    """Method and path of every operation, and of one that is not there."""
    yield "GET", "/v1/nothing"
    for _, method, path in api_operations():
        yield method, path.replace("{", "").replace("}", "")


@pytest.mark.parametrize("origins", [(), (LISTED,)])
async def test_strangers_may_read_nothing(services: Services, origins: tuple[str, ...]) -> None:
    app = create_app(ApiSettings(token=SecretStr("t"), cors_origins=origins), services)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        # Two strangers to each operation, in turn: all meet all would be 20,000 requests.
        for number, (method, path) in enumerate(every()):
            for origin in STRANGERS[number % 9 :: 9]:
                asked = {"Origin": origin, "Access-Control-Request-Method": method}
                for answer in (
                    await client.request(method, path, headers={"Origin": origin}),
                    await client.options(path, headers=asked),
                ):
                    allowed = {name for name in answer.headers if name.startswith("access-control-")}
                    assert not allowed, (method, path, origin, allowed)


async def test_a_listed_origin_never_gets_credentials_and_never_a_star(services: Services) -> None:
    app = create_app(ApiSettings(token=SecretStr("t"), cors_origins=(LISTED,)), services)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        for method, path in every():
            asked = {"Origin": LISTED, "Access-Control-Request-Method": method}
            for answer in (
                await client.request(method, path, headers={"Origin": LISTED}),
                await client.options(path, headers=asked),
            ):
                assert answer.headers["access-control-allow-origin"] == LISTED
                assert "access-control-allow-credentials" not in answer.headers
                assert "origin" in answer.headers["vary"].lower()
