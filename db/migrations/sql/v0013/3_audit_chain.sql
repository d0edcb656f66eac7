-- The audit log as a chain: every entry has a number within its workspace, and a hash over itself and the hash before.
-- So whoever changes, moves, inserts or removes an entry afterwards breaks the chain, or must write all of it anew after
-- that place; the head, written down elsewhere, tells even that. docs/audit.md has the form, db/audit_chain.py reads it.
--
-- An entry is linked when its transaction commits, not when it is written: only from there on do the changes of one
-- workspace wait for each other, and none of them waits for a lock while it holds the chain.
--
-- Two things may be done to what is written, and both leave a trace in the log itself: the beginning may be removed when
-- it is old (the head then says where the chain begins), and what is personal in an entry may be blanked (its salt goes,
-- so that nobody can guess what it was; the link holds without it).

CREATE TABLE audit_heads (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces (id),
    number bigint NOT NULL,
    hash bytea NOT NULL,
    base_number bigint NOT NULL DEFAULT 0,  -- the last entry that was removed for its age
    base_hash bytea NOT NULL DEFAULT sha256('')
);

CREATE TABLE audit_chain (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    number bigint NOT NULL,
    entry_id bigint NOT NULL,
    salt uuid DEFAULT gen_random_uuid(),  -- null: the entry was blanked
    details_hash bytea NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (workspace_id, number)
);
CREATE UNIQUE INDEX audit_chain_entry_id_key ON audit_chain (entry_id);

-- Values with their lengths before them, so that no two lists are written alike: `5:hello;`, and `-;` for none.
CREATE FUNCTION perdure_audit_form(kind text, parts text[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_to(kind || ';' || string_agg(
        coalesce(octet_length(convert_to(part.value, 'UTF8')) || ':' || part.value, '-') || ';', '' ORDER BY part.place
    ), 'UTF8')
    FROM unnest(parts) WITH ORDINALITY AS part (value, place)
$$;

CREATE FUNCTION perdure_audit_link(entry audit_log) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    head audit_heads;
    salt uuid := gen_random_uuid();
    details bytea;
    linked bytea;
BEGIN
    SELECT * INTO head FROM audit_heads h WHERE h.workspace_id = entry.workspace_id FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO audit_heads (workspace_id, number, hash) VALUES (entry.workspace_id, 0, sha256(''))
            ON CONFLICT DO NOTHING;
        SELECT * INTO STRICT head FROM audit_heads h WHERE h.workspace_id = entry.workspace_id FOR UPDATE;
    END IF;
    details := sha256(perdure_audit_form('perdure-audit-details-1', ARRAY[
        salt::text, entry.actor_name, entry.address, entry.before::text, entry.after::text]));
    linked := sha256(perdure_audit_form('perdure-audit-1', ARRAY[
        entry.workspace_id::text, (head.number + 1)::text, encode(head.hash, 'hex'), entry.id::text,
        (extract(epoch FROM entry.at) * 1000000)::bigint::text, entry.actor_kind, entry.actor_id::text,
        entry.request_id, entry.action, entry.subject_kind, entry.subject_id, encode(details, 'hex')]));
    INSERT INTO audit_chain (workspace_id, number, entry_id, salt, details_hash, previous_hash, hash)
        VALUES (entry.workspace_id, head.number + 1, entry.id, salt, details, head.hash, linked);
    UPDATE audit_heads h SET number = head.number + 1, hash = linked WHERE h.workspace_id = entry.workspace_id;
END
$$;

-- What was written before there was a chain stands at its beginning. The owner is bound by row-level security too.
ALTER TABLE audit_log NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
    entry audit_log;
BEGIN
    FOR entry IN SELECT * FROM audit_log ORDER BY id LOOP
        PERFORM perdure_audit_link(entry);
    END LOOP;
END
$$;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;

CREATE FUNCTION perdure_audit_linked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM perdure_audit_link(NEW);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER audit_log_linked AFTER INSERT ON audit_log
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION perdure_audit_linked();

-- Not even the owner of the tables changes them by mistake.
CREATE FUNCTION perdure_audit_refused(subject name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = format('permission denied: %s is only ever added to', subject);
END
$$;

CREATE FUNCTION perdure_audit_guard_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM audit_chain c WHERE c.entry_id = OLD.id) THEN
            PERFORM perdure_audit_refused(TG_TABLE_NAME);
        END IF;
        RETURN OLD;
    END IF;
    OLD.actor_name := '';
    OLD.address := '';
    OLD.before := NULL;
    OLD.after := NULL;
    IF NEW IS DISTINCT FROM OLD THEN
        PERFORM perdure_audit_refused(TG_TABLE_NAME);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_log_guard BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION perdure_audit_guard_log();

CREATE FUNCTION perdure_audit_guard_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' THEN
        OLD.salt := NULL;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM audit_heads h
                WHERE h.workspace_id = OLD.workspace_id AND h.base_number >= OLD.number) THEN
            RETURN OLD;
        END IF;
    END IF;
    PERFORM perdure_audit_refused(TG_TABLE_NAME);
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_chain_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_chain
    FOR EACH ROW EXECUTE FUNCTION perdure_audit_guard_chain();

CREATE FUNCTION perdure_audit_guard_heads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (NEW.workspace_id, NEW.number, NEW.hash) = (OLD.workspace_id, OLD.number, OLD.hash)
                AND NEW.base_number > OLD.base_number AND NEW.base_number <= OLD.number THEN
            RETURN NEW;
        END IF;
    END IF;
    PERFORM perdure_audit_refused(TG_TABLE_NAME);
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_heads_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_heads
    FOR EACH ROW EXECUTE FUNCTION perdure_audit_guard_heads();

CREATE FUNCTION perdure_audit_guard_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM perdure_audit_refused(TG_TABLE_NAME);
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_log_guard_all BEFORE TRUNCATE ON audit_log EXECUTE FUNCTION perdure_audit_guard_all();
CREATE TRIGGER audit_chain_guard_all BEFORE TRUNCATE ON audit_chain EXECUTE FUNCTION perdure_audit_guard_all();
CREATE TRIGGER audit_heads_guard_all BEFORE TRUNCATE ON audit_heads EXECUTE FUNCTION perdure_audit_guard_all();

CALL perdure_make_tenant('audit_heads');
CALL perdure_make_tenant('audit_chain');
CALL perdure_open_to_identity('audit_heads');
CALL perdure_open_to_identity('audit_chain');
GRANT SELECT, INSERT, UPDATE (number, hash) ON audit_heads TO perdure_app, perdure_system, perdure_identity;
GRANT SELECT, INSERT ON audit_chain TO perdure_app, perdure_system;
GRANT SELECT (workspace_id, number), INSERT ON audit_chain TO perdure_identity;
-- Retention and erasure.
GRANT UPDATE (base_number, base_hash) ON audit_heads TO perdure_system;
GRANT UPDATE (salt), DELETE ON audit_chain TO perdure_system;
GRANT UPDATE (actor_name, address, before, after), DELETE ON audit_log TO perdure_system;
