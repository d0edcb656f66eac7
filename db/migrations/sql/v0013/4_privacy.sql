-- Keys under which the payloads of a workspace are encrypted in Temporal. Each is wrapped by the installation's key.
-- A destroyed key keeps its row, so that what was encrypted under it is answered clearly and no new key takes its place.
CREATE TABLE data_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    sealed bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at timestamptz,
    destroyed_at timestamptz,
    CHECK ((sealed IS NULL) = (destroyed_at IS NOT NULL))
);
CREATE UNIQUE INDEX data_keys_current_idx ON data_keys (workspace_id) WHERE retired_at IS NULL AND destroyed_at IS NULL;
CREATE INDEX data_keys_list_idx ON data_keys (workspace_id, created_at, id);
CALL perdure_make_tenant('data_keys');
GRANT SELECT, INSERT, UPDATE ON data_keys TO perdure_app, perdure_system;

-- What is masked in a workspace, and where.
CREATE TABLE privacy_settings (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces (id),
    mask_logs boolean NOT NULL DEFAULT true,
    mask_views boolean NOT NULL DEFAULT false,
    mask_events boolean NOT NULL DEFAULT false,
    kinds jsonb NOT NULL DEFAULT '["email", "phone", "card", "iban"]',
    fields jsonb NOT NULL DEFAULT '[]',
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CALL perdure_make_tenant('privacy_settings');
GRANT SELECT, INSERT, UPDATE ON privacy_settings TO perdure_app;
GRANT SELECT, DELETE ON privacy_settings TO perdure_system;

-- How long each class of data is kept; a class without a row is kept for ever.
CREATE TABLE retention_rules (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    class text NOT NULL,
    days integer NOT NULL CHECK (days BETWEEN 1 AND 36500),
    keep_last integer NOT NULL DEFAULT 0 CHECK (keep_last BETWEEN 0 AND 100000),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace_id, class)
);
CALL perdure_make_tenant('retention_rules');
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_rules TO perdure_app;
GRANT SELECT, DELETE ON retention_rules TO perdure_system;

-- When a payload was last written: a blob that nobody has written for long is needed by no run that goes on.
ALTER TABLE blobs ADD COLUMN used_at timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE INDEX blobs_used_idx ON blobs (workspace_id, used_at);
GRANT UPDATE (used_at) ON blobs TO perdure_app, perdure_system;

-- What must be kept whatever the rules say: a run, or every run of a workflow.
CREATE TABLE legal_holds (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    subject_kind text NOT NULL CHECK (subject_kind IN ('run', 'workflow')),
    subject_id uuid NOT NULL,
    reason text NOT NULL,
    created_by jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    released_at timestamptz
);
CREATE UNIQUE INDEX legal_holds_subject_idx ON legal_holds (workspace_id, subject_kind, subject_id)
    WHERE released_at IS NULL;
CREATE INDEX legal_holds_list_idx ON legal_holds (workspace_id, created_at, id);
CALL perdure_make_tenant('legal_holds');
GRANT SELECT, INSERT, UPDATE ON legal_holds TO perdure_app;
GRANT SELECT, DELETE ON legal_holds TO perdure_system;

-- Retention, export and erasure: the row is the promise, a durable workflow carries it out page by page.
CREATE TABLE privacy_jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    kind text NOT NULL CHECK (kind IN ('retention', 'export', 'erase_person', 'erase_workspace')),
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    parameters jsonb NOT NULL DEFAULT '{}',
    progress jsonb NOT NULL DEFAULT '{}',
    done bigint NOT NULL DEFAULT 0,
    note text,
    created_by jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    dispatched_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    expires_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (workspace_id, id)
);
CREATE INDEX privacy_jobs_list_idx ON privacy_jobs (workspace_id, created_at, id);
CREATE INDEX privacy_jobs_unfinished_idx ON privacy_jobs (due_at) WHERE status IN ('pending', 'running');
-- Two at once would only be in each other's way.
CREATE UNIQUE INDEX privacy_jobs_single_idx ON privacy_jobs (workspace_id, kind)
    WHERE status IN ('pending', 'running') AND kind IN ('retention', 'export', 'erase_workspace');
CALL perdure_make_tenant('privacy_jobs');
GRANT SELECT, INSERT, UPDATE ON privacy_jobs TO perdure_app, perdure_system;
GRANT DELETE ON privacy_jobs TO perdure_system;

-- Parts of an export: each a gzip member of JSON lines, so that one behind the other they are one gzip file.
CREATE TABLE export_parts (
    workspace_id uuid NOT NULL,
    job_id uuid NOT NULL,
    number integer NOT NULL,
    data bytea NOT NULL,
    rows integer NOT NULL,
    PRIMARY KEY (job_id, number),
    FOREIGN KEY (workspace_id, job_id) REFERENCES privacy_jobs (workspace_id, id) ON DELETE CASCADE
);
CALL perdure_make_tenant('export_parts');
GRANT SELECT, INSERT ON export_parts TO perdure_app;
GRANT SELECT, DELETE ON export_parts TO perdure_system;
