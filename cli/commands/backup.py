"""`perdure backup` and `perdure restore`: everything of an installation in one file, and back again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.context import connection_of
from cli.errors import CliError

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", show_default=False)]
TemporalUrls = Annotated[
    list[str] | None,
    typer.Option(
        "--temporal-url",
        envvar="PERDURE_TEMPORAL_DATABASE_URLS",
        help="URL of Temporal's own database, then that of its visibility; where they are PostgreSQL.",
    ),
]


def backup(
    context: typer.Context,
    file: File,
    with_secrets: Annotated[
        bool,
        typer.Option("--with-secrets", help="Put keys and tokens of the data folder in: who has the file has all."),
    ] = False,
    temporal_url: TemporalUrls = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write everything to one file: database, payloads, Temporal's data. Nothing has to stop for it.

    Takes the data folder of `perdure up`, or the database of PERDURE_DATABASE_ADMIN_URL or PERDURE_DATABASE_URL.
    """
    if file.exists() and not force:
        raise CliError(f"{file} is there already; name another one, or replace it with --force")
    from cli.backup.taking import take  # late: the database takes a second to import

    take(connection_of(context).folder, file, _pair(temporal_url), secrets=with_secrets)


def restore(
    context: typer.Context,
    file: File,
    temporal_url: TemporalUrls = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Although encryption keys are missing that it needs.")
    ] = False,
) -> None:
    """Bring everything back from a backup, into an empty data folder or an empty database.

    Runs go on where they were as soon as Perdure starts.
    """
    from cli.backup.restoring import bring_back  # late, as above

    bring_back(connection_of(context).folder, file, _pair(temporal_url), without_keys=without_keys)


def _pair(urls: Sequence[str] | None) -> tuple[str, str] | None:
    if not urls:
        return None
    if len(urls) != 2:
        raise CliError("--temporal-url is given twice: Temporal's database, then that of its visibility")
    return urls[0], urls[1]
