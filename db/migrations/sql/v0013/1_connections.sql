-- So that what refers to a credential cannot refer to one of another workspace.
ALTER TABLE credentials ADD CONSTRAINT credentials_workspace_id_id_key UNIQUE (workspace_id, id);

-- OAuth clients of a workspace at providers. Where they lead does not change after they were made: tokens would follow.
CREATE TABLE connection_apps (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    provider text NOT NULL,
    client_id text NOT NULL,
    sealed bytea,  -- the client secret; null for a public client
    endpoints jsonb NOT NULL,  -- schemas.connections.providers.Endpoints
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT connection_apps_pkey PRIMARY KEY (id),
    CONSTRAINT connection_apps_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT connection_apps_workspace_id_name_key UNIQUE (workspace_id, name)
);
CALL perdure_make_tenant('connection_apps');

-- Accounts of a workspace elsewhere, through which steps act. Tokens are sealed; only workers open them.
CREATE TABLE connections (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    provider text NOT NULL,
    app_id uuid,  -- null: the operator's client of the provider
    credential_id uuid,  -- authenticates instead of tokens
    own_access boolean DEFAULT false NOT NULL,  -- the client is given tokens for itself; nobody signs in
    description text DEFAULT '' NOT NULL,
    api_url text,  -- before the path of every action, where the provider does not say it
    scopes text[] DEFAULT '{}' NOT NULL,
    status text DEFAULT 'pending' NOT NULL,
    problem text,
    account text,  -- who gave the access, as the provider names them
    actions jsonb DEFAULT '[]' NOT NULL,  -- schemas.connections.actions.ConnectionAction, beside those of the provider
    allowed text[],  -- names of the actions that may be called; null: all
    workflows text[],  -- slugs of the workflows that may use it; null: all
    calls_per_minute integer DEFAULT 60 NOT NULL,
    sealed bytea,  -- tokens
    revision integer DEFAULT 0 NOT NULL,  -- counts the tokens that it has had
    expires_at timestamptz,  -- of the access token
    refreshed_at timestamptz,
    refreshing_since timestamptz,  -- a renewal has begun and has not ended; left over by a process that was killed
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL,
    last_used_at timestamptz,
    deleted_at timestamptz,  -- since when it is to be revoked; the row goes when that is done
    dispatched_at timestamptz,  -- when the revocation was last started
    CONSTRAINT connections_pkey PRIMARY KEY (id),
    CONSTRAINT connections_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT connections_workspace_id_app_id_fkey FOREIGN KEY (workspace_id, app_id)
        REFERENCES connection_apps (workspace_id, id),
    CONSTRAINT connections_workspace_id_credential_id_fkey FOREIGN KEY (workspace_id, credential_id)
        REFERENCES credentials (workspace_id, id),
    CONSTRAINT connections_status_check CHECK (status IN ('pending', 'active', 'broken'))
);
CREATE UNIQUE INDEX connections_name_idx ON connections (workspace_id, name) WHERE deleted_at IS NULL;
CREATE INDEX connections_app_idx ON connections (app_id);
CREATE INDEX connections_credential_idx ON connections (credential_id);
CREATE INDEX connections_revoked_idx ON connections (deleted_at) WHERE deleted_at IS NOT NULL;
CALL perdure_make_tenant('connections');

-- Sign-ins that were begun. A state counts once, for whoever began it, and not for long.
CREATE TABLE connection_attempts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    state_hash bytea NOT NULL,
    actor text NOT NULL,  -- kind and id of who began it
    redirect_uri text NOT NULL,
    sealed bytea NOT NULL,  -- the code verifier of PKCE
    sealed_code bytea,  -- the code that came back
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT connection_attempts_pkey PRIMARY KEY (id),
    CONSTRAINT connection_attempts_state_hash_key UNIQUE (state_hash),
    CONSTRAINT connection_attempts_workspace_id_connection_id_fkey FOREIGN KEY (workspace_id, connection_id)
        REFERENCES connections (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX connection_attempts_connection_idx ON connection_attempts (connection_id);
CREATE INDEX connection_attempts_old_idx ON connection_attempts (created_at);
CALL perdure_make_tenant('connection_attempts');

-- What went through connections: who called which action, and what came of it; no arguments and no answers.
CREATE TABLE connection_calls (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    action text NOT NULL,
    effect text NOT NULL,
    run_id uuid,
    path text,
    actor text,  -- who tried it out, outside of a run
    status integer,
    error_code text,
    milliseconds integer NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT connection_calls_pkey PRIMARY KEY (id),
    CONSTRAINT connection_calls_workspace_id_connection_id_fkey FOREIGN KEY (workspace_id, connection_id)
        REFERENCES connections (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX connection_calls_list_idx ON connection_calls (connection_id, created_at, id);
CREATE INDEX connection_calls_old_idx ON connection_calls (created_at);
CALL perdure_make_tenant('connection_calls');

-- Calls of the current minute, for the rate limit of each connection.
CREATE TABLE connection_windows (
    connection_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    calls integer NOT NULL,
    CONSTRAINT connection_windows_pkey PRIMARY KEY (connection_id),
    CONSTRAINT connection_windows_workspace_id_connection_id_fkey FOREIGN KEY (workspace_id, connection_id)
        REFERENCES connections (workspace_id, id) ON DELETE CASCADE
);
CALL perdure_make_tenant('connection_windows');

-- Places outside that keep secrets, such as HashiCorp Vault.
CREATE TABLE secret_stores (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    settings jsonb NOT NULL,  -- schemas.secret_stores.StoreSettings
    sealed bytea NOT NULL,  -- what signs in there: a token, or the secret id of a role
    is_default boolean DEFAULT false NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT secret_stores_pkey PRIMARY KEY (id),
    CONSTRAINT secret_stores_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT secret_stores_workspace_id_name_key UNIQUE (workspace_id, name)
);
CREATE UNIQUE INDEX secret_stores_default_idx ON secret_stores (workspace_id) WHERE is_default;
CALL perdure_make_tenant('secret_stores');

-- A credential whose value is kept elsewhere: `sealed` holds nothing but an empty object then.
ALTER TABLE credentials
    ADD COLUMN store_id uuid,
    ADD COLUMN source jsonb,  -- schemas.secret_stores.SecretSource: path, version and keys in that store
    ADD CONSTRAINT credentials_workspace_id_store_id_fkey FOREIGN KEY (workspace_id, store_id)
        REFERENCES secret_stores (workspace_id, id);
CREATE INDEX credentials_store_idx ON credentials (store_id) WHERE store_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON
    connection_apps, connections, connection_attempts, connection_calls, connection_windows, secret_stores
    TO perdure_app;
-- For wrapping the values in another key, for finding what is to be revoked, and for forgetting what is old.
GRANT SELECT, UPDATE (sealed) ON connection_apps, connections, connection_attempts, secret_stores TO perdure_system;
GRANT UPDATE (sealed_code), DELETE ON connection_attempts TO perdure_system;
GRANT SELECT, DELETE ON connection_calls TO perdure_system;
