"""Connections to databases of others: only to addresses that requests may go to, and never to another one."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from activities.credentials.vault import Opened
from activities.egress import Egress
from schemas.errors import ErrorCode, PerdureError

CONNECT_SECONDS: Final = 10.0
_CLOSE_SECONDS: Final = 2.0


class _NamedContext(ssl.SSLContext):
    """Checks the certificate for the name of the host although its address is connected to."""

    name: str = ""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """See base class."""
        return super().wrap_bio(incoming, outgoing, server_side, self.name, session)


@asynccontextmanager
async def connected(opened: Opened, egress: Egress, settings: dict[str, str]) -> AsyncIterator[Any]:
    """A connection of asyncpg.

    Args:
        opened: Credential of type postgres.
        egress: Knows which addresses may be reached.
        settings: Of the session, by name.

    Raises:
        PerdureError: `address_denied`, `network`, `timeout`, or `auth_failed` if the server refuses the user.
    """
    public = opened.public
    host, port = public["host"], public["port"]
    addresses = await egress.addresses(host, port)
    try:
        connection = await asyncpg.connect(
            host=addresses,
            port=port,
            user=public["username"],
            database=public["database"],
            password=opened.secret["password"],
            ssl=_tls(public.get("tls", "verify"), host),
            timeout=CONNECT_SECONDS,
            command_timeout=None,
            statement_cache_size=0,
            server_settings=settings,
            passfile="/dev/null",
        )
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        message = f"The database of {opened.name!r} refuses the user, or is not there ({type(error).__name__})."
        raise PerdureError(ErrorCode.AUTH_FAILED, message) from None
    except TimeoutError:
        raise PerdureError(ErrorCode.TIMEOUT, f"{host}:{port} did not answer in time.") from None
    except ssl.SSLError:
        raise PerdureError(ErrorCode.NETWORK, f"The TLS certificate of {host}:{port} cannot be trusted.") from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise PerdureError(ErrorCode.NETWORK, f"{host}:{port} cannot be reached ({type(error).__name__}).") from None
    try:
        yield connection
    finally:
        await _closed(connection)


async def _closed(connection: Any) -> None:
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await connection.close()
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


def _tls(wanted: str, host: str) -> ssl.SSLContext | bool:
    if wanted == "off":
        return False
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.name = host
    if wanted == "verify":
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
