package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // database/sql calls it pgx
	_ "modernc.org/sqlite"             // and this one sqlite

	"mandorla/internal/app"
	"mandorla/internal/demo"
	"mandorla/internal/testkit"
	"mandorla/internal/web/kit"
)

// TestCanarySecrets (rows 64, 87, 91, 269, 270, 275) goes through sign-in, authorization, tokens, refresh, calls and every way to get
// them wrong, and then looks for each secret in the log, the answers, the error pages, the database with its write-ahead log, a copy of it, and the logs of changes and calls: none may be found.
func TestCanarySecrets(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		log := &lockedBuffer{}
		s := testkit.StartLogging(t, engine, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 100})))
		c := &canary{t: t, s: s, secrets: map[string]string{}, n: len(log.bytes())}
		c.run()
		if len(c.secrets) < 60 {
			t.Fatalf("only %d secrets were collected", len(c.secrets))
		}
		logged := log.bytes()
		if !bytes.Contains(logged, []byte("mcp call")) {
			t.Fatal("the log was not captured")
		}
		c.absent("the log", logged)
		stored := dump(t, s)
		if !bytes.Contains(stored, []byte("oauth.refresh_reuse")) || !bytes.Contains(stored, []byte("Claude Connector")) {
			t.Fatal("the database was not read")
		}
		c.absent("the database", stored)
		for name, part := range map[string]string{"the change log": "sys_audit", "the call log": "sys_call"} {
			text := tableText(t, s, part)
			if !bytes.Contains(text, []byte(map[string]string{"sys_audit": "client.secret", "sys_call": "list_records"}[part])) {
				t.Fatalf("%s was not read", name)
			}
			c.absent(name, text)
		}
		if engine == "sqlite" {
			c.absent("a copy of the database", copied(t, s))
		}
	})
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.b.Bytes())
}

// canary is a browser and a client that remember every secret they saw or sent.
type canary struct {
	t       *testing.T
	s       *testkit.Server
	http    *http.Client
	body    string
	header  http.Header
	secrets map[string]string // value → what it is
	n       int
}

func (c *canary) secret(what, value string) string {
	c.t.Helper()
	if len(value) < 16 {
		c.t.Fatalf("%s %q is too short to be told from other text", what, value)
	}
	c.secrets[value] = what
	if len(value) == 89 { // a code or token; those but a refresh token begin with a name that is no secret
		c.secrets[value[46:]] = what + ", its own part"
		if strings.HasPrefix(value, "rt_") {
			c.secrets[value[3:46]] = what + ", its family's part"
		}
	}
	return value
}

// made gives a secret that only this test knows.
func (c *canary) made(what string) string {
	c.n++
	return c.secret(what, fmt.Sprintf("canary%04d%s", c.n, strings.Repeat("Qx7z", 10)))
}

func (c *canary) absent(where string, text []byte) {
	c.t.Helper()
	for value, what := range c.secrets {
		for _, form := range []string{
			value, url.QueryEscape(value), base64.StdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value)), hex.EncodeToString([]byte(value)),
		} {
			if i := bytes.Index(text, []byte(form)); i >= 0 {
				c.t.Errorf("%s holds the %s: …%q…", where, what, text[max(0, i-80):min(len(text), i+len(form)+20)])
				break
			}
		}
	}
}

