package kit

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

var (
	granted = Permission{On: true}
	refused = Permission{}
	fixedNo = Permission{Fixed: true}
)

// properties are those of a row: a name is seen and may be written, "-name" may not be seen, "=name" not be written, "!name" by nobody.
func properties(names ...string) []MatrixProperty {
	var out []MatrixProperty
	for i, name := range names {
		p := MatrixProperty{ID: fmt.Sprintf("p%02d", i), Name: name, Label: strings.TrimLeft(name, "-=!"), View: granted, Update: granted}
		if strings.Contains(name, "-") {
			p.View = refused
		}
		if strings.Contains(name, "=") {
			p.Update = refused
		}
		if strings.Contains(name, "!") {
			p.Update = fixedNo
		}
		out = append(out, p)
	}
	return out
}

func TestMatrixWords(t *testing.T) {
	on := granted
	many := func(n int, row MatrixRow) []MatrixRow {
		var out []MatrixRow
		for i := range n {
			row.Label = fmt.Sprintf("Model %d", i+1)
			out = append(out, row)
		}
		return out
	}
	for _, c := range []struct {
		name string
		rows []MatrixRow
		want string
	}{
		{"empty", nil, "May do nothing."},
		{"off", many(3, MatrixRow{}), "May do nothing."},
		{"the guide's", []MatrixRow{
			{Label: "Company", Actions: [5]Permission{on, on, on}, Properties: properties("Name", "Owner", "Phase", "-=ARR")},
			{Label: "End user", Actions: [5]Permission{on}, Properties: properties("Name", "=Mail")},
			{Label: "Asset"},
		}, "May view, create and update Company (all properties but ARR), and view End user. Nothing may be removed or exported."},
		{"update differs", []MatrixRow{
			{Label: "Company", Actions: [5]Permission{on, {}, on}, Properties: properties("Name", "Owner", "Phase", "=ARR", "!Created")},
		}, "May view and update Company (update all but ARR). Nothing may be created, removed or exported."},
		{"both differ", []MatrixRow{
			{Label: "Company", Actions: [5]Permission{on, {}, on}, Properties: properties("Name", "=Owner", "Phase", "-ARR", "Source")},
		}, "May view and update Company (all properties but ARR, update all but Owner). Nothing may be created, removed or exported."},
		{"update of all, view of few", []MatrixRow{
			{Label: "Company", Actions: [5]Permission{on, {}, on}, Properties: properties("-Name", "-Owner", "-Phase", "-ARR", "Source")},
		}, "May view and update Company (1 of 5 properties, update all). Nothing may be created, removed or exported."},
		{"no property", []MatrixRow{
			{Label: "Company", Actions: [5]Permission{on, on}, Properties: properties("-=Name", "-=Owner", "-!Phase")},
		}, "May view and create Company (no property). Nothing may be updated, removed or exported."},
		{"set", []MatrixRow{
			{Label: "Company", Actions: [5]Permission{{}, on}, Properties: properties("-=Name", "-Owner", "-Phase", "-ARR")},
		}, "May create Company (set all but Name). Nothing may be seen, updated, removed or exported."},
		{"everything", many(24, MatrixRow{Actions: [5]Permission{on, on, on, on, on}}), "May view, create, update, remove and export all 24 models."},
		{"many alike", append(many(12, MatrixRow{Actions: [5]Permission{on}}), MatrixRow{Label: "Off"}),
			"May view Model 1, Model 2, Model 3, Model 4, Model 5, Model 6, Model 7, Model 8 and 4 more models. Nothing may be created, updated, removed or exported."},
		{"platform", []MatrixRow{
			{Label: "Company", Group: "Customer data", Actions: [5]Permission{on}},
			{Label: "OAuth client", Group: "Platform", Actions: [5]Permission{on, on}}, {Label: "Role", Group: "Platform", Actions: [5]Permission{on}},
		}, "May view Company. Nothing may be created, updated, removed or exported. Platform: view and create OAuth client, and view Role."},
		{"platform alone", []MatrixRow{
			{Label: "Company", Group: "Customer data"}, {Label: "Role", Group: "Platform", Actions: [5]Permission{on}},
		}, "May do nothing with customer data. Platform: view Role."},
	} {
		if got := (Matrix{Rows: c.rows}).Words(); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	// However much there is to say, it is short.
	var rows []MatrixRow
	for i := range 30 {
		row := MatrixRow{Label: fmt.Sprintf("Rather long model name %d", i), Properties: properties("Name", "=Owner", "-Phase", "A rather long name of a property", "=-ARR")}
		for a := range row.Actions {
			row.Actions[a].On = (i+7)>>a&1 == 1
		}
		rows = append(rows, row)
	}
	if got := (Matrix{Rows: rows}).Words(); len(got) > 1.3*wordsLimit {
		t.Errorf("%d characters: %s", len(got), got)
	}
}

func TestMatrixGroups(t *testing.T) {
	m := Matrix{Rows: []MatrixRow{{Model: "A", Group: "One"}, {Model: "B", Group: "One"}, {Model: "C", Group: "Two"}}}
	got := m.Groups()
	if len(got) != 2 || got[0].Label != "One" || len(got[0].Rows) != 2 || len(got[1].Rows) != 1 || got[1].Rows[0].Model != "C" {
		t.Errorf("%+v", got)
	}
}

// What does not exist is drawn as nothing, and everything else as a box of the one form.
func TestMatrixDrawn(t *testing.T) {
	w := httptest.NewRecorder()
	m := Matrix{Rows: []MatrixRow{
		{Model: "Company", Label: "Company", Actions: [5]Permission{granted, {}, granted}, Properties: properties("Name", "!Created")},
		{Model: "Role", Label: "Role", Group: "Platform", Actions: [5]Permission{granted, {None: true}, {None: true}, {None: true}, {None: true}}},
	}}
	body := matrixView{Form{ID: "m", Action: "/x"}, m, nil}
	if err := galleryKit(t).Render(w, 200, Page{Title: "x"}, "matrix", body); err != nil {
		t.Fatal(err)
	}
	html := w.Body.String()
	for text, n := range map[string]int{
		`name="p.Company.`: 5, `name="p.Role.`: 1, `name="p.Role.view"`: 1, `name="pv.Company.`: 2, `name="pu.Company.`: 2, `name="pa.Company.`: 2,
		`name="pa.Role.`: 0, `name="pw.Company" value="view update"`: 1, `name="pw.Role" value="view"`: 1, `name="matrix"`: 1, `aria-label="Platform"`: 1, `<details`: 1 + strings.Count(html, `details class`),
	} {
		if got := strings.Count(html, text); got != n {
			t.Errorf("%s: %d times, want %d", text, got, n)
		}
	}
}
