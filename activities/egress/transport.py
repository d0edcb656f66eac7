"""httpx on a connection pool whose connections are all opened by the guarded backend."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from activities.egress.addresses import AddressPolicy
from activities.egress.network import GuardedBackend, Resolver
from activities.egress.settings import EgressSettings

# Shorter than the idle time after which common servers hang up, so that we seldom write to a closed connection.
KEEPALIVE_SECONDS = 4.0


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


class GuardedTransport(httpx.AsyncBaseTransport):
    """The only place where sockets to the outside are opened. Raises the exceptions of httpcore."""

    def __init__(self, settings: EgressSettings, resolver: Resolver) -> None:
        self._pool = _pool(settings, GuardedBackend(AddressPolicy(settings.allow), resolver))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request; redirects are the caller's."""
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._pool.aclose()


def transport_for(library: Any, inner: GuardedTransport) -> Any:
    """The transport for another library of the same make as httpx, such as the ones that SDKs of vendors bring along.

    Args:
        library: The module, with the classes and exceptions of httpx.
        inner: What opens the connections; closed with the client that uses the transport.
    """

    class _Answer(library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, response: httpx.Response) -> None:
            self._response = response

        async def __aiter__(self) -> AsyncIterator[bytes]:
            with _translated(library):
                async for part in self._response.aiter_raw():
                    yield part

        async def aclose(self) -> None:
            await self._response.aclose()

    class _Transport(library.AsyncBaseTransport):  # type: ignore[misc]
        async def handle_async_request(self, request: Any) -> Any:
            ours = httpx.Request(
                request.method,
                str(request.url),
                headers=request.headers.raw,
                content=await request.aread(),
                extensions=request.extensions,
            )
            with _translated(library):
                answer = await inner.handle_async_request(ours)
            return library.Response(answer.status_code, headers=answer.headers.raw, stream=_Answer(answer))

        async def aclose(self) -> None:
            await inner.aclose()

    return _Transport()


@contextmanager
def _translated(library: Any) -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise library.ReadTimeout("timed out") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        raise library.ReadError("the connection broke") from error


def _pool(settings: EgressSettings, backend: GuardedBackend) -> httpcore.AsyncConnectionPool:
    context = httpx.create_ssl_context(trust_env=False)
    if settings.ca_file is not None:
        context.load_verify_locations(settings.ca_file)
    if settings.proxy is not None:
        # The proxy is the operator's choice, hence reached without a check of its address.
        return httpcore.AsyncHTTPProxy(
            settings.proxy,
            ssl_context=context,
            max_connections=settings.max_connections,
            keepalive_expiry=KEEPALIVE_SECONDS,
        )
    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=settings.max_connections,
        keepalive_expiry=KEEPALIVE_SECONDS,
        network_backend=backend,
    )
