-- Holds workspaces to their quotas. Months and days are those of UTC.
--
-- SQLSTATE PD429: a quota is used up. The detail is JSON: quota, limit, used, resets_at and retry_after (seconds); the last
-- two are null if time alone will not help.

CREATE FUNCTION quota_month() RETURNS timestamptz LANGUAGE sql STABLE
RETURN date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';

CREATE FUNCTION quota_refuse(p_quota text, p_limit numeric, p_used numeric, p_resets_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'quota exceeded' USING ERRCODE = 'PD429', DETAIL = jsonb_build_object(
        'quota', p_quota, 'limit', trim_scale(p_limit), 'used', trim_scale(p_used), 'resets_at', p_resets_at,
        'retry_after', ceil(extract(epoch FROM p_resets_at - clock_timestamp())));
END
$$;

-- What the workspace has spent in this month: what was moved to its day, and what is still to be.
CREATE FUNCTION quota_spent(p_workspace uuid, OUT tokens bigint, OUT cost_usd numeric) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(u.tokens), 0), coalesce(sum(u.cost_usd), 0) FROM (
        SELECT d.tokens_in + d.tokens_out AS tokens, d.cost_usd FROM usage_days d
        WHERE d.workspace_id = p_workspace AND d.day >= (quota_month() AT TIME ZONE 'UTC')::date
        UNION ALL
        SELECT e.tokens_in + e.tokens_out, e.cost_usd FROM usage_entries e
        WHERE e.workspace_id = p_workspace AND e.at >= quota_month()
    ) u
$$;

