-- Roles belong to the whole cluster, so another database of it may have created them already.

DO $$
DECLARE
    wanted text;
    -- Since PostgreSQL 16 whoever creates a role is a member of it at once, but may not take it on.
    needed text := CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['perdure_app', 'perdure_system', 'perdure_identity'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- somebody else was faster
            END;
        END IF;
        -- The one who migrates may take on these roles. A superuser may anyway.
        IF NOT pg_has_role(current_user, wanted, needed) THEN
            EXECUTE format('GRANT %I TO %I', wanted, current_user);
        END IF;
    END LOOP;
END
$$;
