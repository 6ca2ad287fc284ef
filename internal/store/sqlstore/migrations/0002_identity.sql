-- +goose Up
-- Accounts and sessions belong to people, not to tenants; memberships, roles and who has them belong to tenants.
CREATE TABLE sys_account (
    id            TEXT    NOT NULL PRIMARY KEY,
    email         TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    super         INTEGER NOT NULL DEFAULT 0,
    disabled      INTEGER NOT NULL DEFAULT 0,
    epoch         BIGINT  NOT NULL DEFAULT 1,
    created_at    BIGINT  NOT NULL
);
CREATE UNIQUE INDEX sys_account_email ON sys_account (email);

CREATE TABLE sys_session (
    token_hash TEXT   NOT NULL PRIMARY KEY,
    id         TEXT   NOT NULL,
    account_id TEXT   NOT NULL,
    tenant_id  TEXT   NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    ip         TEXT   NOT NULL,
    agent      TEXT   NOT NULL
);
CREATE UNIQUE INDEX sys_session_id ON sys_session (id);
CREATE INDEX sys_session_account ON sys_session (account_id);
CREATE INDEX sys_session_seen ON sys_session (seen_at);

CREATE TABLE sys_member (
    tenant_id  TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    account_id TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE UNIQUE INDEX sys_member_account ON sys_member (account_id, tenant_id);

CREATE TABLE sys_role (
    tenant_id  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    doc        TEXT    NOT NULL,
    portfolio  TEXT    NOT NULL,
    set_json   TEXT    NOT NULL,
    admin      INTEGER NOT NULL DEFAULT 0,
    version    BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX sys_role_name ON sys_role (tenant_id, name);

CREATE TABLE sys_member_role (
    tenant_id TEXT NOT NULL,
    user_id   TEXT NOT NULL,
    role_id   TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, role_id)
);
CREATE INDEX sys_member_role_role ON sys_member_role (tenant_id, role_id);
