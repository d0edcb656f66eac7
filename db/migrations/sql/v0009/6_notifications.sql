-- How people hear of requests: where messages go, what each person wants, what happened, and what was sent.

-- A room of the workspace (no user), or a place of one person. `sealed` holds what must stay secret: URL, password.
CREATE TABLE notification_channels (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    user_id uuid,
    name text NOT NULL,
    kind text NOT NULL,
    settings jsonb DEFAULT '{}' NOT NULL,
    sealed bytea NOT NULL,
    hint text NOT NULL,
    events text[] DEFAULT '{}' NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT notification_channels_pkey PRIMARY KEY (id),
    CONSTRAINT notification_channels_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT notification_channels_workspace_id_user_id_fkey FOREIGN KEY (workspace_id, user_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE,
    CONSTRAINT notification_channels_kind_check CHECK (kind IN ('email', 'slack', 'teams', 'webhook'))
);
CREATE INDEX notification_channels_list_idx ON notification_channels (workspace_id, user_id, created_at, id);
CALL perdure_make_tenant('notification_channels');

-- What a person wants to hear, where and when; whoever has no row gets the defaults of the code.
CREATE TABLE notification_preferences (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    wanted jsonb NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT notification_preferences_pkey PRIMARY KEY (workspace_id, user_id),
    CONSTRAINT notification_preferences_workspace_id_user_id_fkey FOREIGN KEY (workspace_id, user_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);
CALL perdure_make_tenant('notification_preferences');

-- Something that people should hear of, written in the transaction that makes it happen. A sweep finds out who.
CREATE TABLE notifications (
    id bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    event text NOT NULL,
    stage integer NOT NULL,
    principals text[] DEFAULT '{}' NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    text text,
    key text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    addressed_at timestamptz,
    CONSTRAINT notifications_pkey PRIMARY KEY (id),
    CONSTRAINT notifications_approval_id_key_key UNIQUE (approval_id, key),
    CONSTRAINT notifications_workspace_id_approval_id_fkey FOREIGN KEY (workspace_id, approval_id)
        REFERENCES approvals (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX notifications_open_idx ON notifications (id) WHERE addressed_at IS NULL;
CREATE INDEX notifications_old_idx ON notifications (addressed_at) WHERE addressed_at IS NOT NULL;
CALL perdure_make_tenant('notifications');

-- One message to one place: the promise to send it, and afterwards the log of what became of it.
CREATE TABLE notification_messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    approval_id uuid,
    user_id uuid,
    channel_id uuid,
    event text NOT NULL,
    kind text NOT NULL,
    address text NOT NULL,
    facts jsonb DEFAULT '{}' NOT NULL,
    sealed bytea,
    status text DEFAULT 'pending' NOT NULL,
    send_after timestamptz DEFAULT clock_timestamp() NOT NULL,
    gathered_by uuid,
    attempts integer DEFAULT 0 NOT NULL,
    error text,
    uncertain boolean DEFAULT false NOT NULL,
    key text NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    dispatched_at timestamptz,
    sent_at timestamptz,
    CONSTRAINT notification_messages_pkey PRIMARY KEY (id),
    CONSTRAINT notification_messages_workspace_id_key_key UNIQUE (workspace_id, key),
    CONSTRAINT notification_messages_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT notification_messages_workspace_id_approval_id_fkey FOREIGN KEY (workspace_id, approval_id)
        REFERENCES approvals (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT notification_messages_status_check
        CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'skipped'))
);
CREATE INDEX notification_messages_due_idx ON notification_messages (send_after)
    WHERE status IN ('pending', 'sending') AND gathered_by IS NULL;
CREATE INDEX notification_messages_list_idx ON notification_messages (workspace_id, created_at, id);
CREATE INDEX notification_messages_old_idx ON notification_messages (created_at);
CREATE INDEX notification_messages_approval_idx ON notification_messages (workspace_id, approval_id);
CREATE INDEX notification_messages_gathered_idx ON notification_messages (gathered_by) WHERE gathered_by IS NOT NULL;
CALL perdure_make_tenant('notification_messages');

-- A link with which one person may answer one request once. Its secret stands in the link only; the seal is the
-- signature under that secret of everything that the link is for, so a changed row fits no link any more.
CREATE TABLE approval_links (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    user_id uuid NOT NULL,
    digest text NOT NULL,
    seal bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT approval_links_pkey PRIMARY KEY (id),
    CONSTRAINT approval_links_workspace_id_approval_id_fkey FOREIGN KEY (workspace_id, approval_id)
        REFERENCES approvals (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX approval_links_approval_idx ON approval_links (workspace_id, approval_id);
CREATE INDEX approval_links_expiry_idx ON approval_links (expires_at);
CALL perdure_make_tenant('approval_links');

GRANT SELECT, INSERT, UPDATE, DELETE ON notification_channels TO perdure_app;
GRANT SELECT, INSERT, UPDATE ON notification_preferences, notifications, notification_messages, approval_links
    TO perdure_app;
GRANT SELECT, UPDATE ON notification_channels TO perdure_system;
GRANT SELECT ON notification_preferences TO perdure_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON notifications, notification_messages TO perdure_system;
GRANT SELECT, DELETE ON approval_links TO perdure_system;
