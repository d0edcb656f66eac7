-- Signing in at a company's identity provider (OpenID Connect), and its directory (SCIM): docs/sign-on.md.
--
-- A provider belongs to a workspace, and whoever owns the workspace says what it asserts. So a session that begins there
-- counts in that workspace only (sessions.sign_on_workspace_id), whatever other workspaces the person is in.

ALTER TABLE workspaces
    ADD COLUMN sign_on_required boolean NOT NULL DEFAULT false,  -- only owners may sign in otherwise
    ADD COLUMN sign_on_role text NOT NULL DEFAULT 'viewer' CONSTRAINT workspaces_sign_on_role_check
        CHECK (sign_on_role IN ('owner', 'admin', 'editor', 'operator', 'viewer'));
GRANT UPDATE (sign_on_required, sign_on_role) ON workspaces TO perdure_app;

ALTER TABLE sessions ADD COLUMN sign_on_workspace_id uuid REFERENCES workspaces (id);

CREATE TABLE sign_on_providers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    sealed bytea,  -- the client secret; null for a public client
    scopes text[] NOT NULL,
    algorithms text[] NOT NULL,
    domains text[] NOT NULL,  -- e-mail domains; none: every one
    groups_claim text NOT NULL,
    trust_email boolean NOT NULL,  -- addresses count as verified although the provider does not say so
    create_accounts boolean NOT NULL,
    enabled boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT sign_on_providers_workspace_id_id_key UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX sign_on_providers_name_key ON sign_on_providers (workspace_id, lower(name));
CALL perdure_make_tenant('sign_on_providers');
CALL perdure_open_to_identity('sign_on_providers');

-- Sign-ins under way. Each answer of a provider counts once.
CREATE TABLE sign_on_attempts (
    state_hash bytea PRIMARY KEY,
    provider_id uuid NOT NULL REFERENCES sign_on_providers (id) ON DELETE CASCADE,
    browser_hash bytea NOT NULL,  -- of the secret that the browser keeps
    sealed bytea NOT NULL,  -- nonce and code verifier
    redirect_uri text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_on_attempts_expiry_idx ON sign_on_attempts (expires_at);
CREATE INDEX sign_on_attempts_provider_idx ON sign_on_attempts (provider_id);
CALL perdure_make_personal('sign_on_attempts');

-- Who somebody is at a provider: known again by the subject, whatever their address is by then.
CREATE TABLE sign_on_identities (
    provider_id uuid NOT NULL,
    subject text NOT NULL,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (provider_id, subject),
    CONSTRAINT sign_on_identities_workspace_id_provider_id_fkey
        FOREIGN KEY (workspace_id, provider_id) REFERENCES sign_on_providers (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX sign_on_identities_user_idx ON sign_on_identities (user_id);
CALL perdure_make_tenant('sign_on_identities');
CALL perdure_open_to_identity('sign_on_identities');

-- What being in a group of the company means here: for the claim of a provider and for groups of SCIM alike.
CREATE TABLE group_mappings (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    position integer NOT NULL,
    external text NOT NULL,  -- name of the group there
    role text CONSTRAINT group_mappings_role_check
        CHECK (role IN ('owner', 'admin', 'editor', 'operator', 'viewer')),
    group_id uuid,
    PRIMARY KEY (workspace_id, position),
    CONSTRAINT group_mappings_workspace_id_group_id_fkey
        FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX group_mappings_group_idx ON group_mappings (group_id);
CALL perdure_make_tenant('group_mappings');
CALL perdure_open_to_identity('group_mappings');

CREATE TABLE scim_tokens (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    prefix text NOT NULL,
    secret_hash bytea NOT NULL,
    name text NOT NULL,
    created_by_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX scim_tokens_prefix_key ON scim_tokens (prefix);
CREATE INDEX scim_tokens_list_idx ON scim_tokens (workspace_id, created_at, id);
CALL perdure_make_tenant('scim_tokens');
CALL perdure_open_to_identity('scim_tokens');

-- People as the directory knows them. While one is not active, they are no member; their groups wait here.
CREATE TABLE scim_users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_name text NOT NULL,
    external_id text,
    active boolean NOT NULL,
    owns_account boolean NOT NULL,  -- the directory has made the account
    attributes jsonb NOT NULL,
    groups uuid[] NOT NULL DEFAULT '{}',  -- of somebody who is not active
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT scim_users_workspace_id_user_id_key UNIQUE (workspace_id, user_id)
);
CREATE UNIQUE INDEX scim_users_name_key ON scim_users (workspace_id, lower(user_name));
CREATE INDEX scim_users_external_idx ON scim_users (workspace_id, external_id);
CREATE INDEX scim_users_user_idx ON scim_users (user_id);
CALL perdure_make_tenant('scim_users');
CALL perdure_open_to_identity('scim_users');

-- Groups that the directory keeps; their names and members stand in `groups` and `group_members`.
CREATE TABLE scim_groups (
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    group_id uuid NOT NULL PRIMARY KEY,
    external_id text,
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT scim_groups_workspace_id_group_id_fkey
        FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX scim_groups_list_idx ON scim_groups (workspace_id, group_id);
CALL perdure_make_tenant('scim_groups');
CALL perdure_open_to_identity('scim_groups');

-- Whoever signs somebody in or keeps the directory puts them into groups too.
CALL perdure_open_to_identity('groups');
CALL perdure_open_to_identity('group_members');
GRANT SELECT, INSERT, UPDATE (name), DELETE ON groups TO perdure_identity;
GRANT SELECT, INSERT, DELETE ON group_members TO perdure_identity;
GRANT UPDATE (revoked_at) ON invitations TO perdure_identity;

GRANT SELECT (
        id, workspace_id, name, issuer, client_id, scopes, algorithms, domains, groups_claim, trust_email,
        create_accounts, enabled, created_at, updated_at, sealed),
    INSERT, DELETE,
    UPDATE (name, issuer, client_id, sealed, scopes, algorithms, domains, groups_claim, trust_email, create_accounts,
        enabled, updated_at) ON sign_on_providers TO perdure_app;
GRANT SELECT, UPDATE (sealed) ON sign_on_providers TO perdure_system;
GRANT SELECT ON sign_on_providers TO perdure_identity;
GRANT SELECT, INSERT, DELETE ON sign_on_attempts TO perdure_identity;
GRANT SELECT, INSERT, UPDATE (email, last_used_at), DELETE ON sign_on_identities TO perdure_identity;
GRANT SELECT ON sign_on_identities TO perdure_app, perdure_system;
GRANT SELECT, INSERT, DELETE ON group_mappings TO perdure_app;
GRANT SELECT ON group_mappings TO perdure_system, perdure_identity;
GRANT SELECT (id, workspace_id, prefix, name, created_by_name, created_at, last_used_at, revoked_at), INSERT,
    UPDATE (revoked_at) ON scim_tokens TO perdure_app;
GRANT SELECT (id, workspace_id) ON scim_tokens TO perdure_system;
GRANT SELECT, UPDATE (last_used_at) ON scim_tokens TO perdure_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON scim_users, scim_groups TO perdure_identity;
GRANT SELECT ON scim_users, scim_groups TO perdure_app, perdure_system;
