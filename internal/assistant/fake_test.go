package assistant

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// fake is an MCP server with its authorization server in front, strict where a good one is, and wrong where a test asks for it.
type fake struct {
	*httptest.Server
	t *testing.T

	edit func(path string, doc map[string]any)                     // changes a metadata document
	hook func(w http.ResponseWriter, r *http.Request) (taken bool) // answers in the server's place
	iss  string                                                    // of authorization answers; "" the right one, "-" none
	fail string                                                    // error of authorization answers

	mu        sync.Mutex
	codes     map[string]url.Values // code → authorization request
	access    map[string]bool       // access token → good
	refresh   string                // the one that is good
	signedIn  map[string]bool
	refreshes int
	approvals int
	replays   int
	serial    int
	mcp       http.Handler
}

const (
	clientID, clientSecret = "client-1", "s3cret-of-the-client"
	login, password        = "carly@example.com", "pass-of-carly & more"
)

func newFake(t *testing.T) *fake {
	f := &fake{t: t, codes: map[string]url.Values{}, access: map[string]bool{}, signedIn: map[string]bool{}}
	server := mcp.NewServer(&mcp.Implementation{Name: "fake", Version: "1"}, nil)
	server.AddTool(&mcp.Tool{Name: "list_models", InputSchema: json.RawMessage(`{"type":"object"}`)}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{StructuredContent: map[string]any{"models": []any{}}}, nil
	})
	server.AddTool(&mcp.Tool{Name: "refuse", InputSchema: json.RawMessage(`{"type":"object"}`)}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: "no property “x”; did you mean y?"}}}, nil
	})
	server.AddTool(&mcp.Tool{Name: "forbid", InputSchema: json.RawMessage(`{"type":"object"}`)}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: `{"error":{"kind":"forbidden","message":"Your role may not."}}`}}}, nil
	})
	f.mcp = mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: true})
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.hook != nil && f.hook(w, r) {
		return
	}
	switch r.URL.Path {
	case "/v1/mcp":
		f.serveMCP(w, r)
	case "/.well-known/oauth-protected-resource/v1/mcp":
		f.document(w, r, map[string]any{"resource": f.URL + "/v1/mcp", "authorization_servers": []string{f.URL}, "scopes_supported": []string{"inclusive"}})
	case "/.well-known/oauth-authorization-server":
		f.document(w, r, map[string]any{
			"issuer": f.URL, "authorization_endpoint": f.URL + "/oauth/authorize", "token_endpoint": f.URL + "/oauth/token",
			"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"}, "scopes_supported": []string{"inclusive", "offline_access"},
			"token_endpoint_auth_methods_supported": []string{"client_secret_post", "none"}, "authorization_response_iss_parameter_supported": true,
		})
	case "/oauth/authorize":
		f.serveAuthorize(w, r)
	case "/signin":
		f.serveSignIn(w, r)
	case "/approve":
		f.serveApprove(w, r)
	case "/oauth/token":
		f.serveToken(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (f *fake) document(w http.ResponseWriter, r *http.Request, doc map[string]any) {
	if f.edit != nil {
		f.edit(r.URL.Path, doc)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(doc)
}

func (f *fake) serveMCP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	good := f.access[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	f.mu.Unlock()
	if !good {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer resource_metadata="%s/.well-known/oauth-protected-resource/v1/mcp", scope="inclusive"`, f.URL))
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	f.mcp.ServeHTTP(w, r)
}

func page200(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!doctype html><title>Fake</title>%s", body)
}

func (f *fake) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") != clientID:
		page200(w, http.StatusBadRequest, `<h1>This cannot be done</h1><p>The app that sent you here is not known.</p>`)
		return
	case err != nil || redirect.Hostname() != "127.0.0.1" || redirect.Path != "/callback":
		page200(w, http.StatusBadRequest, `<div role="alert">The address is not among its redirect URLs.</div>`)
		return
	case q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || q.Get("resource") != f.URL+"/v1/mcp" || q.Get("state") == "":
		f.t.Errorf("authorization request %v", q)
	}
	http.SetCookie(w, &http.Cookie{Name: "__Host-back", Value: base64.RawURLEncoding.EncodeToString([]byte(r.URL.RawQuery)), Path: "/", Secure: true, HttpOnly: true})
	if c, err := r.Cookie("__Host-session"); err == nil && f.signedIn[c.Value] {
		http.Redirect(w, r, "/approve", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

const signInPage = `<form method="post" action="/signin"><input type="hidden" name="email" value="bob@example.com"><input type="hidden" name="password" value="demo"><button>Bob</button></form>
<form method="post" action="/signin"><input type="hidden" name="csrf" value="c1"><input name="email" type="email"><input name="password" type="password"><button>Sign in</button></form>`

func (f *fake) serveSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		page200(w, http.StatusOK, signInPage)
		return
	}
	f.browserLike(r)
	if r.PostFormValue("csrf") != "c1" || r.PostFormValue("email") != login || r.PostFormValue("password") != password {
		page200(w, http.StatusUnprocessableEntity, `<div role="alert">The e-mail address or the password is wrong.</div>`+signInPage)
		return
	}
	f.mu.Lock()
	f.signedIn["s1"] = true
	f.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: "__Host-session", Value: "s1", Path: "/", Secure: true, HttpOnly: true})
	http.Redirect(w, r, "/approve", http.StatusSeeOther)
}

// browserLike checks what cross-origin protection looks at.
func (f *fake) browserLike(r *http.Request) {
	if r.Header.Get("Origin") != f.URL || r.Header.Get("Sec-Fetch-Site") != "same-origin" {
		f.t.Errorf("POST %s with Origin %q, Sec-Fetch-Site %q", r.URL.Path, r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site"))
	}
}

func (f *fake) serveApprove(w http.ResponseWriter, r *http.Request) {
	session, err := r.Cookie("__Host-session")
	back, err2 := r.Cookie("__Host-back")
	if err != nil || err2 != nil || session.Value != "s1" {
		page200(w, http.StatusForbidden, "<p>Sign in first.</p>")
		return
	}
	if r.Method == http.MethodGet {
		page200(w, http.StatusOK, `<form method="post"><input type="hidden" name="pending" value="p1"><select name="tenant"><option value="t1">A<option value="t2" selected>B</select>
			<input type="checkbox" name="remember" checked><button type="submit" name="decision" value="deny">No</button><button name="decision" value="approve">Authorize</button></form>`)
		return
	}
	f.browserLike(r)
	if r.PostFormValue("pending") != "p1" || r.PostFormValue("tenant") != "t2" || r.PostFormValue("remember") != "on" || r.PostFormValue("decision") != "approve" {
		f.t.Errorf("approval %v", r.PostForm)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(back.Value)
	q, _ := url.ParseQuery(string(raw))
	to := html.EscapeString(f.answer(q))
	page200(w, http.StatusOK, `<meta http-equiv="refresh" content="0;url=`+to+`"><a href="`+to+`">Go on</a>`)
}

// answer gives the redirect with a code, or with what a test wants instead.
func (f *fake) answer(q url.Values) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.approvals++
	a := url.Values{"state": {q.Get("state")}, "iss": {f.URL}}
	if f.iss != "" {
		a.Set("iss", strings.TrimPrefix(f.iss, "-"))
	}
	if f.iss == "-" {
		a.Del("iss")
	}
	if f.fail != "" {
		a.Set("error", f.fail)
	} else {
		code := f.next("code")
		f.codes[code] = q
		a.Set("code", code)
	}
	return q.Get("redirect_uri") + "?" + a.Encode()
}

func (f *fake) next(what string) string {
	f.serial++
	return fmt.Sprintf("%s-%d-%s", what, f.serial, rand.Text())
}

func (f *fake) serveToken(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":%q,"error_description":"described"}`, code)
	}
	if r.PostFormValue("client_id") != clientID || r.PostFormValue("client_secret") != clientSecret {
		refuse(http.StatusUnauthorized, "invalid_client")
		return
	}
	if r.PostFormValue("resource") != f.URL+"/v1/mcp" {
		refuse(http.StatusBadRequest, "invalid_target")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		q, ok := f.codes[r.PostFormValue("code")]
		delete(f.codes, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if !ok || q.Get("redirect_uri") != r.PostFormValue("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
			refuse(http.StatusBadRequest, "invalid_grant")
			return
		}
	case "refresh_token":
		if r.PostFormValue("refresh_token") != f.refresh {
			f.replays++
			f.refresh, f.access = "", map[string]bool{} // reuse ends the authorization
			refuse(http.StatusBadRequest, "invalid_grant")
			return
		}
		f.refreshes++
	default:
		refuse(http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	access := f.next("access")
	f.access = map[string]bool{access: true}
	f.refresh = f.next("refresh")
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"token_type":"Bearer","expires_in":600,"scope":"inclusive"}`, access, f.refresh)
}

// log collects traces.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, s)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// connector makes a connector whose pages are walked through.
func (f *fake) connector(files *TokenFiles, now func() time.Time, l *log) *Connector {
	f.t.Helper()
	c, err := New(Options{
		Server: f.URL, Client: Client{clientID, clientSecret}, Login: login, Files: files, HTTP: f.Client(), Now: now, Random: rand.Reader, Trace: l.add,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	w := &Walker{HTTP: f.Client(), Server: c.Endpoint(), Login: login, Password: password, Trace: l.add}
	c.OnVisit(w.Visit)
	return c
}
