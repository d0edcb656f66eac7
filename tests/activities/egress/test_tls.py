"""Certificates are verified, for the name and not for the address that is connected to.

`tls/` holds a self-signed certificate for service.example, made for this test and trusted by nobody else.
"""

import ssl
from collections.abc import Sequence
from pathlib import Path

from activities.egress import Egress, EgressSettings
from schemas.errors import ErrorCode
from tests.support.egress import failure, get
from tests.support.http_server import http_server

TLS = Path(__file__).parent / "tls"


async def loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "server.pem", TLS / "server.key")
    return context


def settings(ca_file: Path | None) -> EgressSettings:
    return EgressSettings(allow=("127.0.0.0/8",), ca_file=ca_file)


async def test_a_certificate_of_a_configured_authority_is_trusted() -> None:
    async with http_server(tls=server_context()) as server, Egress(settings(TLS / "server.pem"), loopback) as egress:
        assert (await get(egress, f"https://service.example:{server.port}/")).status == 200


async def test_an_unknown_authority_is_not() -> None:
    async with http_server(tls=server_context()) as server, Egress(settings(None), loopback) as egress:
        error = await failure(egress, f"https://service.example:{server.port}/")
        assert error.code is ErrorCode.NETWORK
        assert "certificate" in error.info.message


async def test_a_certificate_for_another_name_is_not() -> None:
    async with http_server(tls=server_context()) as server, Egress(settings(TLS / "server.pem"), loopback) as egress:
        error = await failure(egress, f"https://other.example:{server.port}/")
        assert "certificate" in error.info.message
