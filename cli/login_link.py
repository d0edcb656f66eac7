"""Links that work once: to sign in to the Perdure of this machine, or to set up a fresh one."""

import ipaddress

from cli.client import ApiClient
from cli.errors import CliError
from cli.process.stack import Stack


def sign_in_link(stack: Stack) -> str | None:
    """What `perdure up` prints: a sign-in on a loopback address; elsewhere the set-up, as long as nobody owns it.

    Nothing if there is no link to be had; that must not keep anybody from working.
    """
    try:
        with ApiClient(stack.api_url, stack.api_token) as client:
            if is_loopback(stack.setup.host):
                return new_link(client, "login")
            return None if client.get("/v1/setup")["done"] else new_link(client, "setup")
    except (CliError, LookupError):
        return None


def new_link(client: ApiClient, purpose: str, *, email: str | None = None, forget_password: bool = False) -> str:
    """A link that works once, for `login` or `setup`.

    Args:
        client: With the operator's token.
        purpose: What the link is for.
        email: Account to sign in to; the first owner by default.
        forget_password: Whether its use ends all sessions and lets choose a new password.

    Raises:
        CliError: The API refuses.
    """
    ticket = client.post("/v1/auth/tickets", {"purpose": purpose, "email": email, "forget_password": forget_password})
    return f"{client.url}{ticket['path']}"


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
