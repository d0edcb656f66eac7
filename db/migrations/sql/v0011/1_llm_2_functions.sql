-- Holds calls of models to their budgets and to the rates of keys.
--
-- SQLSTATE PD402: a budget has no room. The detail is JSON: scope, key, limit_usd, spent_usd, reserved_usd, needed_usd.

-- Reserves p_amount in every scope, widest first, or in none. p_limits: [{scope, key, limit}, …] in that order.
-- A month has the limit of the workspace's quota. False if nothing is limited, and so nothing was reserved.
CREATE FUNCTION budget_reserve(
    p_workspace uuid, p_lease uuid, p_step text, p_amount numeric, p_limits jsonb, p_seconds double precision
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_set text := set_config('perdure.workspace_id', p_workspace::text, true);
    v_month numeric;
    v_limits jsonb := p_limits;
    l record;
    b model_budgets;
    v_reserved numeric;
BEGIN
    SELECT cost_usd_per_month INTO v_month FROM quotas WHERE workspace_id = p_workspace;
    IF v_month IS NOT NULL THEN
        v_limits := jsonb_build_object('scope', 'month', 'limit', v_month,
            'key', to_char(quota_month() AT TIME ZONE 'UTC', 'YYYY-MM')) || p_limits;
    END IF;
    FOR l IN SELECT e ->> 'scope' AS scope, e ->> 'key' AS key, (e ->> 'limit')::numeric AS most, o AS place
        FROM jsonb_array_elements(v_limits) WITH ORDINALITY AS i (e, o) ORDER BY o
    LOOP
        INSERT INTO model_budgets (workspace_id, scope, key) VALUES (p_workspace, l.scope, l.key) ON CONFLICT DO NOTHING;
        SELECT * INTO b FROM model_budgets WHERE workspace_id = p_workspace AND scope = l.scope AND key = l.key
        FOR NO KEY UPDATE;
        -- Behind the lock: what others have reserved by now. An earlier attempt of this step is over.
        SELECT coalesce(sum(amount_usd), 0) INTO v_reserved FROM model_leases
        WHERE workspace_id = p_workspace AND scope = l.scope AND key = l.key AND NOT settled AND step_key <> p_step
            AND expires_at > clock_timestamp();
        IF l.scope = 'month' THEN
            b.spent_usd := greatest(b.spent_usd, (quota_spent(p_workspace)).cost_usd);
        END IF;
        IF b.spent_usd + v_reserved + p_amount > l.most + b.granted_usd THEN
            RAISE EXCEPTION 'budget exhausted' USING ERRCODE = 'PD402', DETAIL = jsonb_build_object(
                'scope', l.scope, 'key', l.key, 'limit_usd', l.most + b.granted_usd, 'spent_usd', b.spent_usd,
                'reserved_usd', v_reserved, 'needed_usd', p_amount);
        END IF;
        INSERT INTO model_leases (workspace_id, lease, place, scope, key, step_key, amount_usd, expires_at) VALUES (
            p_workspace, p_lease, l.place, l.scope, l.key, p_step, p_amount,
            clock_timestamp() + make_interval(secs => p_seconds)) ON CONFLICT DO NOTHING;  -- the same call, asked anew
    END LOOP;
    UPDATE model_leases m SET amount_usd = 0 FROM jsonb_array_elements(v_limits) e
    WHERE m.workspace_id = p_workspace AND m.scope = e ->> 'scope' AND m.key = e ->> 'key' AND NOT m.settled
        AND m.step_key = p_step AND m.lease <> p_lease AND m.amount_usd > 0;
    RETURN jsonb_array_length(v_limits) > 0;
END
$$;

-- Puts the true cost in the place of what was reserved; again, it does nothing. A worker that was taken for dead has spent
-- its money all the same, so its lease counts even if it has lapsed or was replaced.
CREATE FUNCTION budget_settle(p_workspace uuid, p_lease uuid, p_cost numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_set text := set_config('perdure.workspace_id', p_workspace::text, true);
    l record;
BEGIN
    FOR l IN SELECT scope, key FROM model_leases
        WHERE workspace_id = p_workspace AND lease = p_lease AND NOT settled ORDER BY place
    LOOP
        UPDATE model_budgets SET spent_usd = spent_usd + p_cost, updated_at = clock_timestamp()
        WHERE workspace_id = p_workspace AND scope = l.scope AND key = l.key;
    END LOOP;
    UPDATE model_leases SET settled = true, amount_usd = p_cost WHERE workspace_id = p_workspace AND lease = p_lease;
END
$$;

-- Lets more be spent than the limit says; once per approval.
CREATE FUNCTION budget_grant(p_workspace uuid, p_scope text, p_key text, p_approval text, p_amount numeric) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_set text := set_config('perdure.workspace_id', p_workspace::text, true);
BEGIN
    INSERT INTO model_budgets AS b (workspace_id, scope, key, granted_usd, grants)
    VALUES (p_workspace, p_scope, p_key, p_amount, jsonb_build_object(p_approval, p_amount))
    ON CONFLICT (workspace_id, scope, key) DO UPDATE SET granted_usd = b.granted_usd + excluded.granted_usd,
        grants = b.grants || excluded.grants, updated_at = clock_timestamp()
    WHERE NOT b.grants ? p_approval;
END
$$;

-- Takes a request and its tokens from the buckets of a key; otherwise the seconds after which there may be enough.
-- A bucket that is not limited is null. A request that is larger than its bucket takes the whole of it.
CREATE FUNCTION rate_take(
    p_workspace uuid, p_key text, p_requests double precision, p_tokens double precision, p_need double precision
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    v_set text := set_config('perdure.workspace_id', p_workspace::text, true);
    r model_rates;
    v_now timestamptz;
    v_need double precision := least(p_need, p_tokens);
    v_wait double precision;
BEGIN
    INSERT INTO model_rates (workspace_id, key, requests, tokens)
    VALUES (p_workspace, p_key, coalesce(p_requests, 0), coalesce(p_tokens, 0)) ON CONFLICT DO NOTHING;
    SELECT * INTO r FROM model_rates WHERE workspace_id = p_workspace AND key = p_key FOR NO KEY UPDATE;
    v_now := clock_timestamp();
    r.requests := least(p_requests, r.requests + extract(epoch FROM v_now - r.updated_at) * p_requests / 60);
    r.tokens := least(p_tokens, r.tokens + extract(epoch FROM v_now - r.updated_at) * p_tokens / 60);
    v_wait := greatest(extract(epoch FROM r.blocked_until - v_now), (1 - r.requests) * 60 / p_requests,
        (v_need - r.tokens) * 60 / p_tokens, 0);
    -- The least time that a clock can tell counts as none: a bucket of numbers with a point is never quite full.
    IF v_wait < 0.001 THEN
        UPDATE model_rates SET requests = coalesce(r.requests - 1, 0), tokens = coalesce(r.tokens - v_need, 0),
            updated_at = v_now WHERE workspace_id = p_workspace AND key = p_key;
        RETURN 0;
    END IF;
    RETURN v_wait;
END
$$;

-- Gives tokens back that a call did not use, or takes those that it used above; p_pause: the provider wants to be left alone
-- for so many seconds.
CREATE FUNCTION rate_return(p_workspace uuid, p_key text, p_tokens double precision, p_pause double precision)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_set text := set_config('perdure.workspace_id', p_workspace::text, true);
BEGIN
    UPDATE model_rates SET tokens = tokens + p_tokens,
        blocked_until = greatest(blocked_until, clock_timestamp() + make_interval(secs => p_pause))
    WHERE workspace_id = p_workspace AND key = p_key;
END
$$;

-- Forgets what nobody will ask for again; how many rows.
CREATE FUNCTION budget_forget() RETURNS bigint LANGUAGE sql AS $$
    WITH leases AS (DELETE FROM model_leases WHERE expires_at < clock_timestamp() - interval '1 day' RETURNING 1),
        budgets AS (DELETE FROM model_budgets WHERE updated_at < clock_timestamp() - interval '400 days' RETURNING 1),
        rates AS (DELETE FROM model_rates WHERE updated_at < clock_timestamp() - interval '1 day' RETURNING 1),
        answers AS (DELETE FROM model_answers WHERE created_at < clock_timestamp() - interval '30 days' RETURNING 1)
    SELECT count(*) FROM (TABLE leases UNION ALL TABLE budgets UNION ALL TABLE rates UNION ALL TABLE answers) gone
$$;

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND (proname LIKE 'budget\_%' OR proname IN ('rate_take', 'rate_return'))
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO perdure_app, perdure_system', f);
    END LOOP;
END
$$;
