package oauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"mandorla/internal/oauth"
)

// TestRefusals covers what people, administrators and the log are told of requests that are refused.
func TestRefusals(t *testing.T) {
	st := openStore(t, "sqlite")
	for name, run := range map[string]func(*world){"hints": refusalHints, "switched off": refusalOfDisabled, "texts": refusalTexts, "strangers": refusalOfStrangers} {
		t.Run(name, func(t *testing.T) { run(newWorld(t, st)) })
	}
}

// refusalHints: the client's administrators see what its last request asked for in vain, and nothing where only a person was needed.
func refusalHints(w *world) {
	for _, c := range []struct {
		change string
		code   oauth.ProblemCode
		detail string
	}{
		{"prompt=none", "", ""}, {"scope=companies:eat", oauth.ProblemScope, "companies:eat"}, {"resource=/v1/mcp", oauth.ProblemResource, "/v1/mcp"}, {"resource=https://other.test/mcp", oauth.ProblemResource, "https://other.test/mcp"},
		{"scope=x\u202ey\x00", oauth.ProblemScope, "xy"}, {"-code_challenge", oauth.ProblemRequest, "invalid_request"}, {"response_type=token", oauth.ProblemRequest, "unsupported_response_type"},
		{"redirect_uri=https://evil.test/" + strings.Repeat("ü", 300), oauth.ProblemRedirect, "https://evil.test/" + strings.Repeat("ü", 281) + "…"},
		{"redirect_uri=https://evil.test/" + strings.Repeat("ü", 282), oauth.ProblemRedirect, "https://evil.test/" + strings.Repeat("ü", 282)},
	} {
		w.clock.Add(time.Minute)
		_, err := w.begin(w.visitor("A"), w.query(w.c1, c.change))
		if err == nil {
			w.Errorf("%s is granted", short(c.change))
		}
		got, err := w.as.Client(w.Context(), w.tenant["T1"], w.c1.ID)
		must(w.T, err)
		if got.Problem.Code != c.code || got.Problem.Detail != c.detail || c.code != "" && !got.Problem.At.Equal(w.clock.Now()) {
			w.Errorf("%s: the hint is %+v", short(c.change), got.Problem)
		}
	}
	if strings.Contains(w.log.String(), "level=ERROR") {
		w.Errorf("the log says %s", w.log)
	}
	as := w.as
	w.as = w.remake(unnoted{w.store})
	w.clock.Add(time.Minute)
	w.redirected(w.query(w.c1, "scope=x"), "invalid_scope")
	if !strings.Contains(w.log.String(), "no hints") {
		w.Errorf("the log says %s", w.log)
	}
	w.as = as
	_, err := w.as.BeginAuthorize(w.Context(), oauth.AuthorizeRequest{RawQuery: w.query(w.c1, "prompt=none"), Browser: w.visitor("A").Browser})
	if got := w.problem(w.c1); err == nil || got != oauth.ProblemRedirect {
		w.Errorf("that somebody has to sign in is a problem: %q, %v", got, err)
	}
}

// unnoted is a store that takes no hints.
type unnoted struct{ oauth.Store }

func (unnoted) NoteProblem(context.Context, string, oauth.Problem) error {
	return errors.New("no hints")
}

// refusalOfDisabled: people of the client's tenant are told that it is switched off, anybody else that it is not known.
func refusalOfDisabled(w *world) {
	w.update(func(in *oauth.ClientInput) { in.Enabled = false })
	_, err := w.begin(w.visitor("A"), w.query(w.c1))
	w.page(oauth.PageDisabledClient, err)
	_, err = w.begin(w.visitor("B"), w.query(w.c1))
	w.page(oauth.PageUnknownClient, err)
	_, err = w.begin(w.visitor("A"), w.query(w.c1, "client_id=pk_nobody"))
	w.page(oauth.PageUnknownClient, err)
	_, err = w.as.BeginAuthorize(w.Context(), oauth.AuthorizeRequest{RawQuery: w.query(w.c1), Browser: w.visitor("A").Browser})
	w.page(oauth.PageUnknownClient, err)
}

// refusalTexts: errors say in the log what they are.
func refusalTexts(w *world) {
	_, err := w.begin(w.visitor("A"), w.query(w.c1, "scope=x"))
	if err == nil || !strings.Contains(err.Error(), "invalid_scope") {
		w.Errorf("%v", err)
	}
	if text := (&oauth.TenantError{Tenant: w.visitor("A").Session.Tenants[0]}).Error(); !strings.Contains(text, "T1") {
		w.Error(text)
	}
	_, err = w.begin(w.visitor("A"), w.query(w.c1, "redirect_uri=https://evil.test/cb"))
	var page *oauth.PageError
	if !errors.As(err, &page) || page.Error() != page.Text || page.Unwrap() == nil || !strings.Contains(page.Unwrap().Error(), "evil.test") || strings.Contains(page.Text, "evil.test") {
		w.Errorf("%+v", err)
	}
	one, err := w.as.NewBinding()
	must(w.T, err)
	two, err := w.as.NewBinding()
	must(w.T, err)
	v := w.visitor("A")
	v.Browser = one
	begun, err := w.begin(v, w.query(w.c1))
	must(w.T, err)
	v.Browser = two
	w.page(oauth.PageOtherBrowser, second(w.as.Show(w.Context(), begun.Pending, v)))
	v.Browser = one
	must(w.T, second(w.as.Show(w.Context(), begun.Pending, v)))
}

// refusalOfStrangers: a request for a client that is not here is a sign, any other is none.
func refusalOfStrangers(w *world) {
	w.code(w.c1)
	must(w.T, w.as.Flush(w.Context()))
	if signs, err := w.as.Signs(w.Context()); err != nil || !signs[oauth.SignStranger].At.IsZero() {
		w.Errorf("%+v, %v", signs, err)
	}
	w.page400(w.query(w.c1, "client_id=pk_nobody"))
	must(w.T, w.as.Flush(w.Context()))
	if signs, err := w.as.Signs(w.Context()); err != nil || !signs[oauth.SignStranger].At.Equal(w.clock.Now()) {
		w.Errorf("%+v, %v", signs, err)
	}
}
