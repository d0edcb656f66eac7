-- Row-level security on every table, forced, so that it binds the owner too.
--   perdure_app     sees the workspace named by the setting perdure.workspace_id, and nothing without it
--   perdure_system  sees all; only for dispatching, delivering signals and reconciling

DO $$
DECLARE
    subject text;
    tenant text;
BEGIN
    FOREACH subject IN ARRAY ARRAY[
        'workspaces', 'workflows', 'workflow_versions', 'blobs', 'runs', 'steps', 'run_events',
        'approvals', 'events', 'waiters', 'outbox'
    ] LOOP
        tenant := CASE subject WHEN 'workspaces' THEN 'id' ELSE 'workspace_id' END;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', subject);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', subject);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO perdure_app USING '
            '(%I = nullif(current_setting(''perdure.workspace_id'', true), '''')::uuid)',
            subject, tenant);
        EXECUTE format('CREATE POLICY system ON %I TO perdure_system USING (true) WITH CHECK (true)', subject);
        EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', subject);
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA public TO perdure_app, perdure_system;

-- What is published or has happened is never changed: no UPDATE there.
GRANT SELECT ON workspaces TO perdure_app, perdure_system;
GRANT SELECT, INSERT ON workflow_versions, blobs, run_events TO perdure_app, perdure_system;
GRANT SELECT, INSERT, UPDATE ON workflows, runs, steps, approvals, events, waiters, outbox
    TO perdure_app, perdure_system;
GRANT DELETE ON outbox, runs TO perdure_system;
