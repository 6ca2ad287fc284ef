-- +goose Up
-- An authorization that is over takes its tokens with it.
CREATE INDEX sys_oauth_token_authorization ON sys_oauth_token (authorization_id);
