-- What may be spent on models, per step, run, tree of runs and month: reserved before each call, settled after it.
-- A scope has a row from the first call on that a limit was asked for; the limit itself comes with each call.
CREATE TABLE model_budgets (
    workspace_id uuid NOT NULL,
    scope text NOT NULL,
    key text NOT NULL,  -- of a step its idempotency key, of a run or tree the id of the run, of a crew also its path; 2026-01
    spent_usd numeric(18, 9) NOT NULL DEFAULT 0,
    granted_usd numeric(18, 9) NOT NULL DEFAULT 0,  -- what people have added to the limit
    grants jsonb NOT NULL DEFAULT '{}',  -- amount by approval, so that none counts twice
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT model_budgets_pkey PRIMARY KEY (workspace_id, scope, key),
    CONSTRAINT model_budgets_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT model_budgets_scope_check CHECK (scope IN ('month', 'tree', 'crew', 'run', 'step'))
);
CALL perdure_make_tenant('model_budgets');

-- What calls under way may cost at most. The lease of a worker that died lapses, or is replaced by that of the next attempt
-- of its step.
CREATE TABLE model_leases (
    workspace_id uuid NOT NULL,
    lease uuid NOT NULL,
    place smallint NOT NULL,  -- of the scope among those of the call, the widest first: the order in which rows are locked
    scope text NOT NULL,
    key text NOT NULL,
    step_key text NOT NULL,
    amount_usd numeric(18, 9) NOT NULL,
    settled boolean NOT NULL DEFAULT false,
    expires_at timestamptz NOT NULL,
    CONSTRAINT model_leases_pkey PRIMARY KEY (workspace_id, lease, place),
    CONSTRAINT model_leases_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX model_leases_open_idx ON model_leases (workspace_id, scope, key) WHERE NOT settled;
CREATE INDEX model_leases_expires_at_idx ON model_leases (expires_at);
CALL perdure_make_tenant('model_leases');

-- How much of a provider's key is free: two buckets that fill up within a minute. Keys of the operator belong to the default
-- workspace.
CREATE TABLE model_rates (
    workspace_id uuid NOT NULL,
    key text NOT NULL,  -- a digest, and what is limited
    requests double precision NOT NULL,
    tokens double precision NOT NULL,
    blocked_until timestamptz,  -- the provider itself has asked for a pause
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT model_rates_pkey PRIMARY KEY (workspace_id, key),
    CONSTRAINT model_rates_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) WITH (fillfactor = 50);
CALL perdure_make_tenant('model_rates');

-- Answers of models that may be given again.
CREATE TABLE model_answers (
    workspace_id uuid NOT NULL,
    hash text NOT NULL,  -- of the whole request
    model text NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT model_answers_pkey PRIMARY KEY (workspace_id, hash),
    CONSTRAINT model_answers_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX model_answers_created_at_idx ON model_answers (created_at);
CALL perdure_make_tenant('model_answers');

GRANT SELECT, INSERT, UPDATE ON model_budgets, model_leases, model_rates, model_answers TO perdure_app, perdure_system;
GRANT DELETE ON model_answers TO perdure_app;
GRANT DELETE ON model_budgets, model_leases, model_rates, model_answers TO perdure_system;
