"""`perdure credentials …`: store secrets that steps use, and change the keys that encrypt them."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient
from cli.commands.context import connection_of
from cli.commands.run import print_json
from cli.commands.runs import items_of
from cli.commands.services import run_service
from cli.console import print_rows, say
from cli.data_folder import DataFolder
from cli.errors import CliError

app = typer.Typer(no_args_is_help=True, help="Store secrets that steps use, and change the keys that encrypt them.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the credential.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Although workflows use it.")]


@app.command("list")
def list_credentials(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's answer.")] = False,
) -> None:
    """List credentials; values are never shown."""
    with ApiClient.of(connection_of(context)) as api:
        answer = api.get("/v1/credentials", limit=200)
    if as_json:
        print_json(answer)
        return
    print_rows((one["name"], one["type"], f"…{one['hint']}" if one["hint"] else "") for one in items_of(answer))


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="How workflows call it.", show_default=False)],
    type_name: Annotated[
        str, typer.Option("--type", help="bearer, api_key, basic, header, llm_provider, …")
    ] = "bearer",
    public: Annotated[
        list[str] | None, typer.Option("--set", help="A field that is not secret, as name=value.")
    ] = None,
    hosts: Annotated[list[str] | None, typer.Option("--host", help="Where it may be sent; may be repeated.")] = None,
    workflows: Annotated[list[str] | None, typer.Option("--workflow", help="Who may use it; may be repeated.")] = None,
) -> None:
    """Store a credential; its secret fields are asked for, or read from stdin as a JSON object."""
    body = {
        "name": name,
        "type": type_name,
        "public": dict(_pair(text) for text in public or ()),
        "hosts": hosts or None,
        "workflows": workflows or None,
    }
    with ApiClient.of(connection_of(context)) as api:
        made = api.post("/v1/credentials", {**body, "secret": _secret(api, type_name)})
    say(f"[green]stored[/] {made['name']} ({made['id']})")


@app.command()
def delete(context: typer.Context, name: Name, force: Force = False) -> None:
    """Delete a credential with its value."""
    with ApiClient.of(connection_of(context)) as api:
        api.delete(f"/v1/credentials/{name}", force=force or None)
    say("[green]deleted[/]")


@app.command()
def rotate(
    context: typer.Context,
    new_key: Annotated[bool, typer.Option("--new-key", help="First make a new key in the key file.")] = False,
    forget_old: Annotated[
        bool, typer.Option("--forget-old", help="In the end remove older keys from the key file. Backups need them.")
    ] = False,
) -> None:
    """Wrap all secrets of the database in the newest encryption key. Everything keeps running meanwhile.

    Works on the database itself, so it is run where the keys are: with the environment of the API, or on the machine
    of `perdure up`.
    """
    folder = connection_of(context).folder
    path = _key_file(folder)
    if (new_key or forget_old) and path is None:
        raise CliError(
            "the keys are in PERDURE_ENCRYPTION_KEYS: append the new one there and restart all processes, then put it "
            "first and restart them again, then run this command without --new-key and --forget-old"
        )
    from engine.secrets.key_file import add_key, keep_newest  # late: the database takes a second to import

    if new_key and path is not None:
        say(f"made the key {add_key(path)}")
    run_service(_rotate(folder, path))
    if forget_old and path is not None:
        for name in keep_newest(path):
            say(f"removed the key {name}; secrets in backups from before now need it")


async def _rotate(folder: DataFolder, path: Path | None) -> None:
    from db.session import Database
    from engine.secrets import Encryption, EncryptionSettings
    from engine.secrets.rotation import keys_in_use, rotate

    encryption = Encryption(EncryptionSettings(keys_file=path) if path is not None else EncryptionSettings())
    database = Database(_database_url(folder))
    try:
        done = await rotate(database, encryption)
        say(f"[green]{done.rewrapped} secret(s) wrapped in the newest key[/]")
        for name, count in sorted((await keys_in_use(database)).items()):
            say(f"  {name}: {count}")
        if done.unreadable:
            raise CliError(f"{done.unreadable} secret(s) cannot be read with any configured key; add the key they need")
    finally:
        await database.dispose()


def _key_file(folder: DataFolder) -> Path | None:
    """The file that holds the keys; nothing if the environment holds them itself.

    Raises:
        CliError: There are no keys.
    """
    if os.environ.get("PERDURE_ENCRYPTION_KEYS"):
        return None
    named = os.environ.get("PERDURE_ENCRYPTION_KEYS_FILE")
    path = Path(named) if named else folder.path / "encryption-keys"
    if not path.exists():
        raise CliError(
            "there are no encryption keys: set PERDURE_ENCRYPTION_KEYS or PERDURE_ENCRYPTION_KEYS_FILE "
            f"(looked for {path} too)"
        )
    return path


def _database_url(folder: DataFolder) -> str:
    if url := os.environ.get("PERDURE_DATABASE_URL") or os.environ.get("DATABASE_URL"):
        return url
    from cli.embedded import postgres

    running = postgres.running(folder.path)
    if running is None:
        raise CliError(f"no database: set PERDURE_DATABASE_URL, or start `perdure up` (looked in {folder.path} too)")
    return running.url


def _secret(api: ApiClient, type_name: str) -> dict[str, Any]:
    """The secret fields: asked for without echo, or read from stdin."""
    if not sys.stdin.isatty():
        return _from_stdin()
    kinds = {kind["name"]: kind for kind in items_of(api.get("/v1/credential-types"))}
    if type_name not in kinds:
        raise CliError(f"there is no type {type_name!r}; there are {', '.join(sorted(kinds))}")
    fields = kinds[type_name]["secret_schema"].get("properties") or {}
    if not fields:
        raise CliError(f"pipe the secret fields of a {type_name} credential as a JSON object into this command")
    return {name: typer.prompt(name, hide_input=True, err=True) for name in fields}


def _from_stdin() -> dict[str, Any]:
    try:
        given = json.load(sys.stdin)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise CliError('stdin must be a JSON object of secret fields, such as {"token": "…"}')
    return given


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CliError("--set wants name=value")
    return name, value
