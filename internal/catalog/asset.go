package catalog

import "mandorla/internal/model"

var asset = model.Model{
	Name: "Asset", Route: "assets", Prefix: "as", Label: "Asset", Plural: "Assets", Icon: "box",
	Doc:   "Something a company has from you, such as an installation, a device or a site.",
	Title: "name", Anchor: "companyId", Keys: []string{"sourceId", "externalId"},
	Properties: []model.Property{
		{ID: "as01", Name: "_id", Kind: model.ID, ReadOnly: true, Label: "ID", Doc: "Identifier of the record on this platform."},
		{ID: "as02", Name: "companyId", Kind: model.Ref, To: "Company", Required: true, Index: true, List: true, Aliases: []string{"cId", "company"}, Doc: "Company that has the asset."},
		{ID: "as03", Name: "companyName", Kind: model.Text, Via: "companyId.name", Doc: "Current name of the company."},
		{ID: "as04", Name: "externalId", Kind: model.Text, Unique: true, Index: true, Search: true, Label: "External ID", Doc: "The asset's identifier in your own systems."},
		{ID: "as05", Name: "sourceId", Kind: model.Text, Unique: true, Index: true, Label: "Source ID", Doc: "The asset's identifier in the CRM or another integration."},
		{ID: "as06", Name: "name", Kind: model.Text, Required: true, Index: true, Search: true, List: true, Doc: "Name of the asset."},
		{ID: "as07", Name: "serialNumber", Kind: model.Text, Search: true, List: true, Doc: "Serial number given by the maker."},
		{ID: "as08", Name: "value", Kind: model.Number, List: true, Doc: "What the asset is worth, in its currency."},
		{ID: "as09", Name: "_currency", Kind: model.Text, List: true, Aliases: []string{"currency"}, Doc: "Currency code of the amounts, such as EUR."},
		{ID: "as10", Name: "installDate", Kind: model.Date, List: true, Doc: "Day the asset was installed."},
		{ID: "as11", Name: "status", Kind: model.Text, Index: true, List: true, Doc: "State of the asset in your own words, such as Active."},
		{ID: "as12", Name: "ownerId", Kind: model.Ref, To: "User", Index: true, List: true, Aliases: []string{"owner"}, Doc: "User in charge of the asset."},
		{ID: "as13", Name: "ownerName", Kind: model.Text, Via: "ownerId.name", Doc: "Current name of the owner."},
		{ID: "as14", Name: "followers", Kind: model.Refs, To: "User", Doc: "Users who are told about changes."},
		{ID: "as15", Name: "createdAt", Kind: model.DateTime, ReadOnly: true, Doc: "When the record was created."},
		{ID: "as16", Name: "updatedAt", Kind: model.DateTime, ReadOnly: true, Doc: "When the record last changed."},
	},
}
