-- The run log. The fill factors leave room for updates in place: no index covers a column that changes often.

CREATE TABLE runs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    version_id uuid NOT NULL,
    status text DEFAULT 'pending' NOT NULL,
    attempt integer DEFAULT 1 NOT NULL,
    input jsonb,
    output jsonb,
    error jsonb,
    cost_usd numeric(18, 9) DEFAULT 0 NOT NULL,
    tokens_in bigint DEFAULT 0 NOT NULL,
    tokens_out bigint DEFAULT 0 NOT NULL,
    steps_done integer DEFAULT 0 NOT NULL,
    idempotency_key text,
    request_hash text,
    trigger text DEFAULT 'api' NOT NULL,
    parent_run_id uuid,
    parent_path text,
    forked_from uuid,
    edit jsonb,
    snapshot bytea,
    pinned jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_event_seq bigint DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    dispatched_at timestamptz,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT runs_pkey PRIMARY KEY (id),
    CONSTRAINT runs_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT runs_workspace_id_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id) REFERENCES workflows (workspace_id, id),
    CONSTRAINT runs_workspace_id_version_id_fkey FOREIGN KEY (workspace_id, version_id) REFERENCES workflow_versions (workspace_id, id),
    CONSTRAINT runs_status_check CHECK (status IN (
        'pending', 'running', 'paused', 'completed', 'failed', 'cancelled', 'terminated'))
) WITH (fillfactor = 60);
CREATE UNIQUE INDEX runs_idempotency_key_idx ON runs (workspace_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX runs_list_idx ON runs (workspace_id, created_at, id);
CREATE INDEX runs_parent_idx ON runs (parent_run_id) WHERE parent_run_id IS NOT NULL;
CREATE INDEX runs_pending_idx ON runs (created_at) WHERE status = 'pending';
CREATE INDEX runs_unfinished_idx ON runs (created_at) WHERE status IN ('pending', 'running', 'paused');
CREATE INDEX runs_workflow_idx ON runs (workflow_id, created_at);

CREATE TABLE steps (
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    run_attempt integer DEFAULT 1 NOT NULL,
    path text NOT NULL,
    iteration integer NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    attempt integer DEFAULT 1 NOT NULL,
    input jsonb,
    output jsonb,
    error jsonb,
    port text,
    cost_usd numeric(18, 9) DEFAULT 0 NOT NULL,
    tokens_in bigint DEFAULT 0 NOT NULL,
    tokens_out bigint DEFAULT 0 NOT NULL,
    details jsonb,
    started_at timestamptz,
    ended_at timestamptz,
    deltas integer DEFAULT 0 NOT NULL,
    entry_at timestamptz,
    entry_rank integer,
    CONSTRAINT steps_pkey PRIMARY KEY (run_id, path, iteration),
    CONSTRAINT steps_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT steps_status_check CHECK (status IN (
        'pending', 'running', 'waiting', 'completed', 'failed', 'skipped', 'cancelled', 'compensated'))
) WITH (fillfactor = 80);

CREATE TABLE run_events (
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    seq bigint NOT NULL,
    type text NOT NULL,
    at timestamptz DEFAULT clock_timestamp() NOT NULL,
    path text,
    iteration integer,
    attempt integer,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT run_events_pkey PRIMARY KEY (run_id, seq),
    CONSTRAINT run_events_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id) ON DELETE CASCADE
);
