package kit

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mandorla/internal/web/assets"
)

// The gallery shows every part in every state. With MANDORLA_GALLERY=<folder> it
// is written there as HTML and, when Chromium is installed, as pictures in light
// and dark, wide and narrow. MANDORLA_GALLERY_ONLY=<name> takes one page.

type recordView struct {
	Properties Properties
	Tabs       Tabs
	Related    Table
}

type formView struct {
	Form                                        Form
	Profile, Credentials, Kinds                 Section
	ProfileFields, CredentialFields, KindFields []Field
	Secret                                      Copy
	Danger                                      DangerZone
}

type matrixView struct {
	Form   Form
	Matrix Matrix
	Read   *Matrix
}

type partsView struct {
	Buttons     []Button
	Menu        Menu
	Badges      []Badge
	Notices     []Notice
	Mandorlas   []Mandorla
	Cards       []Link
	Values      []Value
	Two         Form
	Drawer      *Drawer
	Modal       *Modal
	ModalFields []Field
	Properties  Properties
}

type authorizeView struct {
	Overlap Mandorla
	Matrix  Matrix
	Buttons []Button
}

func ptr[T any](v T) *T { return &v }

func galleryFrame() Frame {
	nav := Nav{Active: "Company", Home: NavItem{ID: "home", Label: "Home", Href: "/", Icon: "home"}}
	for _, m := range [][2]string{{"Company", "building"}, {"End user", "users"}, {"Conversation", "message-circle"}, {"License", "license"}, {"Task", "checkbox"}, {"Opportunity", "target"}} {
		nav.Data = append(nav.Data, NavItem{ID: m[0], Label: m[0] + "s", Href: "/data/" + m[0], Icon: m[1]})
	}
	nav.Data[0].Label, nav.Data[0].Count, nav.Data[5].Label = "Companies", "503", "Opportunities"
	for _, m := range []string{"Asset", "Campaign", "Churn", "Invoice", "Note", "Project"} {
		nav.More = append(nav.More, NavItem{ID: m, Label: m + "s", Href: "/data/" + m, Icon: "box"})
	}
	nav.Tools = []NavItem{{ID: "apps", Label: "App Center", Href: "/apps", Icon: "apps"}, {ID: "settings", Label: "Settings", Href: "/settings", Icon: "settings"}}
	return Frame{
		Tenant: Tenant{Name: "Acme Inc", Others: []Button{{Label: "Globex", Post: "/tenant", Name: "tenant", Value: "2"}}},
		Person: Person{Name: "Carly Hart", Email: "carly@acme.example", Profile: "/profile", SignOut: "/signout", ThemeAction: "/theme"},
		Nav:    nav, CSRF: "a-token", Search: SearchBox{Action: "/search"},
	}
}

