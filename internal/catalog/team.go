package catalog

import "mandorla/internal/model"

var team = model.Model{
	Name: "Team", Route: "teams", Prefix: "te", Label: "Team", Plural: "Teams", Icon: "users-group",
	Doc:   "A group of users, for reporting and for roles that reach what a team owns.",
	Title: "name", Keys: []string{"externalId", "name"},
	Properties: []model.Property{
		{ID: "te01", Name: "_id", Kind: model.ID, ReadOnly: true, Label: "ID", Doc: "Identifier of the record on this platform."},
		{ID: "te02", Name: "name", Kind: model.Text, Required: true, Unique: true, Index: true, Search: true, List: true, Doc: "Name of the team."},
		{ID: "te03", Name: "description", Kind: model.Text, Search: true, List: true, Doc: "What the team is for."},
		{ID: "te04", Name: "externalId", Kind: model.Text, Unique: true, Index: true, Search: true, List: true, Label: "External ID", Doc: "The team's identifier in your own systems."},
		{ID: "te05", Name: "createdAt", Kind: model.DateTime, ReadOnly: true, List: true, Doc: "When the record was created."},
		{ID: "te06", Name: "updatedAt", Kind: model.DateTime, ReadOnly: true, List: true, Doc: "When the record last changed."},
	},
}
