-- What steering, filters and "why is it waiting" need of runs and steps.

-- The last thing that somebody wanted of the run: action, by, reason, at. Cleared by the next attempt.
ALTER TABLE runs ADD COLUMN steering jsonb;

-- Idempotency key of the request that began the current attempt.
ALTER TABLE runs ADD COLUMN retry_key text;

-- Who started it: kind, id, name, address, request_id.
ALTER TABLE runs ADD COLUMN started_by jsonb;

-- When Temporal is going to try a failed step again.
ALTER TABLE steps ADD COLUMN next_attempt_at timestamptz;

-- A list is read backwards from where a page ends, so each index ends in (created_at, id). Filters that no index knows
-- look at a bounded number of rows per page (api/runs/listing.py). More indexes cost little here: rows are written and
-- change their status a few times; what changes with every step (cost, tokens, events) is in none.
DROP INDEX runs_workflow_idx, runs_parent_idx;
CREATE INDEX runs_status_idx ON runs (workspace_id, status, created_at, id);
CREATE INDEX runs_workflow_idx ON runs (workflow_id, created_at, id);
CREATE INDEX runs_workflow_status_idx ON runs (workflow_id, status, created_at, id);
CREATE INDEX runs_version_idx ON runs (version_id, created_at, id);
CREATE INDEX runs_parent_idx ON runs (parent_run_id, created_at, id) WHERE parent_run_id IS NOT NULL;