func galleryTable(rows int) Table {
	names := []string{"3M", "Abbott Laboratories", "Adidas", "Airbus Defence & Space", "Allianz", "Bayer", "BMW Group", "Carlsberg", "Danone", "Ericsson", "Ferrovial", "Givaudan"}
	owners := []string{"Carly Hart", "Noor Haddad", "", "Tomás Rivera"}
	phases := []Badge{{Text: "Onboarding", Tone: Info}, {Text: "Live", Tone: Good}, {Text: "Renewal", Tone: Warn}, {Text: "Churned"}}
	health := []*Badge{Status(Good, "Healthy"), Status(Warn, "At risk"), Status(Bad, "Critical"), Status(Neutral, "Unknown")}
	t := Table{
		Caption: "Companies",
		Columns: []Column{
			{Label: "Name", Kind: KindLink, Sort: &Sort{Href: "?sort=-name", Dir: Ascending}},
			{Label: "Owner", Kind: KindPerson, Sort: &Sort{Href: "?sort=owner"}},
			{Label: "Phase", Kind: KindBadge, HideOnPhone: true},
			{Label: "ARR", Kind: KindNumber, Sort: &Sort{Href: "?sort=arr"}},
			{Label: "Renewal", Kind: KindDate, HideOnPhone: true, Sort: &Sort{Href: "?sort=renewal"}},
			{Label: "Health", Kind: KindBadge},
			{Label: "Last touch", Kind: KindAgo, Wide: true},
			{Label: "Actions", Kind: KindActions, LabelHidden: true},
		},
		Views:     Tabs{Items: []Tab{{Label: "All", Href: "?", Active: true, Count: "503"}, {Label: "My portfolio", Href: "?v=mine", Count: "41"}, {Label: "Renewing in 90 days", Href: "?v=renewing"}, {Label: "View", Icon: "plus", Href: "?v=new"}}},
		Search:    SearchBox{Action: "/data/companies", Placeholder: "Search companies", Keep: []Hidden{{"sort", "name"}}},
		Filters:   []Chip{{Label: "Owner is Carly Hart", Edit: "?f=1", Remove: "?"}, {Label: "ARR ≥ 10,000", Remove: "?"}},
		AddFilter: &Button{Label: "Filter", Icon: "plus", Small: true, Look: Ghost, Href: "?panel=filter"},
		Tools:     []Menu{{Button: Button{Label: "Columns", Icon: "columns-3", Small: true, Look: Ghost}, Items: []Button{{Label: "Name", Href: "?c=1", Icon: "check"}}}},
		Pager:     &Pager{From: 1, To: rows, Total: 503, Next: "?after=abc"},
		Select: &Selection{Action: "/bulk", One: "company", Many: "companies",
			Buttons: []Button{{Label: "Export", Name: "do", Value: "export", Small: true}, {Label: "Remove", Name: "do", Value: "remove", Small: true, Look: Danger}}},
		Empty: &Empty{Icon: "building", Title: "No company matches these filters", Text: "Remove one of them, or import companies from a file.", Action: &Button{Label: "Remove all filters", Href: "?"}},
	}
	for i := range rows {
		arr := ""
		if i%5 != 2 {
			arr = Count(12400 * (i + 1))
		}
		renewal := Date(sampleTime.AddDate(0, i, 0))
		if i%4 == 1 {
			renewal = Value{}
		}
		t.Rows = append(t.Rows, Row{ID: fmt.Sprint(i), Muted: i == 7, Cells: []Value{
			LinkTo(names[i%len(names)], "/data/companies/1"), PersonValue(owners[i%4], ""), Badges(phases[i%4]), Number(arr), renewal,
			Badges(*health[i%4]), Ago(sampleTime.Add(-time.Duration(i*i*7) * time.Minute)),
			Actions(Button{Label: "More", Icon: "dots", IconOnly: true, Look: Ghost, Small: true, Href: "?row=1"}),
		}})
	}
	return t
}

func galleryProperties() Properties {
	return Properties{Groups: []PropertyGroup{
		{Label: "About", Items: []Property{
			{Label: "Owner", Value: PersonValue("Carly Hart", "/people/1"), Edit: "?edit=owner"},
			{Label: "Phase", Value: Badges(Badge{Text: "Live", Tone: Good}), Edit: "?edit=phase"},
			{Label: "Domains", Value: Text("acme.example, acme-industries.example"), Edit: "?edit=domains"},
			{Label: "Parent company", Value: Value{}, Edit: "?edit=parent"},
			{Label: "External ID", Value: Mono("c-00421"), Help: "The key in the billing system"},
		}},
		{Label: "Revenue", Items: []Property{
			{Label: "ARR", Value: Number("124,000 EUR")},
			{Label: "Renewal date", Value: Date(sampleTime)},
			{Label: "Last touch", Value: Ago(sampleTime.Add(-3 * time.Hour))},
		}},
		{Label: "Custom", Folded: true, Items: []Property{{Label: "Notes", Value: Long("Line one\nLine two")}}},
	}}
}

