package main

import (
	"log/slog"
	"path/filepath"

	"mandorla/internal/app"
	"mandorla/internal/fault"
)

// storeFlags say where the data is.
type storeFlags struct {
	Data string `help:"Data folder; holds the SQLite file. Default: mandorla in the user's configuration folder." env:"MANDORLA_DATA" placeholder:"DIR"`
	DB   string `name:"db" help:"PostgreSQL instead of SQLite: postgres://user:password@host:port/name." env:"MANDORLA_DB" placeholder:"DSN"`
}

// config gives the application's configuration, with the default folder filled in.
func (f storeFlags) config(env *environment) (app.Config, error) {
	cfg := app.Config{DataDir: f.Data, DB: f.DB, Version: version()}
	if cfg.DataDir == "" {
		if env.ConfigDir == "" {
			return cfg, fault.New(fault.Invalid, "There is no configuration folder for this user; name a data folder with --data DIR.")
		}
		cfg.DataDir = filepath.Join(env.ConfigDir, "mandorla")
	}
	return cfg, nil
}

// deps are the application's dependencies on the world outside.
func (env *environment) deps() app.Deps {
	return app.Deps{Now: env.Now, Rand: env.Rand, Log: slog.New(slog.NewTextHandler(env.Stderr, nil))}
}
