-- When workflows start by themselves. The row is the promise; Temporal's schedule is made from it, and made again
-- whenever `revision` is ahead of `synced_revision`. A deleted row stays until Temporal has forgotten the schedule.
CREATE TABLE schedules (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    name text NOT NULL,
    version integer,  -- null: whichever is the newest when a run starts
    input jsonb NOT NULL,
    times jsonb NOT NULL,  -- schemas.schedules.ScheduleTimes
    overlap text NOT NULL,
    catch_up_seconds integer NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    pause_reason text,
    revision integer DEFAULT 1 NOT NULL,
    synced_revision integer DEFAULT 0 NOT NULL,
    synced_at timestamptz,
    sync_error text,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    updated_by text NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT schedules_pkey PRIMARY KEY (id),
    CONSTRAINT schedules_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT schedules_workspace_id_workflow_id_fkey FOREIGN KEY (workspace_id, workflow_id)
        REFERENCES workflows (workspace_id, id)
);
CREATE INDEX schedules_list_idx ON schedules (workspace_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX schedules_workflow_idx ON schedules (workflow_id);
CREATE INDEX schedules_unsynced_idx ON schedules (updated_at) WHERE synced_revision < revision;
CREATE INDEX schedules_synced_idx ON schedules (synced_at);
CALL perdure_make_tenant('schedules');

-- One time of a schedule at which it acted: the run that was started, or why none was.
CREATE TABLE schedule_starts (
    schedule_id uuid NOT NULL,
    scheduled_at timestamptz NOT NULL,
    workspace_id uuid NOT NULL,
    status text NOT NULL,
    run_id uuid,
    error jsonb,
    waiter text,  -- Temporal workflow that waits for the end of the run
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT schedule_starts_pkey PRIMARY KEY (schedule_id, scheduled_at),
    CONSTRAINT schedule_starts_workspace_id_schedule_id_fkey FOREIGN KEY (workspace_id, schedule_id)
        REFERENCES schedules (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT schedule_starts_status_check CHECK (status IN ('started', 'failed'))
);
CREATE INDEX schedule_starts_run_idx ON schedule_starts (run_id) WHERE waiter IS NOT NULL;
CREATE INDEX schedule_starts_old_idx ON schedule_starts (created_at);
CALL perdure_make_tenant('schedule_starts');

-- Past times that somebody wants to be made up for.
CREATE TABLE schedule_backfills (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    schedule_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    sent_at timestamptz,
    CONSTRAINT schedule_backfills_pkey PRIMARY KEY (id),
    CONSTRAINT schedule_backfills_workspace_id_schedule_id_fkey FOREIGN KEY (workspace_id, schedule_id)
        REFERENCES schedules (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX schedule_backfills_list_idx ON schedule_backfills (schedule_id, created_at);
CREATE INDEX schedule_backfills_waiting_idx ON schedule_backfills (created_at) WHERE sent_at IS NULL;
CALL perdure_make_tenant('schedule_backfills');

GRANT SELECT, INSERT, UPDATE ON schedules, schedule_starts, schedule_backfills TO perdure_app;
GRANT SELECT, UPDATE, DELETE ON schedules TO perdure_system;
GRANT SELECT, DELETE ON schedule_starts TO perdure_system;
GRANT SELECT, UPDATE, DELETE ON schedule_backfills TO perdure_system;
