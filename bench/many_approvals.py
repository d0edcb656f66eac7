"""A workspace in which very many requests to people wait, written by PostgreSQL itself."""

from typing import Final

import asyncpg

from bench.many_runs import fill as fill_runs

PER_RUN: Final = 10

_FILL: Final = """
WITH places AS (
    SELECT r.id, w.slug, row_number() OVER (ORDER BY r.created_at) AS place
    FROM runs r JOIN workflows w ON w.id = r.workflow_id WHERE r.workspace_id = $1
), made AS (
    SELECT n, p.id AS run_id, p.slug, random() AS luck, now() - (($2 - n) * interval '30 days' / $2) AS at
    FROM generate_series(0, $2::integer - 1) n JOIN places p ON p.place = 1 + n / 10
)
INSERT INTO approvals (
    workspace_id, run_id, path, iteration, workflow_id, node_name, title, body, payload, decisions, settings, digest,
    priority, tags, workflow_slug, purpose, due_at, created_at, words)
SELECT $1, run_id, 'ask', n, 'run-' || run_id, 'Ask', 'Pay for order A-' || to_char(n, 'FM0000000') || '?',
    'The parcel came late; the customer asks for a refund.',
    jsonb_build_object('order', 'A-' || to_char(n, 'FM0000000'), 'customer', 'customer' || (n % 997), 'amount', n % 500,
        'note', repeat('The parcel came late and was open. ', 1 + n % 5)),
    '[["approved", "Approve"], ["rejected", "Reject"]]', '{"stages": [{"name": "", "needs": "any", "veto": true}]}',
    md5(n::text), CASE WHEN luck < 0.02 THEN 3 WHEN luck < 0.1 THEN 2 ELSE 1 END, ARRAY['tag-' || n % 50], slug,
    CASE WHEN n % 100 = 0 THEN 'intervention' ELSE 'approval' END,
    CASE WHEN n % 4 > 0 THEN now() + luck * interval '20 days' END, at,
    'Pay for order A-' || to_char(n, 'FM0000000') || ' Ask tag-' || n % 50 || ' customer' || (n % 997)
        || repeat(' The parcel came late and was open.', 1 + n % 5)
FROM made
"""
_ASK: Final = """
INSERT INTO approval_assignees (workspace_id, approval_id, stage, principal, open, priority, due_at, asked_at)
SELECT workspace_id, id, 0, CASE WHEN iteration % 3 = 0 THEN 'anyone' ELSE 'role:operator' END, true, priority, due_at,
    created_at
FROM approvals WHERE workspace_id = $1
"""


async def fill(url: str, workspace_id: object, requests: int) -> None:
    """Write runs and their requests; then let PostgreSQL get to know them, as it does by itself in time."""
    await fill_runs(url, workspace_id, requests // PER_RUN + 1)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(_FILL, workspace_id, requests)
        await connection.execute(_ASK, workspace_id)
        for table in ("approvals", "approval_assignees"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()
