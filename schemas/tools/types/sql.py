"""`sql`: asks a PostgreSQL database."""

from pydantic import Field

from schemas.conversation import ToolDefinition
from schemas.node_spec import CredentialName
from schemas.tools.spec import Effect, Idempotency, ToolSettings, ToolSpec, object_schema


class SqlSettings(ToolSettings):
    """Settings of `sql`."""

    credential: CredentialName = Field(description="Credential of type postgres: server, database and user.")
    description: str = Field(
        default="", max_length=2_000, description="What the model is told of the data, beside its tables and columns."
    )
    read_only: bool = Field(
        default=True, description="Statements run in a transaction that cannot change anything; else a person is asked."
    )
    schemas: tuple[str, ...] = Field(
        default=("public",), min_length=1, max_length=20, description="Schemas that are shown and searched."
    )
    max_seconds: float = Field(default=10.0, gt=0, le=30, description="Longest time of one statement.")
    max_rows: int = Field(default=200, ge=1, le=5_000, description="Rows that are read of one answer.")
    max_bytes: int = Field(default=100_000, ge=1_000, le=200_000, description="Bytes that are read of one answer.")


_PARAMETERS = {
    "type": "array",
    "maxItems": 100,
    "items": {"type": ["string", "number", "integer", "boolean", "null"]},
    "description": "Values of $1, $2, … in the statement.",
}


def _definitions(settings: SqlSettings) -> tuple[ToolDefinition, ...]:
    about = f" {settings.description}" if settings.description else ""
    may = "It can only read." if settings.read_only else "It may change data."
    query = ToolDefinition(
        name="sql_query",
        description=f"Runs one statement of PostgreSQL and gives back its rows. {may}{about}",
        input_schema=object_schema(
            ("sql",), sql={"type": "string", "minLength": 1, "maxLength": 20_000}, parameters=_PARAMETERS
        ),
    )
    schema = ToolDefinition(
        name="sql_schema", description="Tables of the database with their columns.", input_schema=object_schema()
    )
    return (query, schema)


def _effect(settings: SqlSettings, name: str) -> Effect:
    return Effect.READ if settings.read_only or name == "sql_schema" else Effect.IRREVERSIBLE


SPEC = ToolSpec(
    type="sql",
    title="SQL",
    description="Asks a PostgreSQL database; only reading, unless it is allowed more.",
    icon="database",
    settings=SqlSettings,
    define=_definitions,
    effect=_effect,
    idempotency=Idempotency.NONE,
    credential_types=("postgres",),
    hints={"description": {"widget": "text"}},
)
