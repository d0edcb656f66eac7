-- Files of a workspace: what people upload and what steps write. The server issues the ids; content never changes.
CREATE TABLE files (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    folder text NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    data bytea NOT NULL,
    key text,  -- of the step that wrote it: the same step writes it once
    run_id uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    CONSTRAINT files_workspace_id_key_key UNIQUE (workspace_id, key)
);
CREATE INDEX files_workspace_id_folder_created_at_idx ON files (workspace_id, folder, created_at DESC, id);
CALL perdure_make_tenant('files');

GRANT SELECT, INSERT, DELETE ON files TO perdure_app;
GRANT SELECT ON files TO perdure_system;