-- Refuses a workspace that has spent what it may spend in a month.
CREATE FUNCTION quota_check_spent(p_workspace uuid, p_tokens bigint, p_cost_usd numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_spent record;
BEGIN
    IF num_nonnulls(p_tokens, p_cost_usd) = 0 THEN
        RETURN;
    END IF;
    v_spent := quota_spent(p_workspace);
    IF v_spent.tokens >= p_tokens THEN
        PERFORM quota_refuse('tokens_per_month', p_tokens, v_spent.tokens, quota_month() + interval '1 month');
    ELSIF v_spent.cost_usd >= p_cost_usd THEN
        PERFORM quota_refuse('cost_usd_per_month', p_cost_usd, v_spent.cost_usd, quota_month() + interval '1 month');
    END IF;
END
$$;

-- The same before a call of a model.
CREATE FUNCTION quota_check_call(p_workspace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_set text := set_config('perdure.workspace_id', p_workspace::text, true);
    q quotas;
BEGIN
    SELECT * INTO q FROM quotas WHERE workspace_id = p_workspace;
    IF FOUND THEN
        PERFORM quota_check_spent(p_workspace, q.tokens_per_month, q.cost_usd_per_month);
    END IF;
END
$$;

CREATE FUNCTION quota_check_running(p_workspace uuid, p_limit integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_running bigint;
BEGIN
    SELECT count(*) INTO v_running FROM (
        SELECT FROM runs WHERE workspace_id = p_workspace AND status IN ('pending', 'running', 'paused')
            AND parent_run_id IS NULL LIMIT p_limit) r;
    IF v_running >= p_limit THEN
        PERFORM quota_refuse('running_runs', p_limit, v_running, NULL);
    END IF;
END
$$;

-- Counts a start, if there were fewer than p_limit within the last minute. A second is forgotten when it is over for a
-- whole minute, so no 60 seconds ever see more.
CREATE FUNCTION quota_count_start(p_workspace uuid, p_limit integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_now bigint := floor(extract(epoch FROM clock_timestamp()));
    v_starts bigint;
    v_free bigint;
BEGIN
    DELETE FROM quota_starts WHERE workspace_id = p_workspace AND second < v_now - 60;
    SELECT coalesce(sum(starts), 0) INTO v_starts FROM quota_starts WHERE workspace_id = p_workspace;
    IF v_starts >= p_limit THEN
        SELECT min(s.second) INTO v_free FROM (
            SELECT second, sum(starts) OVER (ORDER BY second) AS gone FROM quota_starts WHERE workspace_id = p_workspace
        ) s WHERE v_starts - s.gone < p_limit;
        PERFORM quota_refuse('starts_per_minute', p_limit, v_starts, to_timestamp(v_free + 61));
    END IF;
    INSERT INTO quota_starts AS s (workspace_id, second, starts) VALUES (p_workspace, v_now, 1)
    ON CONFLICT (workspace_id, second) DO UPDATE SET starts = s.starts + 1;
END
$$;

-- Admits the start of a run, or the next attempt of one that has ended. Child runs are part of their parent.
-- Starts of one workspace queue for its row until they commit, but only if their number is limited.
CREATE FUNCTION quota_admit(p_workspace uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    q quotas;
BEGIN
    SELECT * INTO q FROM quotas WHERE workspace_id = p_workspace;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM quota_check_spent(p_workspace, q.tokens_per_month, q.cost_usd_per_month);
    IF num_nonnulls(q.starts_per_minute, q.running_runs) > 0 THEN
        SELECT * INTO q FROM quotas WHERE workspace_id = p_workspace FOR NO KEY UPDATE;
    END IF;
    IF q.running_runs IS NOT NULL THEN
        PERFORM quota_check_running(p_workspace, q.running_runs);
    END IF;
    IF q.starts_per_minute IS NOT NULL THEN
        PERFORM quota_count_start(p_workspace, q.starts_per_minute);
    END IF;
END
$$;

-- The same for a run that is to be created, unless it was already: an answer that is given again needs no quota.
CREATE FUNCTION quota_admit_new(p_workspace uuid, p_run uuid, p_key text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM quotas WHERE workspace_id = p_workspace) THEN
        RETURN;
    END IF;
    -- Of two requests with the same key the second one sees, behind this lock, what the first has created.
    PERFORM FROM quotas WHERE workspace_id = p_workspace AND num_nonnulls(starts_per_minute, running_runs) > 0
    FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM runs r WHERE r.workspace_id = p_workspace AND (r.id = p_run OR r.idempotency_key = p_key))
    THEN
        PERFORM quota_admit(p_workspace);
    END IF;
END
$$;

-- Moves what was spent to its day; how many entries there were.
CREATE FUNCTION usage_roll_up() RETURNS bigint LANGUAGE sql AS $$
    WITH moved AS (DELETE FROM usage_entries RETURNING *), summed AS (
        INSERT INTO usage_days AS d (workspace_id, day, tokens_in, tokens_out, cost_usd)
        SELECT workspace_id, (at AT TIME ZONE 'UTC')::date, sum(tokens_in), sum(tokens_out), sum(cost_usd) FROM moved
        GROUP BY 1, 2
        ON CONFLICT (workspace_id, day) DO UPDATE SET
            tokens_in = d.tokens_in + excluded.tokens_in, tokens_out = d.tokens_out + excluded.tokens_out,
            cost_usd = d.cost_usd + excluded.cost_usd
    )
    SELECT count(*) FROM moved
$$;

-- Notes what a failed attempt of a step has taken; it was paid for like any other.
CREATE FUNCTION run_log_step_spent(
    p_workspace uuid, p_run uuid, p_cost double precision, p_tokens_in bigint, p_tokens_out bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_set text := set_config('perdure.workspace_id', p_workspace::text, true);
BEGIN
    UPDATE runs SET cost_usd = cost_usd + p_cost::numeric(18, 9), tokens_in = tokens_in + p_tokens_in,
        tokens_out = tokens_out + p_tokens_out, updated_at = clock_timestamp()
    WHERE id = p_run;
    INSERT INTO usage_entries (workspace_id, tokens_in, tokens_out, cost_usd)
    VALUES (p_workspace, p_tokens_in, p_tokens_out, p_cost::numeric(18, 9));
END
$$;

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND (proname LIKE 'quota\_%' OR proname IN ('usage_roll_up', 'run_log_step_spent'))
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO perdure_app, perdure_system', f);
    END LOOP;
END
$$;
