"""`perdure login-link`: another link to sign in, when the one that `perdure up` printed is used up."""

import sys
from typing import Annotated

import typer

from cli.client import ApiClient
from cli.commands.context import connection_of
from cli.login_link import new_link


def login_link(
    context: typer.Context,
    email: Annotated[
        str | None, typer.Option("--email", help="Account to sign in to; the first owner by default.")
    ] = None,
    forget_password: Annotated[
        bool, typer.Option("--forget-password", help="Using it ends all sessions and lets choose a new password.")
    ] = False,
) -> None:
    """Print a link that signs in once, within an hour; on a fresh installation it makes the owner."""
    with ApiClient.of(connection_of(context)) as client:
        link = new_link(client, "login", email=email, forget_password=forget_password)
        sys.stdout.write(link + "\n")
