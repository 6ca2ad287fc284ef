-- +goose Up
-- Secrets, codes and tokens are stored as SHA-256 only. 0 as an instant means: never.
CREATE TABLE sys_oauth_client (
    tenant_id          TEXT    NOT NULL,
    id                 TEXT    NOT NULL,
    name               TEXT    NOT NULL,
    description        TEXT    NOT NULL,
    kind               TEXT    NOT NULL,
    secret_hash        TEXT    NOT NULL,
    secret_last4       TEXT    NOT NULL,
    secret_changed_at  BIGINT  NOT NULL,
    old_secret_hash    TEXT    NOT NULL DEFAULT '',
    old_secret_until   BIGINT  NOT NULL DEFAULT 0,
    redirect_uris      TEXT    NOT NULL,
    set_json           TEXT    NOT NULL,
    dynamic            INTEGER NOT NULL DEFAULT 0,
    published          INTEGER NOT NULL DEFAULT 0,
    unverified         INTEGER NOT NULL DEFAULT 0,
    enabled            INTEGER NOT NULL DEFAULT 1,
    version            BIGINT  NOT NULL,
    created_at         BIGINT  NOT NULL,
    created_by         TEXT    NOT NULL,
    updated_at         BIGINT  NOT NULL,
    authorize_first_at BIGINT  NOT NULL DEFAULT 0,
    authorize_last_at  BIGINT  NOT NULL DEFAULT 0,
    exchange_first_at  BIGINT  NOT NULL DEFAULT 0,
    exchange_last_at   BIGINT  NOT NULL DEFAULT 0,
    call_first_at      BIGINT  NOT NULL DEFAULT 0,
    call_last_at       BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX sys_oauth_client_id ON sys_oauth_client (id);

-- Requests that wait for an answer; they belong to a browser before anybody has signed in.
CREATE TABLE sys_oauth_pending (
    hash         TEXT    NOT NULL PRIMARY KEY,
    browser      TEXT    NOT NULL,
    client_id    TEXT    NOT NULL,
    redirect_uri TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    scope        TEXT    NOT NULL,
    resource     TEXT    NOT NULL,
    challenge    TEXT    NOT NULL,
    fresh        INTEGER NOT NULL,
    created_at   BIGINT  NOT NULL,
    answered_at  BIGINT  NOT NULL DEFAULT 0,
    session_id   TEXT    NOT NULL DEFAULT '',
    account_id   TEXT    NOT NULL DEFAULT '',
    tenant_id    TEXT    NOT NULL DEFAULT '',
    person_id    TEXT    NOT NULL DEFAULT '',
    shown        TEXT    NOT NULL DEFAULT '{}'
);
CREATE INDEX sys_oauth_pending_created ON sys_oauth_pending (created_at);
CREATE INDEX sys_oauth_pending_client ON sys_oauth_pending (client_id);

CREATE TABLE sys_oauth_authorization (
    tenant_id     TEXT   NOT NULL,
    id            TEXT   NOT NULL,
    person_id     TEXT   NOT NULL,
    account_id    TEXT   NOT NULL,
    account_epoch BIGINT NOT NULL,
    client_id     TEXT   NOT NULL,
    resource      TEXT   NOT NULL,
    scope         TEXT   NOT NULL,
    set_json      TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    connected_at  BIGINT NOT NULL DEFAULT 0,
    used_at       BIGINT NOT NULL DEFAULT 0,
    idle_until    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL DEFAULT 0,
    ended_because TEXT   NOT NULL DEFAULT '',
    locks         BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX sys_oauth_authorization_id ON sys_oauth_authorization (id);
CREATE INDEX sys_oauth_authorization_person ON sys_oauth_authorization (tenant_id, person_id);
CREATE INDEX sys_oauth_authorization_client ON sys_oauth_authorization (client_id);

CREATE TABLE sys_oauth_code (
    tenant_id        TEXT   NOT NULL,
    hash             TEXT   NOT NULL,
    authorization_id TEXT   NOT NULL,
    client_id        TEXT   NOT NULL,
    redirect_uri     TEXT   NOT NULL,
    challenge        TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    used_at          BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, hash)
);
CREATE UNIQUE INDEX sys_oauth_code_hash ON sys_oauth_code (hash);
CREATE INDEX sys_oauth_code_expires ON sys_oauth_code (expires_at);
CREATE INDEX sys_oauth_code_client ON sys_oauth_code (client_id);

CREATE TABLE sys_oauth_token (
    tenant_id        TEXT   NOT NULL,
    hash             TEXT   NOT NULL,
    authorization_id TEXT   NOT NULL,
    client_id        TEXT   NOT NULL,
    kind             TEXT   NOT NULL,
    scope            TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    used_at          BIGINT NOT NULL DEFAULT 0,
    revoked_at       BIGINT NOT NULL DEFAULT 0,
    successor        TEXT   NOT NULL DEFAULT '',
    sealed           TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, hash)
);
CREATE UNIQUE INDEX sys_oauth_token_hash ON sys_oauth_token (hash);
CREATE INDEX sys_oauth_token_expires ON sys_oauth_token (expires_at);
CREATE INDEX sys_oauth_token_client ON sys_oauth_token (client_id);
