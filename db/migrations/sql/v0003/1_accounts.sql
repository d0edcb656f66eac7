-- People, their memberships and sessions, and the keys of programs.
--   perdure_identity  finds out who calls: sees people, sessions and keys of every workspace, and nothing of their runs
--   perdure_app       sees of people only the members of its workspace, and of nobody a hash or a secret
-- Sessions, tickets and throttles belong to no workspace: no other role sees them.

GRANT USAGE ON SCHEMA public TO perdure_identity;

-- For tables that belong to people instead of workspaces.
CREATE PROCEDURE perdure_make_personal(subject regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', subject);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', subject);
    EXECUTE format('CREATE POLICY identity ON %s TO perdure_identity USING (true) WITH CHECK (true)', subject);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', subject);
END
$$;
REVOKE ALL ON PROCEDURE perdure_make_personal FROM PUBLIC;

-- For tables of workspaces that must be read before it is known in which workspace the caller acts.
CREATE PROCEDURE perdure_open_to_identity(subject regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY identity ON %s TO perdure_identity USING (true) WITH CHECK (true)', subject);
END
$$;
REVOKE ALL ON PROCEDURE perdure_open_to_identity FROM PUBLIC;

CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL,
    email_verified_at timestamptz,  -- null: nobody has shown that the mailbox is theirs
    name text NOT NULL,
    password_hash text,  -- null: signs in by links only
    password_changed_at timestamptz,
    totp_secret_encrypted bytea,
    totp_confirmed_at timestamptz,
    totp_last_step bigint,  -- a code counts once: later ones must be of a later step
    disabled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CALL perdure_make_personal('users');

CREATE TABLE memberships (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role text NOT NULL CONSTRAINT memberships_role_check
        CHECK (role IN ('owner', 'admin', 'editor', 'operator', 'viewer')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX memberships_user_idx ON memberships (user_id);
CALL perdure_make_tenant('memberships');
CALL perdure_open_to_identity('memberships');

CREATE POLICY tenant ON users FOR SELECT TO perdure_app USING (EXISTS (
    SELECT FROM memberships m
    WHERE m.user_id = users.id
        AND m.workspace_id = nullif(current_setting('perdure.workspace_id', true), '')::uuid
));

-- One sign-in on one device. The refresh token names its family and proves itself by a secret that changes at each use.
CREATE TABLE sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),  -- where the person was last
    family bytea NOT NULL,  -- hash of the part of the refresh token that stays the same
    token_hash bytea NOT NULL,
    previous_hash bytea,
    salt bytea NOT NULL,  -- makes the current token from the previous one, for an answer that was lost
    rotated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_because text,
    address text NOT NULL DEFAULT '',
    user_agent text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX sessions_family_key ON sessions (family);
CREATE INDEX sessions_user_idx ON sessions (user_id, created_at);
CREATE INDEX sessions_expiry_idx ON sessions (expires_at);
CALL perdure_make_personal('sessions');

-- Links that can be used once: to sign in on the machine itself, and to set up a fresh installation.
CREATE TABLE login_tickets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    purpose text NOT NULL CONSTRAINT login_tickets_purpose_check CHECK (purpose IN ('login', 'setup')),
    token_hash bytea NOT NULL,
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,  -- null: the owner of the installation
    forget_password boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE UNIQUE INDEX login_tickets_token_hash_key ON login_tickets (token_hash);
CALL perdure_make_personal('login_tickets');

-- Failed attempts to sign in, by e-mail address (known or not, so that the answer tells nothing) and network address.
CREATE TABLE throttles (
    key text PRIMARY KEY,
    failures double precision NOT NULL DEFAULT 0,  -- fewer as time goes by
    blocked_until timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX throttles_changed_idx ON throttles (changed_at);
CALL perdure_make_personal('throttles');

CREATE TABLE api_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    prefix text NOT NULL,
    secret_hash bytea NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    role text NOT NULL CONSTRAINT api_keys_role_check
        CHECK (role IN ('owner', 'admin', 'editor', 'operator', 'viewer')),
    created_by uuid REFERENCES users (id) ON DELETE CASCADE,  -- null: the operator of the installation
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX api_keys_prefix_key ON api_keys (prefix);
CREATE INDEX api_keys_list_idx ON api_keys (workspace_id, created_at, id);
CREATE INDEX api_keys_created_by_idx ON api_keys (created_by);
CALL perdure_make_tenant('api_keys');
CALL perdure_open_to_identity('api_keys');

-- Signing up makes a workspace; every change of an account is audited like any other.
CALL perdure_open_to_identity('workspaces');
CALL perdure_open_to_identity('audit_log');
GRANT SELECT, INSERT, UPDATE (name) ON workspaces TO perdure_identity;
GRANT UPDATE (name) ON workspaces TO perdure_app;
GRANT SELECT (id, at), INSERT ON audit_log TO perdure_identity;

GRANT SELECT, INSERT, UPDATE ON users TO perdure_identity;
GRANT SELECT (id, email, email_verified_at, name, totp_confirmed_at, disabled_at, created_at) ON users TO perdure_app;
GRANT SELECT, INSERT, UPDATE (role), DELETE ON memberships TO perdure_identity, perdure_app;
GRANT SELECT ON memberships TO perdure_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, login_tickets, throttles TO perdure_identity;
GRANT SELECT, UPDATE (last_used_at) ON api_keys TO perdure_identity;
GRANT SELECT (id, workspace_id, prefix, name, scopes, role, created_by, created_at, expires_at, last_used_at, revoked_at),
    INSERT, UPDATE (revoked_at) ON api_keys TO perdure_app, perdure_system;
