-- Requests to people, events from outside, and signals on their way to workflows.

CREATE TABLE approvals (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    run_attempt integer DEFAULT 1 NOT NULL,
    workflow_id text NOT NULL,
    path text NOT NULL,
    iteration integer NOT NULL,
    round integer DEFAULT 0 NOT NULL,
    purpose text DEFAULT 'approval' NOT NULL,
    node_name text NOT NULL,
    title text NOT NULL,
    body text DEFAULT '' NOT NULL,
    payload jsonb,
    form jsonb,
    decisions jsonb NOT NULL,
    status text DEFAULT 'pending' NOT NULL,
    decision text,
    data jsonb,
    reason text,
    decided_by text,
    decided_at timestamptz,
    due_at timestamptz,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT approvals_pkey PRIMARY KEY (id),
    CONSTRAINT approvals_step_key UNIQUE (run_id, run_attempt, path, iteration, purpose, round),
    CONSTRAINT approvals_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT approvals_status_check CHECK (status IN ('pending', 'decided', 'expired', 'cancelled'))
) WITH (fillfactor = 80);
CREATE INDEX approvals_list_idx ON approvals (workspace_id, created_at, id);
CREATE INDEX approvals_pending_idx ON approvals (workspace_id, created_at, id) WHERE status = 'pending';

CREATE TABLE events (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    type text NOT NULL,
    key text NOT NULL,
    data jsonb,
    idempotency_key text,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    waiter_id uuid,
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CREATE UNIQUE INDEX events_idempotency_key_idx ON events (workspace_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX events_kept_idx ON events (workspace_id, type, key, created_at) WHERE waiter_id IS NULL;

CREATE TABLE waiters (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    run_attempt integer DEFAULT 1 NOT NULL,
    workflow_id text NOT NULL,
    path text NOT NULL,
    iteration integer NOT NULL,
    type text NOT NULL,
    key text NOT NULL,
    status text DEFAULT 'waiting' NOT NULL,
    event_id uuid,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT waiters_pkey PRIMARY KEY (id),
    CONSTRAINT waiters_step_key UNIQUE (run_id, run_attempt, path, iteration),
    CONSTRAINT waiters_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id) REFERENCES runs (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT waiters_status_check CHECK (status IN ('waiting', 'matched', 'cancelled'))
);
CREATE INDEX waiters_waiting_idx ON waiters (workspace_id, type, key, created_at) WHERE status = 'waiting';

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    run_id uuid NOT NULL,
    workflow_id text NOT NULL,
    signal text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    delivered_at timestamptz,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    last_error text,
    CONSTRAINT outbox_pkey PRIMARY KEY (id),
    CONSTRAINT outbox_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) WITH (fillfactor = 80);
CREATE INDEX outbox_due_idx ON outbox (next_attempt_at) WHERE delivered_at IS NULL;
CREATE INDEX outbox_order_idx ON outbox (workflow_id, id) WHERE delivered_at IS NULL;
