// Package catalog owns the declarations of the product's data models: one file per model, each a Go literal.
//
// It knows nothing of SQL, HTTP, permissions or tenants; package model gives it its words, and everything else (schema, REST,
// tools, forms, permission matrix) is computed from the registry it gives. Callers take the list from [Models] or [Registry].
//
// A property's ID is stored in permission sets, authorizations, saved views and history: never change or reuse one. New
// properties take the next free number of their model; testdata/ids.txt holds every ID ever given.
package catalog

import "mandorla/internal/model"

// Models lists every model of the product, in the order people see them. Each call gives a new slice.
func Models() []model.Model {
	return []model.Model{
		company,
		endUser,
		asset,
		license,
		conversation,
		task,
		user,
		team,
	}
}

// Registry builds the registry without custom properties; an error is a mistake in a declaration.
func Registry() (*model.Registry, error) { return model.New(Models(), nil) }
