-- Requests to people with everything that a person's task needs: who may answer, in which stages, until when, and the
-- digest of what they are shown.

ALTER TABLE approvals
    ADD COLUMN settings jsonb DEFAULT '{}' NOT NULL,
    ADD COLUMN digest text DEFAULT '' NOT NULL,
    ADD COLUMN revision integer DEFAULT 1 NOT NULL,
    ADD COLUMN priority smallint DEFAULT 1 NOT NULL,
    ADD COLUMN tags text[] DEFAULT '{}' NOT NULL,
    ADD COLUMN workflow_slug text,
    ADD COLUMN stage integer DEFAULT 0 NOT NULL,
    ADD COLUMN excluded uuid[] DEFAULT '{}' NOT NULL,
    ADD COLUMN final_payload jsonb,
    ADD COLUMN claimed_by uuid,
    ADD COLUMN claimed_by_name text,
    ADD COLUMN claimed_at timestamptz,
    ADD COLUMN decided_by_kind text,
    ADD COLUMN decided_by_id uuid,
    ADD COLUMN rule_id uuid,
    ADD COLUMN rule_version integer,
    ADD COLUMN sampled boolean DEFAULT false NOT NULL,
    ADD COLUMN undo_until timestamptz,
    ADD COLUMN told boolean DEFAULT true NOT NULL,
    ADD COLUMN words text DEFAULT '' NOT NULL,
    ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED,
    ADD CONSTRAINT approvals_workspace_id_id_key UNIQUE (workspace_id, id);

-- In the order of lists, as one value each, so that a page begins where the last one ended.
CREATE INDEX approvals_due_idx ON approvals (workspace_id, coalesce(due_at, 'infinity'), id) WHERE status = 'pending';
CREATE INDEX approvals_priority_idx ON approvals (workspace_id, (- priority), created_at, id) WHERE status = 'pending';
CREATE INDEX approvals_search_idx ON approvals USING gin (search);
CREATE INDEX approvals_untold_idx ON approvals (undo_until) WHERE NOT told;

-- Who may answer. `principal` is `anyone`, `user:<id>`, `role:<role>` or `group:<id>`. Rows of requests that are settled
-- are not open; the queue of a person is read by index, one principal at a time.
CREATE TABLE approval_assignees (
    workspace_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    stage integer NOT NULL,
    principal text NOT NULL,
    via text DEFAULT 'node' NOT NULL,
    by_user uuid,
    open boolean NOT NULL,
    priority smallint NOT NULL,
    due_at timestamptz,
    asked_at timestamptz NOT NULL,
    CONSTRAINT approval_assignees_pkey PRIMARY KEY (approval_id, stage, principal),
    CONSTRAINT approval_assignees_workspace_id_approval_id_fkey FOREIGN KEY (workspace_id, approval_id)
        REFERENCES approvals (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT approval_assignees_via_check CHECK (via IN ('node', 'delegation', 'escalation', 'reassignment'))
);
CREATE INDEX approval_assignees_queue_idx ON approval_assignees (workspace_id, principal, asked_at, approval_id)
    WHERE open;
CREATE INDEX approval_assignees_priority_idx
    ON approval_assignees (workspace_id, principal, (- priority), asked_at, approval_id) WHERE open;
CREATE INDEX approval_assignees_due_idx
    ON approval_assignees (workspace_id, principal, coalesce(due_at, 'infinity'), approval_id) WHERE open;
CALL perdure_make_tenant('approval_assignees');

-- One answer of one person in one stage. A revised request begins its votes anew.
CREATE TABLE approval_votes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    stage integer NOT NULL,
    revision integer NOT NULL,
    voter_kind text NOT NULL,
    voter_id uuid,
    voter_name text NOT NULL,
    behalf_of uuid,
    decision text NOT NULL,
    data jsonb,
    payload jsonb,
    reason text,
    digest text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT approval_votes_pkey PRIMARY KEY (id),
    CONSTRAINT approval_votes_voter_key UNIQUE (approval_id, stage, revision, voter_kind, voter_id),
    CONSTRAINT approval_votes_workspace_id_approval_id_fkey FOREIGN KEY (workspace_id, approval_id)
        REFERENCES approvals (workspace_id, id) ON DELETE CASCADE
);
CALL perdure_make_tenant('approval_votes');

-- What has happened to a request, and what people said about it. `key` makes what a program writes unique.
CREATE TABLE approval_entries (
    id bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    kind text NOT NULL,
    text text,
    data jsonb,
    key text,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT approval_entries_pkey PRIMARY KEY (id),
    CONSTRAINT approval_entries_approval_id_key_key UNIQUE (approval_id, key),
    CONSTRAINT approval_entries_workspace_id_approval_id_fkey FOREIGN KEY (workspace_id, approval_id)
        REFERENCES approvals (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX approval_entries_list_idx ON approval_entries (approval_id, id);
CALL perdure_make_tenant('approval_entries');

-- Hours in which the times of a request pass.
CREATE TABLE calendars (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    hours jsonb NOT NULL,
    country text,
    subdivision text,
    closed jsonb DEFAULT '[]' NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT calendars_pkey PRIMARY KEY (id),
    CONSTRAINT calendars_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
CREATE UNIQUE INDEX calendars_name_key ON calendars (workspace_id, lower(name));
CALL perdure_make_tenant('calendars');

-- When a member is away, and who answers in their place.
CREATE TABLE absences (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    substitute_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT absences_pkey PRIMARY KEY (id),
    CONSTRAINT absences_workspace_id_user_id_fkey FOREIGN KEY (workspace_id, user_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE,
    CONSTRAINT absences_workspace_id_substitute_id_fkey FOREIGN KEY (workspace_id, substitute_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE,
    CONSTRAINT absences_times_check CHECK (starts_at < ends_at),
    CONSTRAINT absences_other_check CHECK (user_id <> substitute_id)
);
CREATE INDEX absences_user_idx ON absences (workspace_id, user_id);
CREATE INDEX absences_substitute_idx ON absences (workspace_id, substitute_id);
CALL perdure_make_tenant('absences');

GRANT SELECT, INSERT, UPDATE, DELETE ON approval_assignees, calendars, absences TO perdure_app;
GRANT SELECT, INSERT, DELETE ON approval_votes TO perdure_app;
GRANT SELECT, INSERT ON approval_entries TO perdure_app;
GRANT SELECT ON approval_votes, calendars, absences TO perdure_system;
GRANT SELECT, UPDATE ON approval_assignees TO perdure_system;
GRANT SELECT, INSERT ON approval_entries TO perdure_system;

-- A request that is settled leaves every queue, whoever settles it; one that is taken back returns.
CREATE FUNCTION approvals_leave_queues() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE approval_assignees SET open = (NEW.status = 'pending' AND stage = NEW.stage)
    WHERE approval_id = NEW.id AND open IS DISTINCT FROM (NEW.status = 'pending' AND stage = NEW.stage);
    RETURN NULL;
END
$$;
CREATE TRIGGER approvals_queues AFTER UPDATE OF status, stage ON approvals
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.stage IS DISTINCT FROM NEW.stage)
    EXECUTE FUNCTION approvals_leave_queues();
