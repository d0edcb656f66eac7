-- Erasure of a workspace deletes whatever belongs to it, table by table. What comes later must allow that too; a test
-- looks at every table.
DO $$
DECLARE
    subject regclass;
BEGIN
    FOR subject IN
        SELECT format('%I.%I', schemaname, tablename)::regclass FROM pg_policies
        WHERE policyname = 'system' AND tablename NOT IN ('workspaces', 'audit_log', 'audit_chain', 'audit_heads', 'data_keys')
    LOOP
        EXECUTE format('GRANT SELECT, DELETE ON %s TO perdure_system', subject);
    END LOOP;
END
$$;
GRANT UPDATE (name, slug) ON workspaces TO perdure_system;
