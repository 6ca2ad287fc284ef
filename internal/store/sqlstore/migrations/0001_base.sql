-- +goose Up
CREATE TABLE sys_tenant (
    id               TEXT    NOT NULL PRIMARY KEY,
    name             TEXT    NOT NULL,
    slug             TEXT    NOT NULL,
    created_at       BIGINT  NOT NULL,
    registry_version BIGINT  NOT NULL DEFAULT 0,
    status           TEXT    NOT NULL DEFAULT 'active'
);
CREATE UNIQUE INDEX sys_tenant_slug ON sys_tenant (slug);

CREATE TABLE sys_custom_property (
    tenant_id  TEXT NOT NULL,
    id         TEXT NOT NULL,
    model      TEXT NOT NULL,
    name       TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX sys_custom_property_name ON sys_custom_property (tenant_id, model, name);

-- Append-only. tenant_id is '' for acts above tenants.
CREATE TABLE sys_audit (
    tenant_id        TEXT   NOT NULL,
    id               TEXT   NOT NULL,
    at               BIGINT NOT NULL,
    act              TEXT   NOT NULL,
    person           TEXT   NOT NULL,
    person_name      TEXT   NOT NULL,
    client           TEXT   NOT NULL,
    client_name      TEXT   NOT NULL,
    authorization_id TEXT   NOT NULL,
    surface          TEXT   NOT NULL,
    ip               TEXT   NOT NULL,
    model            TEXT   NOT NULL,
    record           TEXT   NOT NULL,
    changes          TEXT   NOT NULL,
    detail           TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX sys_audit_record ON sys_audit (tenant_id, model, record, id);

CREATE TABLE sys_setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
