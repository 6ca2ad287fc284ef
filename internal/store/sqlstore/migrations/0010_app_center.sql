-- +goose Up
-- Logos of clients, drawn anew as small PNGs; the client carries the hash of its own. (To SQLite the type BYTEA says nothing: it keeps
-- the bytes as they come.)
ALTER TABLE sys_oauth_client ADD COLUMN logo_hash TEXT NOT NULL DEFAULT '';
CREATE TABLE sys_oauth_logo (
    tenant_id TEXT  NOT NULL,
    client_id TEXT  NOT NULL,
    hash      TEXT  NOT NULL,
    png       BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, client_id)
);
CREATE UNIQUE INDEX sys_oauth_logo_client ON sys_oauth_logo (client_id);

-- What programs did last that belongs to no client: one row for each kind of sign.
CREATE TABLE sys_oauth_sign (
    what  TEXT   NOT NULL PRIMARY KEY,
    agent TEXT   NOT NULL,
    at    BIGINT NOT NULL
);
