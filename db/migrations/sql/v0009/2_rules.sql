-- Rules that answer requests in place of a person. What a rule says stands in its versions, which never change.

CREATE TABLE approval_rules (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    name text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    position bigint NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    run_id uuid,
    origin_id uuid,
    answers_for jsonb,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT approval_rules_pkey PRIMARY KEY (id),
    CONSTRAINT approval_rules_workspace_id_id_key UNIQUE (workspace_id, id),
    CONSTRAINT approval_rules_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT approval_rules_workspace_id_run_id_fkey FOREIGN KEY (workspace_id, run_id)
        REFERENCES runs (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX approval_rules_name_key ON approval_rules (workspace_id, lower(name)) WHERE deleted_at IS NULL;
CREATE INDEX approval_rules_order_idx ON approval_rules (workspace_id, position, id)
    WHERE deleted_at IS NULL AND run_id IS NULL;
CREATE INDEX approval_rules_run_idx ON approval_rules (workspace_id, run_id, position, id)
    WHERE deleted_at IS NULL AND run_id IS NOT NULL;
CALL perdure_make_tenant('approval_rules');

CREATE TABLE approval_rule_versions (
    rule_id uuid NOT NULL,
    version integer NOT NULL,
    workspace_id uuid NOT NULL,
    name text NOT NULL,
    expression text NOT NULL,
    decision text NOT NULL,
    reason text,
    workflow text,
    node text,
    tag text,
    sample double precision DEFAULT 0 NOT NULL,
    expires_at timestamptz,
    author text NOT NULL,
    note text DEFAULT '' NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT approval_rule_versions_pkey PRIMARY KEY (rule_id, version),
    CONSTRAINT approval_rule_versions_workspace_id_rule_id_fkey FOREIGN KEY (workspace_id, rule_id)
        REFERENCES approval_rules (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT approval_rule_versions_sample_check CHECK (sample >= 0 AND sample <= 100)
);
CALL perdure_make_tenant('approval_rule_versions');

-- The last failure of each rule. Apart from the rules, whose rows are held by those who answer with them.
CREATE TABLE approval_rule_errors (
    rule_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    version integer NOT NULL,
    approval_id uuid NOT NULL,
    message text NOT NULL,
    at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT approval_rule_errors_pkey PRIMARY KEY (rule_id),
    CONSTRAINT approval_rule_errors_workspace_id_rule_id_fkey FOREIGN KEY (workspace_id, rule_id)
        REFERENCES approval_rules (workspace_id, id) ON DELETE CASCADE
);
CALL perdure_make_tenant('approval_rule_errors');

CREATE INDEX approvals_rule_idx ON approvals (workspace_id, rule_id) WHERE rule_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON approval_rules, approval_rule_errors TO perdure_app;
GRANT SELECT, INSERT ON approval_rule_versions TO perdure_app;
GRANT SELECT ON approval_rules, approval_rule_versions, approval_rule_errors TO perdure_system;