func (c *canary) run() {
	password := c.made("password")
	account, err := c.s.Identity.AccountByEmail(c.t.Context(), demo.Carly.Email)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.s.Identity.SetPassword(c.t.Context(), account.ID, password, false); err != nil {
		c.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	c.http = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.secret("client secret", c.s.Secret)

	verifier := c.made("verifier")
	c.open(c.authorizeURL(verifier), http.StatusSeeOther)
	c.open("/signin", http.StatusOK)
	c.submit("/signin", url.Values{"email": {demo.Carly.Email}, "password": {c.made("wrong password")}}, http.StatusUnprocessableEntity)
	c.submit("/signin", url.Values{"email": {demo.Carly.Email}, "password": {password}}, http.StatusSeeOther)
	code := c.approve()

	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {testkit.Callback}, "client_id": {c.s.Client.ID},
		"client_secret": {c.s.Secret}, "code_verifier": {verifier},
	}
	c.refused("/oauth/token?"+form.Encode(), form, "")
	c.refused("/oauth/token", with(form, "client_secret", c.made("wrong client secret")), "")
	c.refused("/oauth/token", with(form, "code", c.secret("wrong code", "ac_"+strings.Repeat("w", 86))), "")
	c.refused("/oauth/token", without(form, "client_secret"), "Basic "+base64.StdEncoding.EncodeToString([]byte(c.s.Client.ID+":"+c.made("wrong basic secret"))))
	first := c.token(form)
	second := c.token(c.refreshForm(first.Refresh))
	c.calls(second.Access)
	third := c.token(c.refreshForm(second.Refresh))
	c.refused("/oauth/token", c.refreshForm(first.Refresh), "") // a reuse: everything ends
	c.refused("/oauth/token", c.refreshForm(third.Refresh), "")

	verifier = c.made("second verifier")
	c.open(c.authorizeURL(verifier), http.StatusSeeOther)
	code = c.approve()
	form.Set("code", code)
	c.refused("/oauth/token", with(form, "code_verifier", c.made("wrong verifier")), "")
	c.refused("/oauth/token", with(form, "code_verifier", verifier), "") // a code twice

	verifier = c.made("third verifier")
	c.open(c.authorizeURL(verifier), http.StatusSeeOther)
	form.Set("code", c.approve())
	last := c.token(with(form, "code_verifier", verifier))
	c.post("/oauth/revoke", url.Values{"token": {last.Refresh}, "client_id": {c.s.Client.ID}, "client_secret": {c.s.Secret}}, "", http.StatusOK)

	c.errorPages(last)
	c.open("/profile", http.StatusOK)
	next := c.made("next password")
	c.submit("/profile/password", url.Values{"current": {c.made("wrong current password")}, "password": {next}}, http.StatusUnprocessableEntity)
	c.submit("/profile/password", url.Values{"current": {password}, "password": {next}}, http.StatusSeeOther)
	c.open("/profile", http.StatusOK)
	c.submit("/signout", url.Values{}, http.StatusSeeOther)
	c.admin()
}

// errorPages asks for pages that fail, with secrets where they do not belong.
func (c *canary) errorPages(tokens testkit.Tokens) {
	c.t.Helper()
	for path, status := range map[string]int{
		"/nothing?access_token=" + tokens.Access:                                                                                    http.StatusNotFound,
		"/nothing/" + c.secret("token in a path", "rt_"+strings.Repeat("p", 43)):                                                    http.StatusNotFound,
		"/data/companies?f=nme:eq:x&password=" + c.made("password in an address"):                                                   http.StatusBadRequest,
		"/oauth/authorize?client_id=nobody&client_secret=" + c.s.Secret:                                                             http.StatusBadRequest,
		"/oauth/authorize?client_id=" + c.s.Client.ID + "&redirect_uri=https://evil.test/cb&state=" + c.made("state in an address"): http.StatusBadRequest,
		"/oauth/authorize/" + c.secret("request of nobody", "au_"+strings.Repeat("q", 43)):                                          http.StatusBadRequest,
	} {
		c.open(path, status)
		c.absentFromPage(path)
	}
	for action, form := range map[string]url.Values{
		"/profile/password":         {kit.CSRFField: {c.made("wrong token of a form")}, "current": {c.made("password without a token")}},
		"/oauth/authorize/decision": {kit.CSRFField: {c.made("wrong token of a decision")}, "decision": {"approve"}, "token": {c.made("wrong request")}},
	} {
		c.do(c.request(http.MethodPost, action, form), http.StatusForbidden)
		c.absentFromPage(action)
	}
}

// absentFromPage looks through the page last opened; the token of its own forms is its to have.
func (c *canary) absentFromPage(path string) {
	c.t.Helper()
	body := []byte(c.body)
	for value, what := range c.secrets {
		if strings.HasPrefix(what, "token of the form") {
			body = bytes.ReplaceAll(body, []byte(value), nil)
		}
	}
	c.absent("the page of "+strings.SplitN(path, "?", 2)[0], body)
}

// admin makes a client and another secret for it, in the pages.
func (c *canary) admin() {
	c.open("/signin", http.StatusOK)
	c.submit("/signin", url.Values{"email": {demo.People[0].Email}, "password": {demo.People[0].Password}}, http.StatusSeeOther)
	c.open("/apps/new?for=claude", http.StatusOK)
	c.submit("/apps/new", url.Values{"name": {"Canary"}}, http.StatusSeeOther)
	path := strings.TrimSuffix(c.header.Get("Location"), "/setup")
	c.open(path+"/setup", http.StatusOK)
	shown := regexp.MustCompile(`value="(sk_[^"]+)"`)
	c.secret("new client's secret", shown.FindStringSubmatch(c.body)[1])
	c.open(path, http.StatusOK)
	c.submit(path+"/secret", url.Values{}, http.StatusSeeOther)
	c.open(path, http.StatusOK)
	c.secret("generated secret", shown.FindStringSubmatch(c.body)[1])
	c.program()
}

