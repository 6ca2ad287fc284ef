-- +goose Up
-- Grows with every change of who is in which team, so that this can be kept in memory without being stale.
ALTER TABLE sys_tenant ADD COLUMN people_version BIGINT NOT NULL DEFAULT 1;
