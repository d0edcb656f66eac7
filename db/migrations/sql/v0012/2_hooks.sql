-- Ways in for the world outside: webhooks, forms and mails that start runs.
CREATE TABLE hooks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    version integer,  -- null: whichever is the newest when a run starts
    settings jsonb NOT NULL,  -- schemas.hooks.HookSettings
    key_hash bytea NOT NULL,
    sealed bytea NOT NULL,  -- the key in the address, and the secret of signatures
    enabled boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT hooks_pkey PRIMARY KEY (id),
    CONSTRAINT hooks_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT hooks_workspace_id_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id)
        REFERENCES workflows (workspace_id, id),
    CONSTRAINT hooks_kind_check CHECK (kind IN ('webhook', 'form', 'email'))
);
CREATE INDEX hooks_list_idx ON hooks (workspace_id, created_at, id);
CREATE INDEX hooks_workflow_idx ON hooks (workflow_id);
CALL perdure_make_tenant('hooks');

-- What came in, and what became of it. A delivery that its sender names counts once, however often it is sent.
CREATE TABLE hook_deliveries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    hook_id uuid NOT NULL,
    delivery_id text,  -- as its sender names it
    status text NOT NULL,
    error jsonb,
    content_type text DEFAULT '' NOT NULL,
    headers jsonb DEFAULT '{}' NOT NULL,
    query jsonb DEFAULT '{}' NOT NULL,
    body jsonb,
    size integer DEFAULT 0 NOT NULL,
    address text DEFAULT '' NOT NULL,
    run_id uuid,
    repeats uuid,  -- the delivery that somebody let in once more
    seen integer DEFAULT 1 NOT NULL,
    received_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT hook_deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT hook_deliveries_workspace_id_hook_id_fkey FOREIGN KEY (workspace_id, hook_id)
        REFERENCES hooks (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT hook_deliveries_status_check CHECK (status IN ('started', 'ignored', 'failed', 'refused'))
);
CREATE UNIQUE INDEX hook_deliveries_once_idx ON hook_deliveries (hook_id, delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX hook_deliveries_list_idx ON hook_deliveries (hook_id, received_at, id);
CREATE INDEX hook_deliveries_old_idx ON hook_deliveries (received_at);
CALL perdure_make_tenant('hook_deliveries');

GRANT SELECT, INSERT, UPDATE, DELETE ON hooks, hook_deliveries TO perdure_app;
GRANT SELECT, UPDATE (sealed) ON hooks TO perdure_system;
GRANT SELECT, DELETE ON hook_deliveries TO perdure_system;