func galleryMatrix(readOnly bool) Matrix {
	m := Matrix{ReadOnly: readOnly, Presets: []Link{{Label: "Read only", Href: "?preset=read"}}, CopyFrom: []Link{{Label: "Role CSM", Href: "?from=csm", Icon: "user-shield"}}}
	if readOnly {
		m.ID = "read"
	}
	on, off := Permission{On: true}, Permission{}
	fixed := Permission{Fixed: true, Why: "Your role does not have it"}
	rows := []struct {
		label, icon string
		actions     [5]Permission
		props       int
	}{
		{"Company", "building", [5]Permission{on, on, on, off, off}, 49},
		{"End user", "users", [5]Permission{on, off, off, off, off}, 12},
		{"Asset", "box", [5]Permission{off, off, off, off, off}, 8},
		{"Conversation", "message-circle", [5]Permission{on, on, off, fixed, fixed}, 5},
		{"License", "license", [5]Permission{}, 0},
		{"Task", "checkbox", [5]Permission{on, on, on, on, on}, 6},
	}
	for _, r := range rows {
		row := MatrixRow{Model: strings.ReplaceAll(r.label, " ", ""), Label: r.label, Icon: r.icon, Actions: r.actions, FutureView: on}
		names := []string{"Name", "Owner", "ARR", "Phase", "Renewal date", "Email", "Phone"}
		for p := range r.props {
			label := names[p%len(names)]
			if p >= len(names) {
				label += fmt.Sprint(" ", p)
			}
			row.Properties = append(row.Properties, MatrixProperty{ID: fmt.Sprintf("p%02d", p), Label: label, Name: strings.ToLower(strings.ReplaceAll(label, " ", "")), Kind: "text",
				View: Permission{On: p != 2}, Update: Permission{On: p%2 == 0, Fixed: p == 3}, Sensitive: p == 5})
		}
		if r.label == "Conversation" {
			row.Note = "This app asks to remove; your role does not have it"
		}
		row.Group = "Customer data"
		m.Rows = append(m.Rows, row)
	}
	none := Permission{None: true}
	if !readOnly {
		m.Rows = append(m.Rows,
			MatrixRow{Model: "OAuthClient", Label: "OAuth client", Icon: "plug-connected", Group: "Platform", Actions: [5]Permission{on, on, off, off, none}},
			MatrixRow{Model: "Role", Label: "Role", Icon: "shield", Group: "Platform", Actions: [5]Permission{off, none, none, none, none}})
	}
	return m
}

func galleryForm(errors bool) formView {
	redirects := Field{Kind: FieldList, Name: "redirects", Label: "Redirect URLs", Required: true, Check: "/check", Help: "One a line. The app sends people back to one of them, compared character by character.",
		Lines:   []string{"https://claude.ai/api/mcp/auth_callback", "http://example.com/callback", "http://localhost:6274/oauth/callback"},
		Presets: []Preset{{"Claude", "https://claude.ai/api/mcp/auth_callback"}, {"MCP Inspector", "http://localhost:6274/oauth/callback"}}}
	name := Field{Name: "name", Label: "Name", Value: "Claude Connector", Required: true, Help: "People read it when they authorize."}
	v := formView{
		Form:    Form{ID: "client", Action: "/apps/1", SaveBar: &SaveBar{Discard: "/apps/1", Note: "4 living connections keep working.", Dirty: errors}},
		Profile: Section{Title: "Profile", Text: "What people see before they allow anything.", Split: true},
		ProfileFields: []Field{name, {Kind: FieldArea, Name: "about", Label: "Short description", Rows: 3, Value: "Mandorla customer platform connector for Claude", Max: 200},
			{Kind: FieldFile, Name: "logo", Label: "Logo", Help: "PNG, JPEG, GIF or WebP, up to 512 kB.", Accept: "image/png"}},
		Credentials: Section{Title: "Credentials", Text: "Paste these into the app.", Split: true},
		CredentialFields: []Field{redirects, {Kind: FieldReadonly, Name: "mcp", Label: "MCP server URL", Value: "https://mandorla.example.com/v1/mcp"},
			{Kind: FieldReadonly, Name: "cid", Label: "Client ID", Value: "68a4c0e1b2f34d5e6f708192"}},
		Secret: Copy{ID: "secret", Label: "Client secret", Value: "ms_9vJxk2LqTz7fYb0pWn4RcU8sHdE6aGmQ", Secret: true, Done: "/apps/1"},
		Kinds:  Section{Title: "Kind", Split: true},
		KindFields: []Field{
			{Kind: FieldRadio, Name: "kind", Label: "Client kind", Options: []Option{{Value: "c", Label: "Confidential", Help: "Keeps a secret on a server.", Selected: true}, {Value: "p", Label: "Public", Help: "Runs on the person's device; has no secret."}}},
			{Kind: FieldSelect, Name: "life", Label: "Access tokens live", Options: []Option{{Value: "1", Label: "1 hour"}, {Value: "8", Label: "8 hours", Selected: true}}, Help: "A reduction bites at the next call whatever this says."},
			{Kind: FieldSwitch, Name: "dynamic", Label: "Dynamic permissions", Help: "The person picks on the authorization page, inside their role.", Checked: true},
			{Kind: FieldCheck, Name: "agree", Label: "Ask again after 90 days"},
			{Name: "idle", Label: "Idle limit", Type: "number", Value: "90", Suffix: "days"},
			{Kind: FieldShown, Name: "made", Label: "Created", Value: "12 Nov 2026 by Carly Hart"},
			{Name: "off", Label: "Slug", Value: "claude", Disabled: true},
		},
		Danger: DangerZone{Items: []DangerAct{
			{Title: "Disable this client", Text: "Its 4 connections stop at their next call. You can enable it again.", Label: "Disable client", Post: "/apps/1/disable", Quiet: true},
			{Title: "Delete this client", Text: "Its 4 connections end, and people have to authorize a new client. This cannot be undone.", Label: "Delete client", Post: "/apps/1/delete", Type: "Claude Connector"},
		}},
	}
	if errors {
		v.Form.Error = "Nothing was saved yet: two fields need a change."
		v.ProfileFields[0].Error = "Another client has this name. Choose one that tells them apart."
		v.CredentialFields[0].LineErrors = []LineError{{"http://example.com/callback", "is http; use https, or a loopback address for a local app."}}
		v.Form.Fields = nil
	}
	return v
}

