-- What a workspace may use, and what it has used. A workspace without a row has no quota, and pays nothing for them.

CREATE TABLE quotas (
    workspace_id uuid NOT NULL,
    starts_per_minute integer,
    running_runs integer,
    tokens_per_month bigint,
    cost_usd_per_month numeric(18, 9),
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT quotas_pkey PRIMARY KEY (workspace_id),
    CONSTRAINT quotas_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT quotas_not_negative_check CHECK (
        least(starts_per_minute, running_runs, tokens_per_month, cost_usd_per_month) >= 0)
);
CALL perdure_make_tenant('quotas');

-- Starts of the last minute by second; only where starts are limited, and written under the lock of the quotas' row.
CREATE TABLE quota_starts (
    workspace_id uuid NOT NULL,
    second bigint NOT NULL,
    starts integer NOT NULL,
    CONSTRAINT quota_starts_pkey PRIMARY KEY (workspace_id, second),
    CONSTRAINT quota_starts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) WITH (fillfactor = 50);
CALL perdure_make_tenant('quota_starts');

-- What single calls of models took. One row for all of a workspace would be a lock that its steps queue for, in an order
-- that could end in a deadlock; so each call adds a row, and maintenance moves them to their day.
CREATE TABLE usage_entries (
    id bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    at timestamptz DEFAULT clock_timestamp() NOT NULL,
    tokens_in bigint NOT NULL,
    tokens_out bigint NOT NULL,
    cost_usd numeric(18, 9) NOT NULL,
    CONSTRAINT usage_entries_pkey PRIMARY KEY (id),
    CONSTRAINT usage_entries_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX usage_entries_workspace_idx ON usage_entries (workspace_id);
CALL perdure_make_tenant('usage_entries');

CREATE TABLE usage_days (
    workspace_id uuid NOT NULL,
    day date NOT NULL,
    tokens_in bigint NOT NULL,
    tokens_out bigint NOT NULL,
    cost_usd numeric(18, 9) NOT NULL,
    CONSTRAINT usage_days_pkey PRIMARY KEY (workspace_id, day),
    CONSTRAINT usage_days_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CALL perdure_make_tenant('usage_days');

GRANT SELECT, INSERT, UPDATE, DELETE ON quotas, quota_starts TO perdure_app, perdure_system;
GRANT SELECT, INSERT ON usage_entries TO perdure_app, perdure_system;
GRANT SELECT ON usage_days TO perdure_app;
GRANT DELETE ON usage_entries TO perdure_system;
GRANT SELECT, INSERT, UPDATE ON usage_days TO perdure_system;
