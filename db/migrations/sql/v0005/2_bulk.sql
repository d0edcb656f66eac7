-- One operation on many runs. A preview fixes which; only what was previewed can be started.

CREATE TABLE bulk_jobs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    operation text NOT NULL,
    parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    filter jsonb NOT NULL,
    preview jsonb NOT NULL,
    status text DEFAULT 'preview' NOT NULL,
    total integer NOT NULL,
    done integer DEFAULT 0 NOT NULL,
    skipped integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL,
    note text,
    created_by jsonb NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    per_minute integer,
    expires_at timestamptz,
    accepted_at timestamptz,
    dispatched_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT bulk_jobs_pkey PRIMARY KEY (id),
    CONSTRAINT bulk_jobs_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT bulk_jobs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT bulk_jobs_per_minute_check CHECK (per_minute > 0),
    CONSTRAINT bulk_jobs_status_check CHECK (status IN (
        'preview', 'pending', 'running', 'stopping', 'completed', 'stopped'))
) WITH (fillfactor = 80);
CREATE INDEX bulk_jobs_list_idx ON bulk_jobs (workspace_id, created_at, id);
CREATE INDEX bulk_jobs_unfinished_idx ON bulk_jobs (updated_at) WHERE status IN ('pending', 'running', 'stopping');
CALL perdure_make_tenant('bulk_jobs');

-- One row per run: what became of it. The row is written with what it reports, in the same transaction.
CREATE TABLE bulk_items (
    workspace_id uuid NOT NULL,
    bulk_id uuid NOT NULL,
    place integer NOT NULL,
    run_id uuid NOT NULL,
    outcome text,
    reason text,
    new_run_id uuid,
    settled_at timestamptz,
    CONSTRAINT bulk_items_pkey PRIMARY KEY (bulk_id, place),
    CONSTRAINT bulk_items_workspace_id_bulk_id_fkey FOREIGN KEY (workspace_id, bulk_id)
        REFERENCES bulk_jobs (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT bulk_items_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id)
        REFERENCES runs (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT bulk_items_outcome_check CHECK (outcome IN ('done', 'skipped', 'failed'))
) WITH (fillfactor = 80);
CREATE INDEX bulk_items_run_idx ON bulk_items (workspace_id, run_id);
CREATE INDEX bulk_items_open_idx ON bulk_items (bulk_id, place) WHERE outcome IS NULL;
CALL perdure_make_tenant('bulk_items');

GRANT SELECT, INSERT, UPDATE ON bulk_jobs, bulk_items TO perdure_app, perdure_system;
GRANT DELETE ON bulk_jobs, bulk_items TO perdure_system;
