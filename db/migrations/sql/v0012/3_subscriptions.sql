-- Programs outside that hear of runs and approvals.
CREATE TABLE subscriptions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    name text NOT NULL,
    events text[] NOT NULL,
    workflows text[],  -- slugs; null: all
    hint text NOT NULL,
    sealed bytea NOT NULL,  -- address and secret of signatures
    enabled boolean DEFAULT true NOT NULL,
    disabled_reason text,
    failing_since timestamptz,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    owner_id uuid,  -- who made it and hears that it was disabled; admins do if that is nobody (any more)
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT subscriptions_pkey PRIMARY KEY (id),
    CONSTRAINT subscriptions_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT subscriptions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CREATE INDEX subscriptions_list_idx ON subscriptions (workspace_id, created_at, id);
CALL perdure_make_tenant('subscriptions');

-- One event for one subscription: first the promise to send it, then the log of what became of it.
CREATE TABLE callbacks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    event text NOT NULL,
    run_id uuid,
    key text NOT NULL,  -- an event is written once for a subscription
    facts jsonb DEFAULT '{}' NOT NULL,
    body jsonb,  -- as it is sent: the same at every attempt
    status text DEFAULT 'pending' NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    log jsonb DEFAULT '[]' NOT NULL,  -- the latest attempts, the first one first
    response_status integer,
    error text,
    duration_ms integer,
    uncertain boolean DEFAULT false NOT NULL,
    repeats uuid,
    at timestamptz DEFAULT clock_timestamp() NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    dispatched_at timestamptz,
    sent_at timestamptz,
    CONSTRAINT callbacks_pkey PRIMARY KEY (id),
    CONSTRAINT callbacks_subscription_id_key_key UNIQUE (subscription_id, key),
    CONSTRAINT callbacks_workspace_id_subscription_id_fkey FOREIGN KEY (workspace_id, subscription_id)
        REFERENCES subscriptions (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT callbacks_status_check CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'skipped'))
);
CREATE INDEX callbacks_due_idx ON callbacks (created_at) WHERE status IN ('pending', 'sending');
CREATE INDEX callbacks_list_idx ON callbacks (subscription_id, created_at, id);
CREATE INDEX callbacks_old_idx ON callbacks (created_at);
CALL perdure_make_tenant('callbacks');

GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions TO perdure_app;
GRANT SELECT, INSERT, UPDATE ON callbacks TO perdure_app;
GRANT SELECT, UPDATE (sealed) ON subscriptions TO perdure_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON callbacks TO perdure_system;

-- What follows from an event of a run is written with it, so that no process can die in between: callbacks for those
-- who have subscribed, and word for the schedule that waits for the run's end.
CREATE FUNCTION run_events_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO callbacks (workspace_id, subscription_id, event, run_id, key, facts, at)
    SELECT NEW.workspace_id, s.id, NEW.type, NEW.run_id, NEW.run_id || '/' || NEW.seq,
        jsonb_build_object('path', NEW.path, 'iteration', NEW.iteration, 'data', NEW.data), NEW.at
    FROM subscriptions s
    WHERE s.workspace_id = NEW.workspace_id AND s.enabled AND NEW.type = ANY (s.events) AND (
        s.workflows IS NULL OR EXISTS (
            SELECT FROM runs r JOIN workflows w ON w.id = r.workflow_id
            WHERE r.id = NEW.run_id AND w.slug = ANY (s.workflows)))
    ON CONFLICT DO NOTHING;
    IF NEW.type IN ('run.completed', 'run.failed', 'run.cancelled', 'run.terminated') THEN
        INSERT INTO outbox (workspace_id, run_id, workflow_id, signal, payload)
        SELECT NEW.workspace_id, NEW.run_id, t.waiter, 'run_ended',
            jsonb_build_object('workspace_id', NEW.workspace_id, 'run_id', NEW.run_id)
        FROM schedule_starts t WHERE t.run_id = NEW.run_id AND t.waiter IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER run_events_tell AFTER INSERT ON run_events
    FOR EACH ROW WHEN (
        NEW.type IN ('run.started', 'run.paused', 'run.resumed', 'run.completed', 'run.failed', 'run.cancelled',
            'run.terminated', 'run.retried')
        OR NEW.type LIKE 'approval.%')
    EXECUTE FUNCTION run_events_tell();
