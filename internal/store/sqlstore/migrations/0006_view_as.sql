-- +goose Up
-- An administrator's session may look through the eyes of a person, directly or through a client; '' for nobody's.
ALTER TABLE sys_session ADD COLUMN view_person TEXT NOT NULL DEFAULT '';
ALTER TABLE sys_session ADD COLUMN view_client TEXT NOT NULL DEFAULT '';