func galleryParts() partsView {
	return partsView{
		Buttons: []Button{{Label: "Create client", Look: Primary, Icon: "plus"}, {Label: "Import", Icon: "upload"}, {Label: "Plain"}, {Label: "Delete client", Look: Danger}, {Label: "Cancel", Look: Ghost},
			{Label: "More", Icon: "dots", IconOnly: true}, {Label: "Small", Small: true}, {Label: "End connection", Small: true, Post: "/end"}, {Label: "Export", Disabled: true, Why: "Your role has no export"}, {Label: "Link", Href: "/x", Look: Primary}},
		Menu:   Menu{Button: Button{Label: "Edit"}, Items: []Button{{Label: "Rename", Icon: "pencil", Href: "?"}, {Label: "Remove", Icon: "trash", Post: "/remove", Look: Danger}}},
		Badges: []Badge{{Text: "Neutral"}, {Text: "Good", Tone: Good, Icon: "check"}, {Text: "Warn", Tone: Warn}, {Text: "Bad", Tone: Bad}, {Text: "Info", Tone: Info}, {Text: "Accent", Tone: Accent}, *Status(Good, "Works"), *Status(Neutral, "Set-up: 2 of 5"), *Status(Warn, "Wants attention"), *Status(Bad, "Broken"), *Status(Info, "Waiting")},
		Notices: []Notice{{Title: "A plain note", Text: "Says something about the page."}, {Tone: Info, Text: "Widened since: 2 people will be asked again."}, {Tone: Good, Title: "Connected", Text: "Claude called list_models 2 min ago."},
			{Tone: Warn, Title: "The secret expires in 5 days", Text: "Generate a new one; both work for a day.", Action: &Button{Label: "Generate new secret", Small: true, Href: "?"}}, {Tone: Bad, Title: "The last call failed", Text: "The app sent a redirect URL that is not in the list."}},
		Mandorlas: []Mandorla{{Client: 12, Overlap: 7, Role: 9, Unit: "models"}, {Client: 3, Overlap: 3, Role: 20}, {Client: 5, Overlap: 0, Role: 4}, {Client: 0, Overlap: 0, Role: 8}, {Client: 8, Overlap: 8, Role: 8}, {Client: 12, Overlap: 7, Role: 9, Small: true, Unit: "models"}},
		Cards:     []Link{{Label: "Claude", Href: "?", Icon: "sparkles"}, {Label: "ChatGPT", Href: "?", Icon: "brand-openai"}, {Label: "VS Code", Href: "?", Icon: "brand-vscode"}},
		Values:    []Value{{}, Text("Text"), Mono("68a4c0e1"), LinkTo("Link", "?"), {Kind: KindText, Text: "Carly", Sub: "through Claude Connector"}, {Hidden: true, Text: "secret"}, OverlapValue(Mandorla{Client: 4, Overlap: 2, Role: 4, Small: true})},
		Two: Form{Action: "/x", Two: true, Error: "Two fields need a change.", Submit: Button{Label: "Save company", Look: Primary}, Cancel: &Link{Label: "Cancel", Href: "/"}, Fields: []Field{
			{Name: "a", Label: "Name", Required: true, Error: "A company needs a name."}, {Name: "b", Label: "ARR", Type: "number", Suffix: "EUR", Value: "12000"}, {Name: "c", Label: "Website", Prefix: "https://", Placeholder: "example.com"},
			{Kind: FieldSelect, Name: "d", Label: "Phase", Options: []Option{{Label: "Live", Value: "live"}}, Error: "Choose one of the five phases."}, {Kind: FieldChecks, Name: "e", Label: "Tags", Wide: true, Options: []Option{{Value: "1", Label: "Enterprise", Selected: true}, {Value: "2", Label: "Pilot"}}}}},
		Properties: galleryProperties(),
	}
}

