-- A permission set is stored once and named by its hash: an authorization's row, which is read at every call, is then a quarter as long.
-- A token holds what its authorization's row does not.
CREATE TABLE sys_permission_set (
    tenant_id TEXT   NOT NULL,
    hash      TEXT   NOT NULL,
    set_json  TEXT   NOT NULL,
    asked_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);
ALTER TABLE sys_oauth_authorization ADD COLUMN set_hash TEXT NOT NULL DEFAULT '';
-- computed
CREATE INDEX sys_oauth_authorization_set ON sys_oauth_authorization (tenant_id, set_hash);
ALTER TABLE sys_oauth_authorization DROP COLUMN set_json;
ALTER TABLE sys_oauth_token DROP COLUMN tenant_id;
ALTER TABLE sys_oauth_token DROP COLUMN authorization_id;
ALTER TABLE sys_oauth_token DROP COLUMN client_id;
