-- Saved views of lists, and lists of requests: the indexes of each list, and the one function that reads them.

CREATE TABLE list_views (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    user_id uuid,
    kind text NOT NULL CONSTRAINT list_views_kind_check CHECK (kind IN ('approvals', 'runs')),
    name text NOT NULL,
    filter jsonb NOT NULL,
    created_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT list_views_pkey PRIMARY KEY (id),
    CONSTRAINT list_views_name_key UNIQUE NULLS NOT DISTINCT (workspace_id, user_id, kind, name),
    CONSTRAINT list_views_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT list_views_workspace_id_user_id_fkey FOREIGN KEY (workspace_id, user_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);
CALL perdure_make_tenant('list_views');
GRANT SELECT, INSERT, UPDATE, DELETE ON list_views TO perdure_app;
GRANT SELECT ON list_views TO perdure_system;

CREATE INDEX approvals_claimed_idx ON approvals (workspace_id, claimed_by)
    WHERE status = 'pending' AND claimed_by IS NOT NULL;
CREATE INDEX approvals_purpose_idx ON approvals (workspace_id, created_at, id, purpose)
    WHERE status = 'pending' AND purpose <> 'approval';
CREATE INDEX approvals_workflow_idx ON approvals (workspace_id, workflow_slug, created_at, id) WHERE status = 'pending';
CREATE INDEX approvals_decided_idx ON approvals (workspace_id, decided_at, id) WHERE decided_at IS NOT NULL;
CREATE INDEX approvals_tags_idx ON approvals USING gin (tags);
CREATE INDEX approval_votes_voter_idx ON approval_votes (workspace_id, voter_id, approval_id);

-- The words that somebody types; the last one may be the beginning of a word.
CREATE FUNCTION perdure_words(typed text) RETURNS tsquery LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN right(parsed::text, 1) = '''' THEN (parsed::text || ':*')::tsquery ELSE parsed END
    FROM websearch_to_tsquery('simple', typed) AS parsed
$$;

-- Ids of requests that fit, in order.
--
-- Under row-level security PostgreSQL may not use an index for `@@` (it is not leakproof), so this runs with the rights
-- of perdure_system and restricts itself to the workspace of the caller's setting. It gives nothing but ids, which are
-- then read under row-level security.
--
--   wanted  filters; `asked` lists principals whose queue is read: [{"principal": …, "person": …}]
--   sort    created, newest, priority, due, decided, or none
--   after   keys of the last row of the page before, as text: [key, …, id]
CREATE FUNCTION perdure_list_approvals(wanted jsonb, sort text, after text[], most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    workspace uuid := nullif(current_setting('perdure.workspace_id', true), '')::uuid;
    first_key text := CASE sort
        WHEN 'priority' THEN '(- x.priority)'
        WHEN 'due' THEN 'coalesce(x.due_at, ''infinity'')'
        WHEN 'decided' THEN 'x.decided_at'
        ELSE 'x.created_at' END;
    second_key text := CASE sort WHEN 'priority' THEN 'x.created_at' END;
    direction text := CASE WHEN sort IN ('newest', 'decided') THEN 'DESC' ELSE 'ASC' END;
    fits text := 'a.workspace_id = $1';
    ordered text := '';
    asked text;
BEGIN
    IF workspace IS NULL THEN
        RETURN;
    END IF;
    SELECT fits || coalesce(string_agg(' AND ' || known.condition, '' ORDER BY known.key), '') INTO fits
    FROM (VALUES
        ('status', 'a.status = $2->>''status'''),
        ('open', 'a.status = ''pending'''),
        ('closed', 'a.status <> ''pending'''),
        ('stuck', 'a.purpose <> ''approval'''),
        ('unknown', 'a.purpose = ''verification'''),
        ('overdue', 'coalesce(a.due_at, ''infinity'') < now()'),
        ('due_soon', 'coalesce(a.due_at, ''infinity'') >= now()'
            ' AND coalesce(a.due_at, ''infinity'') < now() + interval ''1 day'''),
        ('workflow', 'a.workflow_slug = $2->>''workflow'''),
        ('node', '(a.path = $2->>''node'' OR a.node_name = $2->>''node'')'),
        ('purpose', 'a.purpose = $2->>''purpose'''),
        ('priority', 'a.priority = ($2->>''priority'')::smallint'),
        ('tag', 'a.tags @> ARRAY[$2->>''tag'']'),
        ('run', 'a.run_id = ($2->>''run'')::uuid'),
        ('created_after', 'a.created_at >= ($2->>''created_after'')::timestamptz'),
        ('created_before', 'a.created_at < ($2->>''created_before'')::timestamptz'),
        ('due_after', 'coalesce(a.due_at, ''infinity'') >= ($2->>''due_after'')::timestamptz'),
        ('due_before', 'coalesce(a.due_at, ''infinity'') < ($2->>''due_before'')::timestamptz'),
        ('q', 'a.search @@ perdure_words($2->>''q'')'),
        ('unclaimed', 'a.claimed_by IS NULL'),
        ('claimed_by', 'a.claimed_by = ($2->>''claimed_by'')::uuid'),
        ('free_for', '(a.claimed_by IS NULL OR a.claimed_by = ($2->>''free_for'')::uuid)'),
        ('voted_by', 'a.id IN (SELECT v.approval_id FROM approval_votes v WHERE v.workspace_id = $1'
            ' AND v.voter_kind = $2->>''kind'' AND v.voter_id IS NOT DISTINCT FROM ($2->>''voted_by'')::uuid)'),
        ('asked', 'a.status = ''pending'' AND NOT EXISTS (SELECT FROM approval_votes v WHERE v.approval_id = a.id'
            ' AND v.stage = a.stage AND v.revision = a.revision AND (v.behalf_of = ($2->>''me'')::uuid OR'
            ' v.voter_kind = $2->>''kind'' AND v.voter_id IS NOT DISTINCT FROM ($2->>''me'')::uuid))')
    ) AS known (key, condition)
    WHERE wanted ? known.key;
    IF sort = 'decided' THEN
        fits := fits || ' AND a.decided_at IS NOT NULL';
    END IF;
    IF after IS NOT NULL THEN
        fits := fits || format(
            CASE WHEN second_key IS NULL THEN ' AND (%1$s, x.id) %3$s ($3[1]::timestamptz, $3[2]::uuid)'
                ELSE ' AND (%1$s, %2$s, x.id) %3$s ($3[1]::integer, $3[2]::timestamptz, $3[3]::uuid)' END,
            first_key, second_key, CASE direction WHEN 'ASC' THEN '>' ELSE '<' END);
    END IF;
    IF sort <> 'none' THEN
        ordered := CASE WHEN second_key IS NULL THEN format('ORDER BY %1$s %2$s, x.id %2$s', first_key, direction)
            ELSE format('ORDER BY %s, %s, x.id', first_key, second_key) END;
    END IF;
    IF NOT wanted ? 'asked' THEN
        RETURN QUERY EXECUTE replace(
            format('SELECT a.id FROM approvals a WHERE %s %s LIMIT $4', fits, ordered), 'x.', 'a.')
            USING workspace, wanted, after, most;
        RETURN;
    END IF;
    -- Each principal's queue is read by index as far as needed, then they are merged.
    asked := format(
        'SELECT q.approval_id AS id, %s AS one, %s AS two FROM approval_assignees q JOIN approvals a '
        'ON a.id = q.approval_id WHERE q.workspace_id = $1 AND q.principal = p.principal AND q.open '
        'AND (p.person IS NULL OR NOT p.person = ANY (a.excluded)) AND %s %s LIMIT $4',
        first_key, coalesce(second_key, 'NULL::timestamptz'), fits, ordered);
    asked := replace(replace(replace(asked, 'x.created_at', 'q.asked_at'), 'x.id', 'q.approval_id'), 'x.', 'q.');
    RETURN QUERY EXECUTE format(
        'SELECT f.id FROM jsonb_to_recordset($2->''asked'') AS p (principal text, person uuid) '
        'CROSS JOIN LATERAL (%s) f GROUP BY f.id, f.one, f.two %s LIMIT $4',
        asked, CASE sort WHEN 'none' THEN '' ELSE format('ORDER BY f.one %1$s, f.two, f.id %1$s', direction) END)
        USING workspace, wanted, after, most;
END
$$;

-- How many requests each of several lists holds, up to `most`; counted in the order that an index has.
CREATE FUNCTION perdure_count_approvals(lists jsonb, most integer) RETURNS TABLE (list text, found bigint)
LANGUAGE sql STABLE AS $$
    SELECT key, (SELECT count(*) FROM perdure_list_approvals(value, sort, NULL, most))
    FROM jsonb_each(lists) CROSS JOIN LATERAL (
        SELECT CASE WHEN value ?| ARRAY['due_before', 'overdue', 'due_soon'] THEN 'due' WHEN value ? 'asked' THEN 'created' ELSE 'none' END
    ) AS best (sort)
$$;

-- A function belongs to a role that may create in its schema; perdure_system may only for this moment.
GRANT CREATE ON SCHEMA public TO perdure_system;
ALTER FUNCTION perdure_list_approvals OWNER TO perdure_system;
REVOKE CREATE ON SCHEMA public FROM perdure_system;
REVOKE ALL ON FUNCTION perdure_list_approvals, perdure_count_approvals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION perdure_list_approvals, perdure_count_approvals TO perdure_app, perdure_system;
