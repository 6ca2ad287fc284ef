-- +goose Up
-- What is over is found without reading what lives.
CREATE INDEX sys_oauth_authorization_idle ON sys_oauth_authorization (idle_until);
CREATE INDEX sys_oauth_authorization_ended ON sys_oauth_authorization (ended_at) WHERE ended_at > 0;
