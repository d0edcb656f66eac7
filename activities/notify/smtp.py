"""Hands a mail to a mail server, and says in our words what went wrong.

The hand-over has one moment of truth, the answer to the mail's last line. `before` is called right before the mail
itself is sent: what fails until then, or is answered with a refusal, has certainly not been taken.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import aiosmtplib

from activities.egress.addresses import AddressPolicy, literal
from activities.egress.network import denied, system_resolver
from engine.foreign_text import one_line
from schemas.errors import ErrorCode, PerdureError

_SIGN_IN: Final = range(530, 539)
_PERMANENT: Final = 500


class LostAnswerError(PerdureError):
    """The mail was sent, and whether it was taken is not known."""


@dataclass(frozen=True)
class MailRoute:
    """A mail server and how to talk to it."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 30.0
    guarded: bool = False
    """Whether only public addresses may be reached: a workspace named the server, not the operator."""


async def hand_in(
    route: MailRoute,
    policy: AddressPolicy,
    mail: bytes,
    sender: str,
    recipient: str,
    before: Callable[[], Awaitable[bool]],
) -> bool:
    """Send a mail; false if `before` says that this is not to happen any more.

    Raises:
        LostAnswerError: the connection broke when the server had the mail, or a part of it.
        PerdureError: `upstream_refused` if it will never be taken; `network`, `timeout`, `upstream_failed` if it may be
            taken later; `address_denied`.
    """
    handed = False
    client = await _client(route, policy)
    try:
        await client.connect()
        await client.mail(sender)
        await client.rcpt(recipient)
        if not await before():
            return False
        handed = True
        await client.data(mail)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _translated(route, error, handed=handed) from None
    finally:
        await _leave(client)
    return True


async def _client(route: MailRoute, policy: AddressPolicy) -> aiosmtplib.SMTP:
    guarded = await _guarded_socket(route, policy) if route.guarded else None
    return aiosmtplib.SMTP(
        hostname=route.host,
        port=route.port if guarded is None else None,
        sock=guarded,
        username=route.username,
        password=route.password,
        timeout=route.timeout,
        use_tls=route.security == "tls",
        start_tls=route.security == "starttls",
        cert_bundle=None if route.ca_file is None else str(route.ca_file),
        local_hostname="perdure",
    )


async def _guarded_socket(route: MailRoute, policy: AddressPolicy) -> socket.socket:
    """A connection to a checked address of the server; there is no second look-up after the check.

    Raises:
        PerdureError: `address_denied`, `network`, `timeout`.
    """
    try:
        async with asyncio.timeout(route.timeout):
            found = [literal(text) for text in await system_resolver(route.host, route.port)]
            known = [address for address in found if address is not None]
            if len(known) < len(found) or any(policy.refused(route.host, route.port, known)):
                raise denied(route.host)
            for address in known:
                made = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
                made.settimeout(0)
                try:
                    await asyncio.get_running_loop().sock_connect(made, (str(address), route.port))
                except OSError:
                    made.close()
                    continue
                return made
    except TimeoutError:
        raise PerdureError(ErrorCode.TIMEOUT, f"{route.host} did not answer in time.") from None
    except OSError:
        raise PerdureError(ErrorCode.NETWORK, f"The host name {route.host} cannot be resolved.") from None
    raise PerdureError(ErrorCode.NETWORK, f"{route.host} cannot be reached.")


async def _leave(client: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError):
        if client.is_connected:
            await client.quit()
    client.close()


def _translated(route: MailRoute, error: Exception, *, handed: bool) -> PerdureError:
    """The error in our words. What the server says may quote the mail, so it is cut short."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refusal(route, error.code, error.message)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        first = error.recipients[0]
        return _refusal(route, first.code, first.message)
    if handed:
        message = f"{route.host} did not say whether it has taken the mail; it is sent again under the same id."
        return LostAnswerError(ErrorCode.NETWORK, message)
    if isinstance(error, TimeoutError):
        return PerdureError(ErrorCode.TIMEOUT, f"{route.host} did not answer in time.")
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return PerdureError(ErrorCode.NETWORK, f"The TLS certificate of {route.host} cannot be trusted.")
    if isinstance(error, aiosmtplib.SMTPNotSupported | ValueError):
        return PerdureError(ErrorCode.UPSTREAM_FAILED, f"{route.host} does not offer what its settings ask for.")
    return PerdureError(ErrorCode.NETWORK, f"{route.host} cannot be reached, or broke the connection off.")


def _refusal(route: MailRoute, code: int, message: str) -> PerdureError:
    if code in _SIGN_IN:
        # An admin may correct the password, so the mail waits for that.
        return PerdureError(ErrorCode.UPSTREAM_FAILED, f"{route.host} refused the sign-in ({code}).")
    text = f"{route.host} answered {code}: {one_line(message, 200)}"
    return PerdureError(ErrorCode.UPSTREAM_REFUSED if code >= _PERMANENT else ErrorCode.UPSTREAM_FAILED, text)
