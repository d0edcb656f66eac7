-- Groups of members, invitations, recovery codes, and whether a workspace asks for a second factor.

ALTER TABLE workspaces ADD COLUMN second_factor_required boolean NOT NULL DEFAULT false;
GRANT UPDATE (second_factor_required) ON workspaces TO perdure_app;

CREATE TABLE groups (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT groups_workspace_id_id_key UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX groups_name_key ON groups (workspace_id, lower(name));
CALL perdure_make_tenant('groups');

-- Refers to the membership, so that whoever leaves a workspace leaves its groups.
CREATE TABLE group_members (
    workspace_id uuid NOT NULL,
    group_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (group_id, user_id),
    CONSTRAINT group_members_workspace_id_group_id_fkey
        FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT group_members_workspace_id_user_id_fkey
        FOREIGN KEY (workspace_id, user_id) REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);
CREATE INDEX group_members_user_idx ON group_members (workspace_id, user_id);
CALL perdure_make_tenant('group_members');

-- Whoever holds the token may join once; it is open while it is neither accepted nor revoked.
CREATE TABLE invitations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    email text NOT NULL,
    role text NOT NULL CONSTRAINT invitations_role_check
        CHECK (role IN ('owner', 'admin', 'editor', 'operator', 'viewer')),
    token_hash bytea NOT NULL,
    invited_by uuid REFERENCES users (id) ON DELETE SET NULL,  -- null: a key, or the operator of the installation
    invited_by_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid REFERENCES users (id) ON DELETE SET NULL,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX invitations_token_hash_key ON invitations (token_hash);
CREATE UNIQUE INDEX invitations_open_key ON invitations (workspace_id, lower(email))
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_list_idx ON invitations (workspace_id, created_at, id);
CALL perdure_make_tenant('invitations');
CALL perdure_open_to_identity('invitations');

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);
CALL perdure_make_personal('recovery_codes');

GRANT SELECT, INSERT, UPDATE (name, description), DELETE ON groups TO perdure_app;
GRANT SELECT, INSERT, DELETE ON group_members TO perdure_app;
GRANT SELECT (
        id, workspace_id, email, role, invited_by, invited_by_name, created_at, expires_at, accepted_at, accepted_by,
        revoked_at),
    INSERT, UPDATE (token_hash, invited_by, invited_by_name, expires_at, revoked_at) ON invitations TO perdure_app;
GRANT SELECT ON groups, group_members TO perdure_system;
GRANT SELECT (id, workspace_id, email, role, created_at, expires_at, accepted_at, revoked_at) ON invitations
    TO perdure_system;
GRANT SELECT, UPDATE (accepted_at, accepted_by) ON invitations TO perdure_identity;
GRANT SELECT, INSERT, UPDATE (used_at), DELETE ON recovery_codes TO perdure_identity;
