-- +goose Up
-- Where the answer to an authorization went: the host that the person was shown. '' for older ones.
ALTER TABLE sys_oauth_authorization ADD COLUMN redirect_host TEXT NOT NULL DEFAULT '';

-- Published clients of other tenants that a tenant lets none of its people use.
CREATE TABLE sys_oauth_shut_out (
    tenant_id TEXT   NOT NULL,
    client_id TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id)
);
CREATE INDEX sys_oauth_shut_out_client ON sys_oauth_shut_out (client_id);
