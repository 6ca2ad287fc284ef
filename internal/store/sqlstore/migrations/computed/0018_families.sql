-- What works and what is recognised of an authorization's code and tokens is in its row, which the name of their family finds. A refresh token
-- that works goes on, as the first of its family; access tokens and codes of before end, and apps ask for others.
DROP INDEX sys_oauth_authorization_id;
DROP INDEX sys_oauth_authorization_person;
DROP INDEX sys_oauth_authorization_client;
DROP INDEX sys_oauth_authorization_idle;
DROP INDEX sys_oauth_authorization_ended;
DROP INDEX sys_oauth_authorization_set;
ALTER TABLE sys_oauth_authorization RENAME TO sys_oauth_authorization_before;
CREATE TABLE sys_oauth_authorization (
    number            {number},
    family            TEXT   NOT NULL,
    version           BIGINT NOT NULL DEFAULT 0,
    access_tokens     TEXT   NOT NULL DEFAULT '',
    tenant_id         TEXT   NOT NULL,
    id                TEXT   NOT NULL,
    person_id         TEXT   NOT NULL,
    account_id        TEXT   NOT NULL,
    account_epoch     BIGINT NOT NULL,
    client_id         TEXT   NOT NULL,
    resource          TEXT   NOT NULL,
    scope             TEXT   NOT NULL,
    set_hash          TEXT   NOT NULL,
    created_at        BIGINT NOT NULL,
    connected_at      BIGINT NOT NULL DEFAULT 0,
    used_at           BIGINT NOT NULL DEFAULT 0,
    idle_until        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    ended_at          BIGINT NOT NULL DEFAULT 0,
    ended_because     TEXT   NOT NULL DEFAULT '',
    redirect_host     TEXT   NOT NULL DEFAULT '',
    refresh_hash      TEXT   NOT NULL DEFAULT '',
    spent_hash        TEXT   NOT NULL DEFAULT '',
    spent_at          BIGINT NOT NULL DEFAULT 0,
    sealed            TEXT   NOT NULL DEFAULT '',
    code_hash         TEXT   NOT NULL DEFAULT '',
    code_used_at      BIGINT NOT NULL DEFAULT 0,
    code_redirect_uri TEXT   NOT NULL DEFAULT '',
    code_challenge    TEXT   NOT NULL DEFAULT '',
    code_sealed       TEXT   NOT NULL DEFAULT ''
);
-- computed
DROP TABLE sys_oauth_token;
DROP TABLE sys_oauth_code;
DROP TABLE sys_oauth_authorization_before;
CREATE UNIQUE INDEX sys_oauth_authorization_id ON sys_oauth_authorization (id);
CREATE INDEX sys_oauth_authorization_person ON sys_oauth_authorization (tenant_id, person_id);
CREATE INDEX sys_oauth_authorization_client ON sys_oauth_authorization (client_id);
CREATE INDEX sys_oauth_authorization_set ON sys_oauth_authorization (tenant_id, set_hash);
CREATE INDEX sys_oauth_authorization_idle ON sys_oauth_authorization (idle_until);
CREATE INDEX sys_oauth_authorization_ended ON sys_oauth_authorization (ended_at) WHERE ended_at > 0;