// program makes a private app with a token in the pages, and uses the token well and badly.
func (c *canary) program() {
	c.open("/private-apps/new", http.StatusOK)
	role := regexp.MustCompile(`value="(role\.[^"]+)"`).FindStringSubmatch(c.body)
	if role == nil {
		c.t.Fatalf("no role to copy from:\n%s", c.body)
	}
	c.submit("/private-apps/new", url.Values{"name": {"Canary program"}, "from": {role[1]}}, http.StatusSeeOther)
	path := c.header.Get("Location")
	c.open(path+"?token", http.StatusOK)
	c.submit(path+"/tokens", url.Values{"tokenName": {"Nightly"}, "expires": {"30"}}, http.StatusSeeOther)
	c.open(path, http.StatusOK)
	token := c.secret("private app's token", regexp.MustCompile(`value="(pat_[^"]+)"`).FindStringSubmatch(c.body)[1])
	c.calls(token)
	c.refused("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, "")
	c.open(path+"/logs", http.StatusOK)
	if !strings.Contains(c.body, "list_records") || strings.Contains(c.body, token) {
		c.t.Errorf("the log has no call, or the token:\n%s", c.body)
	}
}

func (c *canary) authorizeURL(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return "/oauth/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {c.s.Client.ID}, "redirect_uri": {testkit.Callback}, "state": {c.made("state")},
		"resource": {c.s.URL + "/v1/mcp"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode()
}

// approve follows to the authorization page, allows what it shows, and gives the code. The state stays with the request for ten
// minutes, since it must go back: it is the client's own and opens nothing here.
func (c *canary) approve() string {
	c.t.Helper()
	to := c.header.Get("Location")
	c.secret("pending request", to[strings.LastIndex(to, "/")+1:])
	c.open(to, http.StatusOK)
	c.submit("/oauth/authorize/decision", url.Values{"decision": {"approve"}}, http.StatusOK)
	found := regexp.MustCompile(`http-equiv="refresh" content="\d+;\s*url=([^"]+)"`).FindStringSubmatch(c.body)
	if found == nil {
		c.t.Fatalf("nothing leads on:\n%s", c.body)
	}
	u, err := url.Parse(html.UnescapeString(found[1]))
	if err != nil {
		c.t.Fatal(err)
	}
	delete(c.secrets, u.Query().Get("state"))
	return c.secret("code", u.Query().Get("code"))
}

func (c *canary) refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {c.s.Client.ID}, "client_secret": {c.s.Secret}}
}

func (c *canary) token(form url.Values) testkit.Tokens {
	c.t.Helper()
	var out testkit.Tokens
	if err := json.Unmarshal([]byte(c.post("/oauth/token", form, "", http.StatusOK)), &out); err != nil {
		c.t.Fatal(err)
	}
	c.secret("access token", out.Access)
	c.secret("refresh token", out.Refresh)
	return out
}

// calls uses a token well and badly.
func (c *canary) calls(token string) {
	c.t.Helper()
	if status, isError, text := c.s.Call(c.t, token, "list_records", map[string]any{"model": "Company", "limit": 1}); status != http.StatusOK || isError {
		c.t.Fatalf("%d %s", status, text)
	}
	// What is asked for is nobody's to read later: neither log holds an argument.
	for _, filter := range []any{map[string]any{"name": c.made("filter's value")}, c.made("filter that is none")} {
		c.s.Call(c.t, token, "list_records", map[string]any{"model": "Company", "filter": filter})
	}
	c.s.Call(c.t, token, "get_record", map[string]any{"model": "Company", "id": c.made("id of no record")})
	c.s.Call(c.t, token, "update_record", map[string]any{"model": "Company", "id": c.made("id to update"), "values": map[string]any{"phase": c.made("value")}})
	c.s.Call(c.t, token, "no_such_tool", map[string]any{"model": "Company"})
	c.s.Call(c.t, c.secret("wrong access token", "at_"+strings.Repeat("v", 86)), "who_am_i", map[string]any{})
	c.s.Call(c.t, c.secret("wrong token of a private app", "pat_"+strings.Repeat("u", 43)), "who_am_i", map[string]any{})
	c.refused("/v1/mcp?access_token="+token, url.Values{}, "")
	c.refused("/v1/mcp", url.Values{"access_token": {token}}, "")
	c.refused("/healthz", url.Values{}, "Bearer "+token)
}

