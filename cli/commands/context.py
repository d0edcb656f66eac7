"""What the commands are given by the options before them."""

import typer

from cli.settings import Connection


def connection_of(context: typer.Context) -> Connection:
    """Connection named by the global options."""
    connection = context.find_object(Connection)
    return connection if connection is not None else Connection()
