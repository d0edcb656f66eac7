"""A workspace that has been in use for a season: a table of runs as large as wanted, written by PostgreSQL itself."""

from typing import Final

import asyncpg

WORKFLOWS: Final = 20
"""The first has half of all runs, the second a third of the rest, and so on."""

_FILL: Final = f"""
WITH made AS (
    SELECT n, least(floor({WORKFLOWS} * power(random(), 3))::integer, {WORKFLOWS - 1}) AS flow,
        floor(3 * random())::integer + 1 AS version, random() AS fate, random() AS luck
    FROM generate_series(1, $2::integer) n
)
INSERT INTO runs (
    workspace_id, workflow_id, version_id, status, input, output, error, cost_usd, steps_done, trigger, started_by,
    last_event_seq, created_at, started_at, ended_at, updated_at, dispatched_at)
SELECT $1, v.workflow_id, v.id,
    CASE WHEN fate < 0.93 THEN 'completed' WHEN fate < 0.98 THEN 'failed' WHEN fate < 0.99 THEN 'cancelled'
        WHEN fate < 0.9999 THEN 'terminated' ELSE 'running' END,
    jsonb_build_object(
        'order', 'A-' || to_char(n, 'FM0000000'), 'email', 'customer' || (n % 9973) || '@example.com',
        'lines', jsonb_build_array(jsonb_build_object('sku', 'S' || (n % 613), 'count', n % 7), 'delivered twice'),
        'note', repeat('The parcel came late and was open. ', 1 + n % 5)),
    '{{"refunded": true}}',
    CASE WHEN fate BETWEEN 0.93 AND 0.98 THEN '{{"code": "timeout", "message": "Too late."}}'::jsonb END,
    round((luck ^ 4 * 2)::numeric, 6), n % 12, CASE WHEN luck < 0.002 THEN 'fork' ELSE 'api' END,
    jsonb_build_object('kind', 'user', 'name', 'person' || (n % 40) || '@example.com', 'id', NULL),
    30, at, at, CASE WHEN fate < 0.9999 THEN at + interval '9 s' END, at + interval '9 s', at
FROM made
JOIN workflows w ON w.slug = 'season-' || flow
JOIN workflow_versions v ON v.workflow_id = w.id AND v.version = made.version
CROSS JOIN LATERAL (SELECT now() - (($2 - n) * interval '90 days' / $2) AS at) moment
"""


async def fill(url: str, workspace_id: object, runs: int) -> None:
    """Write workflows, versions and runs; then let PostgreSQL get to know them, as it does by itself in time."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off")
        for number in range(WORKFLOWS):
            await _workflow(connection, workspace_id, f"season-{number}")
        await connection.execute(_FILL, workspace_id, runs)
        await connection.execute("VACUUM ANALYZE runs")
    finally:
        await connection.close()


async def _workflow(connection: asyncpg.Connection, workspace_id: object, slug: str) -> None:
    workflow = "INSERT INTO workflows (workspace_id, slug, name) VALUES ($1, $2, $2) RETURNING id"
    workflow_id = await connection.fetchval(workflow, workspace_id, slug)
    version = (
        "INSERT INTO workflow_versions (workspace_id, workflow_id, version, document, plan_hash, blob_hash, blob_size) "
        "SELECT $1, $2, n, '{}', '', '', 0 FROM generate_series(1, 3) n"
    )
    await connection.execute(version, workspace_id, workflow_id)
