-- Later migrations call this for each of their tables, so that none can come without its policies.
--   perdure_app     sees the rows of the workspace named by the setting perdure.workspace_id
--   perdure_system  sees all rows; only for dispatching, delivering, reconciling and retention

CREATE PROCEDURE perdure_make_tenant(subject regclass, tenant name DEFAULT 'workspace_id') LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', subject);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', subject);
    EXECUTE format(
        'CREATE POLICY tenant ON %s TO perdure_app USING '
        '(%I = nullif(current_setting(''perdure.workspace_id'', true), '''')::uuid)',
        subject, tenant);
    EXECUTE format('CREATE POLICY system ON %s TO perdure_system USING (true) WITH CHECK (true)', subject);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', subject);
END
$$;
REVOKE ALL ON PROCEDURE perdure_make_tenant FROM PUBLIC;
