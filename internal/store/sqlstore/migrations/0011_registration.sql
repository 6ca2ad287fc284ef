-- +goose Up
-- Apps that registered themselves: origin says how, app_id is the client_id that such an app sends (the address of its metadata
-- document, or the id that registration gave). Each tenant that people use it in has a client of its own for it.
ALTER TABLE sys_oauth_client ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE sys_oauth_client ADD COLUMN app_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sys_oauth_client ADD COLUMN approval TEXT NOT NULL DEFAULT '';
ALTER TABLE sys_oauth_client ADD COLUMN follows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sys_oauth_client ADD COLUMN no_refresh INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sys_oauth_client ADD COLUMN read_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sys_oauth_client ADD COLUMN fresh_until BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX sys_oauth_client_app ON sys_oauth_client (tenant_id, app_id) WHERE app_id <> '';
CREATE INDEX sys_oauth_client_app_id ON sys_oauth_client (app_id) WHERE app_id <> '';

-- The OAuth error of a request whose app is not known before somebody has signed in.
ALTER TABLE sys_oauth_pending ADD COLUMN refusal TEXT NOT NULL DEFAULT '';

-- What dynamic registration gave out; it belongs to no tenant until somebody opens the authorization page.
CREATE TABLE sys_oauth_registration (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    redirect_uris TEXT    NOT NULL,
    no_refresh    INTEGER NOT NULL,
    created_at    BIGINT  NOT NULL
);
CREATE INDEX sys_oauth_registration_created ON sys_oauth_registration (created_at);

-- Which apps that register themselves a tenant lets in, and what they may do at most.
CREATE TABLE sys_oauth_policy (
    tenant_id  TEXT   NOT NULL,
    documents  TEXT   NOT NULL,
    hosts      TEXT   NOT NULL,
    registered TEXT   NOT NULL,
    set_json   TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);
