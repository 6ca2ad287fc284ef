-- +goose Up
-- Which call of a surface made a change, and which program.
ALTER TABLE sys_audit ADD COLUMN call_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sys_audit ADD COLUMN app TEXT NOT NULL DEFAULT '';
ALTER TABLE sys_audit ADD COLUMN app_name TEXT NOT NULL DEFAULT '';

-- One row per call of a tool. It holds no argument and no data.
CREATE TABLE sys_call (
    tenant_id        TEXT   NOT NULL,
    id               TEXT   NOT NULL,
    at               BIGINT NOT NULL,
    person           TEXT   NOT NULL,
    person_name      TEXT   NOT NULL,
    client           TEXT   NOT NULL,
    client_name      TEXT   NOT NULL,
    authorization_id TEXT   NOT NULL,
    app              TEXT   NOT NULL,
    app_name         TEXT   NOT NULL,
    token            TEXT   NOT NULL,
    surface          TEXT   NOT NULL,
    tool             TEXT   NOT NULL,
    model            TEXT   NOT NULL,
    record           TEXT   NOT NULL,
    row_count        BIGINT NOT NULL,
    byte_count       BIGINT NOT NULL,
    duration_us      BIGINT NOT NULL,
    outcome          TEXT   NOT NULL,
    agent            TEXT   NOT NULL,
    ip               TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX sys_call_client ON sys_call (tenant_id, client, id);
CREATE INDEX sys_call_app ON sys_call (tenant_id, app, id);
CREATE INDEX sys_call_at ON sys_call (at);

CREATE TABLE sys_private_app (
    tenant_id   TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    set_json    TEXT    NOT NULL,
    enabled     INTEGER NOT NULL DEFAULT 1,
    version     BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    created_by  TEXT    NOT NULL,
    updated_at  BIGINT  NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX sys_private_app_name ON sys_private_app (tenant_id, name);

-- Tokens are stored as SHA-256 only. 0 as an instant means: never.
CREATE TABLE sys_private_app_token (
    tenant_id  TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    app_id     TEXT   NOT NULL,
    hash       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    last4      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT   NOT NULL,
    expires_at BIGINT NOT NULL DEFAULT 0,
    revoked_at BIGINT NOT NULL DEFAULT 0,
    used_at    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX sys_private_app_token_hash ON sys_private_app_token (hash);
CREATE INDEX sys_private_app_token_app ON sys_private_app_token (tenant_id, app_id);
