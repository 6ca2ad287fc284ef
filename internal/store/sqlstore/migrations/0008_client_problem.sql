-- +goose Up
-- Why the last try to connect through a client failed, for its administrators.
ALTER TABLE sys_oauth_client ADD COLUMN problem_code TEXT NOT NULL DEFAULT '';
ALTER TABLE sys_oauth_client ADD COLUMN problem_detail TEXT NOT NULL DEFAULT '';
ALTER TABLE sys_oauth_client ADD COLUMN problem_at BIGINT NOT NULL DEFAULT 0;
