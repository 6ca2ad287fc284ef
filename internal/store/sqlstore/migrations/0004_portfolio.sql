-- +goose Up
-- Roles of before could do all of this where they could do it at all.
ALTER TABLE sys_role ADD COLUMN portfolio_filter TEXT NOT NULL DEFAULT '';
ALTER TABLE sys_role ADD COLUMN switches TEXT NOT NULL DEFAULT 'connect import export';
