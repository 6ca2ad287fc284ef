-- Tokens and authorizations get keys that are numbers: a check then reads a page of each where it read two, and a new token
-- is written to three trees instead of six.
-- {number} and {own_number} are an engine's primary key that is a number: one we compute, and one that the engine counts.
DROP INDEX sys_oauth_authorization_id;
DROP INDEX sys_oauth_authorization_person;
DROP INDEX sys_oauth_authorization_client;
DROP INDEX sys_oauth_authorization_idle;
DROP INDEX sys_oauth_authorization_ended;
ALTER TABLE sys_oauth_authorization RENAME TO sys_oauth_authorization_before;
CREATE TABLE sys_oauth_authorization (
    number        {own_number},
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
    redirect_host TEXT   NOT NULL DEFAULT ''
);
INSERT INTO sys_oauth_authorization (tenant_id, id, person_id, account_id, account_epoch, client_id, resource, scope, set_json,
    created_at, connected_at, used_at, idle_until, expires_at, ended_at, ended_because, redirect_host)
    SELECT tenant_id, id, person_id, account_id, account_epoch, client_id, resource, scope, set_json,
    created_at, connected_at, used_at, idle_until, expires_at, ended_at, ended_because, redirect_host
    FROM sys_oauth_authorization_before ORDER BY id;
DROP TABLE sys_oauth_authorization_before;
CREATE UNIQUE INDEX sys_oauth_authorization_id ON sys_oauth_authorization (id);
CREATE INDEX sys_oauth_authorization_person ON sys_oauth_authorization (tenant_id, person_id);
CREATE INDEX sys_oauth_authorization_client ON sys_oauth_authorization (client_id);
CREATE INDEX sys_oauth_authorization_idle ON sys_oauth_authorization (idle_until);
CREATE INDEX sys_oauth_authorization_ended ON sys_oauth_authorization (ended_at) WHERE ended_at > 0;

DROP INDEX sys_oauth_token_hash;
DROP INDEX sys_oauth_token_expires;
DROP INDEX sys_oauth_token_client;
DROP INDEX sys_oauth_token_authorization;
ALTER TABLE sys_oauth_token RENAME TO sys_oauth_token_before;
CREATE TABLE sys_oauth_token (
    number               {number},
    tenant_id            TEXT   NOT NULL,
    hash                 TEXT   NOT NULL,
    authorization_number BIGINT NOT NULL,
    authorization_id     TEXT   NOT NULL,
    client_id            TEXT   NOT NULL,
    kind                 TEXT   NOT NULL,
    scope                TEXT   NOT NULL,
    created_at           BIGINT NOT NULL,
    expires_at           BIGINT NOT NULL,
    used_at              BIGINT NOT NULL DEFAULT 0,
    revoked_at           BIGINT NOT NULL DEFAULT 0,
    successor            TEXT   NOT NULL DEFAULT '',
    sealed               TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX sys_oauth_token_expires ON sys_oauth_token (expires_at);
CREATE INDEX sys_oauth_token_authorization ON sys_oauth_token (authorization_number);
-- computed
DROP TABLE sys_oauth_token_before;