type shot struct {
	page Page
	name string
	body any
}

func gallery() map[string]shot {
	shell := func(title string) Page { return Page{Frame: galleryFrame(), Title: title} }
	table := shell("Companies")
	table.Count, table.Primary = "503", &Button{Label: "New company", Icon: "plus", Look: Primary, Href: "/new"}
	table.Actions = []Button{{Label: "Import", Icon: "upload", Href: "/import"}, {Label: "Export", Icon: "download", Href: "/export"}}
	record := shell("3M")
	record.Breadcrumb = []Link{{Label: "Companies", Href: "/data/companies"}}
	record.Status, record.Actions = Status(Good, "Healthy"), []Button{{Label: "Log", Icon: "notes"}, {Label: "Edit", Icon: "pencil"}}
	client := shell("Claude Connector")
	client.Nav.Active, client.Narrow = "apps", true
	client.Breadcrumb = []Link{{Label: "App Center", Href: "/apps"}}
	client.Overlap = &Mandorla{Client: 12, Overlap: 12, Role: 25, Small: true, Unit: "models"}
	client.Icon = "sparkles"
	client.Tabs = Tabs{Items: []Tab{{Label: "Set-up", Href: "?", Progress: &Progress{3, 5}}, {Label: "General", Href: "?", Active: true}, {Label: "Permissions", Href: "?"}, {Label: "Connections", Href: "?", Count: "4"}, {Label: "Activity", Href: "?"}}}
	matrix := client
	matrix.Narrow = false
	parts := shell("Parts")
	parts.Lead, parts.Marker = "Every small part in every state.", &Marker{Tone: Info, Text: "Demo tenant: everything here is made up.", Link: &Link{Label: "Reset it", Href: "?"}}
	parts.Toasts = []Toast{{Tone: Good, Title: "Company saved"}, {Tone: Bad, Title: "Nothing was saved", Text: "The name is taken.", Action: &Button{Label: "Undo", Post: "/undo"}}}
	parts.Scripts = []string{"tabler.js"} // it must live with the policy too
	drawer, modal := galleryParts(), galleryParts()
	drawer.Drawer = &Drawer{ID: "drawer", Title: "Properties of Company", Subtitle: "48 of 49 may be seen", Icon: "building", CloseHref: "/drawer", Action: "/x", Submit: &Button{Label: "Done", Look: Primary}}
	modal.Modal = &Modal{ID: "new", Title: "New OAuth client", Text: "Only a name for now; everything else comes next.", Action: "/apps/new", Submit: Button{Label: "Create client", Look: Primary}, Open: true}
	modal.ModalFields = []Field{{Name: "name", Label: "Name", Value: "Claude Connector", Autofocus: true}}
	bare := func(title, lead string) Page { return Page{Layout: Bare, Title: title, Lead: lead} }
	authorize := bare("Claude Connector wants to work with your data", "“Mandorla customer platform connector for Claude” · sends you back to claude.ai")
	empty := galleryTable(0)
	empty.Pager = nil
	return map[string]shot{
		"table": {table, "table", galleryTable(40)}, "empty": {table, "table", empty},
		"record": {record, "record", recordView{galleryProperties(), Tabs{Items: []Tab{{Label: "End users", Href: "?", Active: true, Count: "12"}, {Label: "History", Href: "?"}}}, Table{Caption: "End users", Columns: galleryTable(0).Columns[:4], Rows: shorten(galleryTable(6).Rows, 4)}}},
		"form":   {client, "form", galleryForm(false)}, "form-errors": {client, "form", galleryForm(true)},
		"matrix": {matrix, "matrix", matrixView{Form{ID: "m", Action: "/x", SaveBar: &SaveBar{Discard: "?", Preview: "/preview", Note: "4 living connections: 1 loses update on Company at its next call."}}, galleryMatrix(false), ptr(galleryMatrix(true))}},
		"parts":  {parts, "parts", galleryParts()}, "drawer": {shell("Parts"), "parts", drawer}, "modal": {shell("Parts"), "parts", modal},
		"signin":    {bare("Sign in to Mandorla", ""), "signin", Form{Action: "/signin", Submit: Button{Label: "Sign in", Look: Primary}, Fields: []Field{{Name: "email", Label: "E-mail address", Type: "email", Autocomplete: "username"}, {Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Error: "The address or the password is wrong."}}}},
		"authorize": {authorize, "authorize", authorizeView{Mandorla{Client: 12, Overlap: 7, Role: 9, Unit: "models"}, galleryMatrix(true), []Button{{Label: "Cancel", Name: "decision", Value: "deny"}, {Label: "Authorize", Look: Primary, Name: "decision", Value: "allow"}}}},
		"problem":   {bare(sampleProblem.Title, ""), "problem", sampleProblem}, "problem-shell": {shell(sampleProblem.Title), "problem", sampleProblem},
	}
}

