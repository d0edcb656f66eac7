"""No spelling, name or redirect leads to an address that is not public."""

import asyncio
from collections.abc import Sequence

import pytest

from activities.egress import Egress, EgressRequest, EgressSettings
from schemas.errors import ErrorCode, PerdureError
from tests.support.egress import failure, get, reach
from tests.support.http_server import Received, answer, http_server

REFUSED = {ErrorCode.ADDRESS_DENIED, ErrorCode.INVALID_CONFIG}


class Names:
    """A resolver whose answers a test chooses; the last one is repeated."""

    def __init__(self, **answers: list[Sequence[str]]) -> None:
        self.asked: list[str] = []
        self._answers = {name.replace("_", "."): list(given) for name, given in answers.items()}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self._answers:
            raise OSError("unknown")
        given = self._answers[host]
        return given.pop(0) if len(given) > 1 else given[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:8080/",
        "http://localhost/",
        "http://LOCALHOST/",
        "http://localhost./",
        "http://localhost.:80/",
        "http://0/",
        "http://0.0.0.0/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0X7F.1/",
        "http://127.0.0.1./",
        "http://%31%32%37.0.0.1/",
        "http://127.0.0.1%2f@example.com/",
        "http://%6c%6f%63%61%6c%68%6f%73%74/",
        "http://example.com@127.0.0.1/",
        "http://user:pass@127.0.0.1/",
        "http://127.0.0.1\\@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[fd00:ec2::254]/latest/meta-data",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://169.254.43518/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://ⓛocalhost/",
        "http://\uff11\uff12\uff17.0.0.1/",
    ],
)
async def test_private_addresses_in_many_spellings(url: str) -> None:
    async with Egress(EgressSettings()) as egress:
        error = await failure(egress, url, timeout=5)
        assert error.code in REFUSED, error
        assert not error.info.reaction.retryable


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "example.com",
        "//example.com",
        "/path",
        "http://",
        "http:///path",
        "http:example.com",
        "http://:80",
        "http://exa mple.com/",
        "http://[::1",
        "http://]/",
        "http://example.com:99999/",
        "http://example.com:-1/",
        "http://example.com:0/",
        "http://example.com:http/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_PING",
        "javascript:alert(1)",
        "data:text/plain,hi",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
        "unix:///var/run/docker.sock",
        "http://a\tb/",
        "http://a\r\nb/",
        "http://a\x00b/",
        "http://" + "a" * 70_000,
        "http://..",
        "http://\ud800/",
        "http://xn--/",
    ],
)
async def test_malformed_urls(url: str) -> None:
    async with Egress(EgressSettings()) as egress:
        error = await failure(egress, url, timeout=5)
        assert error.code in REFUSED, error
        assert error.info.message.endswith(".")
        assert len(error.info.message) < 200


async def test_a_name_of_a_private_address() -> None:
    names = Names(intern_example=[["10.1.2.3"]], mixed_example=[["93.184.215.14", "127.0.0.1"]], odd_example=[["x"]])
    async with Egress(EgressSettings(), names) as egress:
        for host in ("intern.example", "mixed.example", "odd.example"):
            error = await failure(egress, f"http://{host}/")
            assert error.code is ErrorCode.ADDRESS_DENIED
            assert "10.1.2.3" not in error.info.message


async def test_a_name_that_does_not_resolve() -> None:
    async with Egress(EgressSettings(), Names(empty_example=[[]])) as egress:
        assert (await failure(egress, "http://nowhere.example/")).code is ErrorCode.NETWORK
        assert (await failure(egress, "http://empty.example/")).code is ErrorCode.NETWORK


async def test_a_name_that_changes_its_answer_is_asked_once_per_connection() -> None:
    """DNS rebinding: public when it is checked, private a moment later."""
    names = Names(rebind_example=[["203.0.113.1"], ["127.0.0.1"]])
    async with http_server() as server:
        # The first address is allowed but answers nothing; no second look-up may happen for this connection.
        async with Egress(EgressSettings(allow=("203.0.113.1/32",), connect_timeout=0.2), names) as egress:
            error = await failure(egress, f"http://rebind.example:{server.port}/")
            assert error.code in (ErrorCode.TIMEOUT, ErrorCode.NETWORK)
            assert names.asked == ["rebind.example"]
            error = await failure(egress, f"http://rebind.example:{server.port}/")
            assert error.code is ErrorCode.ADDRESS_DENIED
        assert server.received == []


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    names = Names(service_example=[["127.0.0.1"], ["10.0.0.1"]])
    async with http_server() as server:
        async with Egress(EgressSettings(allow=(f"127.0.0.1:{server.port}",)), names) as egress:
            await get(egress, f"http://service.example:{server.port}/")
        assert server.received[0].headers["host"] == f"service.example:{server.port}"


async def test_an_allowed_address_that_is_down_is_followed_by_the_next() -> None:
    async with http_server() as server:
        names = Names(service_example=[["127.0.0.2", "127.0.0.1"]])
        settings = EgressSettings(allow=(f"service.example:{server.port}",), connect_timeout=2)
        async with Egress(settings, names) as egress:
            assert (await get(egress, f"http://service.example:{server.port}/")).status == 200


async def test_a_closed_port_and_a_timeout_are_transient() -> None:
    async with reach() as (egress, server):
        pass
    async with Egress(EgressSettings(allow=("127.0.0.0/8",))) as egress:
        error = await failure(egress, server.url)
        assert error.code is ErrorCode.NETWORK
        assert error.info.reaction.retryable


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:1/",
        "http://[::ffff:10.0.0.1]/",
        "//127.0.0.1:1/",
        "http://2130706433/",
        "http://user:pw@127.0.0.1/",
    ],
)
async def test_a_redirect_to_a_private_address(target: str) -> None:
    async def lure(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status=302, headers={"location": target}))

    async with reach(lure) as (egress, server):
        assert (await failure(egress, server.url)).code in REFUSED


async def test_a_proxy_is_not_asked_for_a_private_address() -> None:
    async with http_server() as proxy, Egress(EgressSettings(proxy=proxy.url)) as egress:
        assert (await failure(egress, "http://169.254.169.254/")).code is ErrorCode.ADDRESS_DENIED
        assert (await get(egress, "http://public.example/page")).status == 200
        assert [request.target for request in proxy.received] == ["http://public.example/page"]


async def test_hundreds_of_refusals_leave_the_client_usable() -> None:
    async with reach(max_connections=5) as (egress, server):
        tries = (egress.send(EgressRequest("GET", "http://10.0.0.1/")) for _ in range(300))
        errors = await asyncio.gather(*tries, return_exceptions=True)
        assert all(isinstance(error, PerdureError) for error in errors)
        assert (await get(egress, server.url)).status == 200
