CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    address text NOT NULL DEFAULT '',
    request_id text NOT NULL DEFAULT '',
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX audit_log_list_idx ON audit_log (workspace_id, at, id);
CREATE INDEX audit_log_actor_idx ON audit_log (workspace_id, actor_id, at, id);
CREATE INDEX audit_log_actor_name_idx ON audit_log (workspace_id, actor_name, at, id);
CREATE INDEX audit_log_action_idx ON audit_log (workspace_id, action, at, id);
CREATE INDEX audit_log_subject_idx ON audit_log (workspace_id, subject_kind, subject_id, at, id);
CALL perdure_make_tenant('audit_log');

-- Added to, never changed: nobody but the owner of the table may update or delete.
GRANT SELECT, INSERT ON audit_log TO perdure_app, perdure_system;
