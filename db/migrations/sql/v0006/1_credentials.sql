-- Secrets that steps use. The value is sealed for its workspace and row; only workers open it, at the point of use.
CREATE TABLE credentials (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    type text NOT NULL,
    description text NOT NULL DEFAULT '',
    public jsonb NOT NULL DEFAULT '{}',
    sealed bytea NOT NULL,
    fields text[] NOT NULL DEFAULT '{}',  -- names of what is in `sealed`
    hint text,  -- the last characters of a long value, so that a person can tell which one it is
    workflows text[],  -- slugs of the workflows that may use it; null: all
    hosts text[],  -- where it may be sent; null: to the address that is written in the workflow
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by text NOT NULL,
    value_changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at timestamptz,
    CONSTRAINT credentials_workspace_id_name_key UNIQUE (workspace_id, name)
);
CALL perdure_make_tenant('credentials');

GRANT SELECT, INSERT, UPDATE, DELETE ON credentials TO perdure_app;

-- For wrapping the values in another key.
GRANT SELECT, UPDATE (sealed) ON credentials TO perdure_system;
