-- Puts the steps of two runs side by side.

-- A recorded value without what is different in every run anyway.
CREATE FUNCTION run_log_comparable(p_kind text, p_value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN jsonb_typeof(p_value) IS DISTINCT FROM 'object' THEN p_value
    WHEN p_kind = 'sub_workflow' THEN p_value - 'run_id'
    WHEN p_kind = 'wait' THEN p_value - 'until'
    WHEN p_kind = 'approval' THEN p_value - 'at'
    ELSE p_value
END;

-- Values of unlike stored size are unlike; that spares reading large ones.
CREATE FUNCTION run_log_unlike(p_kind text, p_one jsonb, p_other jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN p_kind NOT IN ('sub_workflow', 'wait', 'approval') AND pg_column_size(p_one) <> pg_column_size(p_other) THEN true
    ELSE run_log_comparable(p_kind, p_one) IS DISTINCT FROM run_log_comparable(p_kind, p_other)
END;

-- A step as it is shown; an output that is stored in more than p_bytes is left out.
CREATE FUNCTION run_log_side(p_step steps, p_bytes integer) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object(
    'status', p_step.status, 'attempt', p_step.attempt, 'port', p_step.port, 'error', p_step.error,
    'output', CASE WHEN pg_column_size(p_step.output) <= p_bytes THEN p_step.output END,
    'output_bytes', pg_column_size(p_step.output), 'cost_usd', p_step.cost_usd,
    'seconds', extract(epoch FROM p_step.ended_at - p_step.started_at));

-- The first steps of a run, and how many microseconds after the run each began.
CREATE FUNCTION run_log_first_steps(p_run uuid, p_most integer) RETURNS TABLE (since bigint, step steps)
LANGUAGE sql STABLE AS $$
    SELECT floor(extract(epoch FROM s.started_at - r.created_at) * 1e6)::bigint, s
    FROM runs r JOIN steps s ON s.run_id = r.id
    WHERE r.id = p_run ORDER BY s.started_at NULLS LAST, s.path, s.iteration LIMIT p_most
$$;

-- Every step of either run, paired by path and iteration.
--   p_forked  whether it is p_run that was forked from the other, not the other way round
--   p_kept    root nodes that the fork went on from without running them; p_given: whose outputs it was given
--   p_order   root nodes in the order in which they depend on each other
--   p_groups  for each of them, the place at which its outermost loop begins, else its own
--   part      that place: what comes later there depends on what comes before, whenever it began
--   since     when it began in p_other, else in p_run
CREATE FUNCTION run_log_compare(
    p_run uuid, p_other uuid, p_forked boolean, p_kept text[], p_given text[], p_order text[],
    p_groups integer[], p_most integer, p_bytes integer
) RETURNS TABLE (
    part integer, since bigint, place integer, path text, iteration integer, kind text, name text, difference text, fields text[], run jsonb,
    other jsonb
) LANGUAGE sql STABLE AS $$
    WITH paired AS (
        SELECT a.step AS a, b.step AS b, coalesce(b.since, a.since, 9223372036854775807) AS since,
            coalesce((b.step).path, (a.step).path) AS path,
            coalesce((b.step).iteration, (a.step).iteration) AS iteration,
            coalesce((b.step).status, (a.step).status) AS status,
            (a.step).path IS NOT NULL AS here, (b.step).path IS NOT NULL AS there
        FROM run_log_first_steps(p_run, p_most) a FULL JOIN run_log_first_steps(p_other, p_most) b
            ON (a.step).path = (b.step).path AND (a.step).iteration = (b.step).iteration
    ), looked_at AS (
        SELECT p.*, substring(p.path FROM '^[^][#.]+') AS root,
            CASE WHEN here AND there THEN array_remove(ARRAY[
                CASE WHEN (a).status <> (b).status THEN 'status' END,
                CASE WHEN (a).port IS DISTINCT FROM (b).port THEN 'port' END,
                CASE WHEN run_log_unlike((a).kind, (a).input, (b).input) THEN 'input' END,
                CASE WHEN run_log_unlike((a).kind, (a).output, (b).output) THEN 'output' END,
                CASE WHEN ((a).error -> 'code', (a).error -> 'message')
                    IS DISTINCT FROM ((b).error -> 'code', (b).error -> 'message') THEN 'error' END
            ], NULL) ELSE '{}' END AS fields
        FROM paired p
    )
    SELECT coalesce(p_groups[array_position(p_order, root)], 2147483647), since,
        coalesce(array_position(p_order, root), 2147483647), path, iteration, coalesce((b).kind, (a).kind), coalesce((b).name, (a).name),
        CASE
            WHEN here AND there THEN CASE WHEN fields = '{}' THEN 'same' ELSE 'changed' END
            WHEN here <> p_forked AND root = ANY (p_given) THEN 'given'
            WHEN here <> p_forked AND root = ANY (p_kept) AND status IN ('completed', 'skipped', 'failed') THEN 'kept'
            WHEN here THEN 'only_in_run'
            ELSE 'only_in_other'
        END,
        fields, CASE WHEN here THEN run_log_side(a, p_bytes) END, CASE WHEN there THEN run_log_side(b, p_bytes) END
    FROM looked_at
$$;

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname IN (
        'run_log_comparable', 'run_log_unlike', 'run_log_side', 'run_log_first_steps', 'run_log_compare')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO perdure_app, perdure_system', f);
    END LOOP;
END
$$;
