-- +goose Up
-- When the password was last given in a session, for acts that want that to be recent; 0: at its start.
ALTER TABLE sys_session ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;

-- Who may join a tenant by opening a link. The row goes when the link is used or the invitation is withdrawn.
CREATE TABLE sys_invitation (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    email      TEXT   NOT NULL,
    roles      TEXT   NOT NULL,            -- ids, with a space between them
    by_user    TEXT   NOT NULL,            -- '' for the operator
    by_name    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    token_hash TEXT   NOT NULL,            -- of the newest link; older ones are dead
    mail       TEXT   NOT NULL DEFAULT '', -- '' not sent by mail, or waiting, sent, failed
    mail_note  TEXT   NOT NULL DEFAULT '', -- why it failed
    mail_at    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX sys_invitation_token ON sys_invitation (token_hash);
CREATE UNIQUE INDEX sys_invitation_user ON sys_invitation (tenant_id, user_id);

-- The one link that sets a new password for an account; accounts belong to no tenant.
CREATE TABLE sys_reset (
    account_id TEXT   NOT NULL PRIMARY KEY,
    token_hash TEXT   NOT NULL,
    by_tenant  TEXT   NOT NULL, -- whose administrator made it; '' where it was mailed to the address, or made by the operator
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX sys_reset_token ON sys_reset (token_hash);
