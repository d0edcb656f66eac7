-- The functions of the run log are made anew whenever one of them changes: a migration that changes any runs this folder.

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname IN (
        'run_log_append', 'run_log_audit_fork', 'run_log_close', 'run_log_comparable', 'run_log_compare',
        'run_log_create', 'run_log_create_child', 'run_log_entries', 'run_log_field', 'run_log_find_call', 'run_log_first_steps',
        'run_log_open', 'run_log_rank', 'run_log_recorded', 'run_log_result', 'run_log_side',
        'run_log_step_again', 'run_log_step_answered', 'run_log_step_completed', 'run_log_step_delta', 'run_log_step_retrying',
        'run_log_step_sending', 'run_log_step_started', 'run_log_undone', 'run_log_unlike', 'run_log_write'
    ) LOOP
        -- One that was built on another is gone with that.
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_proc WHERE oid = f);
        EXECUTE format('DROP FUNCTION %s CASCADE', f);
    END LOOP;
END
$$;