func shorten(rows []Row, cells int) []Row {
	for i := range rows {
		rows[i].Cells = rows[i].Cells[:cells]
	}
	return rows
}

func galleryKit(t *testing.T) *Kit {
	t.Helper()
	k, err := New(func() time.Time { return sampleTime }, rand.Reader, Pages{FS: os.DirFS("testdata"), Views: map[string]any{
		"table": galleryTable(3), "record": gallery()["record"].body, "form": galleryForm(true), "matrix": gallery()["matrix"].body,
		"parts": gallery()["drawer"].body, "signin": Form{}, "authorize": gallery()["authorize"].body,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// render gives the HTML of a gallery page.
func (s shot) render(t *testing.T, k *Kit, theme Theme) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.page.Theme = theme
	if err := k.Render(w, http.StatusOK, s.page, s.name, s.body); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestGallery(t *testing.T) {
	k := galleryKit(t)
	folder := os.Getenv("MANDORLA_GALLERY")
	mux := http.NewServeMux()
	mux.Handle(assets.Prefix, assets.Handler())
	for name, s := range gallery() {
		html := s.render(t, k, System).Body.Bytes()
		if folder != "" {
			if err := os.WriteFile(filepath.Join(folder, name+".html"), html, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			s.page.Theme = Theme(r.URL.Query().Get("theme"))
			if err := k.Render(w, http.StatusOK, s.page, s.name, s.body); err != nil {
				t.Error(err)
			}
		})
	}
	if folder == "" {
		return
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no Chromium: make tools")
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, name := range slices.Sorted(maps.Keys(gallery())) {
		if only := os.Getenv("MANDORLA_GALLERY_ONLY"); only != "" && !slices.Contains(strings.Split(only, ","), name) {
			continue
		}
		for _, theme := range []Theme{Light, Dark} {
			for _, size := range []string{"1280,900", "390,844"} {
				file := filepath.Join(folder, fmt.Sprintf("%s-%s-%s.png", name, theme, strings.Split(size, ",")[0]))
				picture(t, chromium, server.URL+"/"+name+"?theme="+string(theme), size, file)
			}
		}
	}
}

// picture takes a screenshot and fails when the browser refused or missed something.
func picture(t *testing.T, chromium, address, size, file string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir="+t.TempDir(), "--enable-logging=stderr",
		"--virtual-time-budget=2000", "--window-size="+size, "--screenshot="+file, address)
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v\n%s", address, err, log.String())
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("%s: %s", address, line)
		}
	}
}