func (c *canary) refused(path string, form url.Values, authorization string) {
	c.t.Helper()
	answer := c.post(path, form, authorization, 0)
	c.absent("the answer of "+strings.SplitN(path, "?", 2)[0], []byte(answer))
}

// post is what a program sends: no cookies. want 0 is any refusal.
func (c *canary) post(path string, form url.Values, authorization string, want int) string {
	c.t.Helper()
	r := c.request(http.MethodPost, path, form)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != want && (want != 0 || res.StatusCode < 400 || res.StatusCode >= 500) {
		c.t.Fatalf("%s: %d %s", path, res.StatusCode, raw)
	}
	return string(raw)
}

func (c *canary) request(method, path string, form url.Values) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", c.s.URL)
	}
	return r
}

func (c *canary) open(path string, want int) {
	c.t.Helper()
	c.do(c.request(http.MethodGet, path, nil), want)
}

var (
	anyForm     = regexp.MustCompile(`(?s)<form[^>]*action="([^"]+)".*?</form>`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
)

// submit sends the form of the page last opened with its hidden fields, and remembers the tokens among them.
func (c *canary) submit(action string, form url.Values, want int) {
	c.t.Helper()
	found := false
	for _, f := range anyForm.FindAllStringSubmatch(c.body, -1) {
		if f[1] != action || found {
			continue
		}
		found = true
		for _, h := range hiddenField.FindAllStringSubmatch(f[0], -1) {
			form.Set(h[1], html.UnescapeString(h[2]))
			if h[1] == kit.CSRFField || h[1] == "token" {
				c.secret("token of the form "+action, form.Get(h[1]))
			}
		}
	}
	if !found {
		c.t.Fatalf("no form for %s:\n%s", action, c.body)
	}
	c.do(c.request(http.MethodPost, action, form), want)
}

func (c *canary) do(r *http.Request, want int) {
	c.t.Helper()
	res, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	c.body, c.header = string(raw), res.Header
	if res.StatusCode != want {
		c.t.Fatalf("%s %s: %d, want %d\n%s", r.Method, r.URL.Path, res.StatusCode, want, raw)
	}
	for _, k := range res.Cookies() {
		if len(k.Value) >= 16 && !strings.Contains(k.Name, "back") {
			c.secret("cookie "+k.Name, k.Value)
		}
	}
}

func with(form url.Values, name, value string) url.Values {
	out := without(form, name)
	out.Set(name, value)
	return out
}

func without(form url.Values, name string) url.Values {
	out := url.Values{}
	for k, v := range form {
		if k != name {
			out[k] = slices.Clone(v)
		}
	}
	return out
}

// copied copies the files of SQLite as a backup would, opens the copy with the product and closes it, and gives what it holds then.
func copied(t *testing.T, s *testkit.Server) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(s.Config.DataDir)); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), app.Config{DataDir: dir}, app.Deps{Now: s.Clock.Now, Rand: s.OAuth.Rand})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "mandorla.db"))
	if err != nil || !bytes.Contains(raw, []byte("oauth.refresh_reuse")) {
		t.Fatalf("%d bytes of a copy, %v", len(raw), err)
	}
	return raw
}

// tableText gives every value of a table, one after the other.
func tableText(t *testing.T, s *testkit.Server, table string) []byte {
	t.Helper()
	driver, source := "pgx", s.Config.DB
	if source == "" {
		driver, source = "sqlite", filepath.Join(s.Config.DataDir, "mandorla.db")
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			fmt.Fprintf(&out, "%s\n", fmt.Sprint(v))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// dump gives everything a thief of the database has: the files of SQLite, or every row of every table of PostgreSQL.
func dump(t *testing.T, s *testkit.Server) []byte {
	t.Helper()
	var out bytes.Buffer
	if s.Config.DB == "" {
		files, err := filepath.Glob(filepath.Join(s.Config.DataDir, "*"))
		if err != nil || len(files) < 2 { // the file and its write-ahead log
			t.Fatal(files, err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(raw)
		}
		return out.Bytes()
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.Config.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		rows, err := conn.Query(ctx, `SELECT row_to_json(x)::text FROM `+pgx.Identifier{table}.Sanitize()+` x`)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(strings.Join(lines, "\n"))
	}
	return out.Bytes()
}
