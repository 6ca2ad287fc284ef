package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"maps"
	"slices"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
)

func (w *world) problem(c oauth.Client) oauth.ProblemCode {
	w.Helper()
	got, err := w.as.Client(w.Context(), w.tenant["T1"], c.ID)
	must(w.T, err)
	return got.Problem.Code
}

// The secret before is recognised by its hash, with and without a time in which both work, and opens nothing after that time.
func TestReplacedSecretIsToldApart(t *testing.T) {
	onEngines(t, func(w *world) {
		try := func(secret string) answer {
			w.clock.Add(11 * time.Second) // the same problem is written again
			return w.exchange(w.k1, "ac_x", "client_secret="+secret)
		}
		w.refused(try("sk_wrong"), 401, "invalid_client")
		if got := w.problem(w.k1); got != oauth.ProblemSecret {
			w.Errorf("a wrong secret: %q", got)
		}
		second, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.k1.ID, 0)
		must(w.T, err)
		w.refused(try(w.secret), 401, "invalid_client")
		if got := w.problem(w.k1); got != oauth.ProblemReplaced {
			w.Errorf("the secret before, at once: %q", got)
		}
		w.refused(try(second), 400, "invalid_grant")
		third, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.k1.ID, time.Hour)
		must(w.T, err)
		w.refused(try(second), 400, "invalid_grant") // it still works
		w.refused(try(w.secret), 401, "invalid_client")
		if got := w.problem(w.k1); got != oauth.ProblemSecret {
			w.Errorf("the secret before the one before: %q", got)
		}
		w.clock.Add(2 * time.Hour)
		w.refused(try(second), 401, "invalid_client")
		if got := w.problem(w.k1); got != oauth.ProblemReplaced {
			w.Errorf("the secret before, after its time: %q", got)
		}
		w.refused(try(third), 400, "invalid_grant")
		w.refused(try(""), 401, "invalid_client")
		if got := w.problem(w.k1); got != oauth.ProblemNoSecret {
			w.Errorf("no secret: %q", got)
		}
		w.refused(w.exchange(w.c1, "ac_x", "client_secret="+third), 401, "invalid_client")
		if got := w.problem(w.c1); got != oauth.ProblemPublic {
			w.Errorf("a secret for a public client: %q", got)
		}
	})
}

func somePNG(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))))
	return b.Bytes()
}

// A logo belongs to its client alone, follows what is allowed, and is in the log.
func TestLogoOfAClient(t *testing.T) {
	onEngines(t, func(w *world) {
		ctx, one, two := w.Context(), w.operator("T1"), w.operator("T2")
		file := somePNG(w.T)
		if err := w.as.SetClientLogo(ctx, two, w.k1.ID, file); !fault.Is(err, fault.NotFound) {
			w.Errorf("another tenant's client: %v", err)
		}
		if err := w.as.SetClientLogo(ctx, access.Principal{Tenant: w.tenant["T1"], Person: w.user["A"]}, w.k1.ID, file); !fault.Is(err, fault.Forbidden) {
			w.Errorf("without the permission: %v", err)
		}
		must(w.T, w.as.SetClientLogo(ctx, one, w.k1.ID, file))
		must(w.T, w.as.SetClientLogo(ctx, one, w.k1.ID, file)) // the same again changes nothing
		if err := w.as.SetClientLogo(ctx, one, w.k1.ID, []byte("x")); !fault.Is(err, fault.Invalid) {
			w.Errorf("no picture: %v", err)
		}
		if w.audited("client.logo") != 1 || w.audited("client.logo_removed") != 0 || w.lines("client.logo")[0].Detail["logo"] == "" || w.lines("client.logo")[0].Detail["before"] != "" {
			w.Errorf("log %+v", w.lines("client.logo"))
		}
		c, err := w.as.Client(ctx, w.tenant["T1"], w.k1.ID)
		must(w.T, err)
		if c.Version != w.k1.Version || c.LogoHash == "" {
			w.Errorf("client %+v", c)
		}
		got, err := w.as.ClientLogo(ctx, c.ID, c.LogoHash)
		must(w.T, err)
		if size, err := png.DecodeConfig(bytes.NewReader(got)); err != nil || size.Width != 40 || size.Height != 40 {
			w.Errorf("logo %+v, %v", size, err)
		}
		for _, bad := range []string{"", "x", c.LogoHash[:42] + "\x00", w.c1.ID} {
			if _, err := w.as.ClientLogo(ctx, c.ID, bad); !fault.Is(err, fault.NotFound) {
				w.Errorf("hash %q: %v", bad, err)
			}
		}
		if _, err := w.as.ClientLogo(ctx, w.c1.ID, c.LogoHash); !fault.Is(err, fault.NotFound) {
			w.Errorf("through another client: %v", err)
		}
		if err := w.as.RemoveClientLogo(ctx, two, c.ID); !fault.Is(err, fault.NotFound) {
			w.Errorf("another tenant's logo removed: %v", err)
		}
		must(w.T, w.as.RemoveClientLogo(ctx, one, c.ID))
		if _, err := w.as.ClientLogo(ctx, c.ID, c.LogoHash); !fault.Is(err, fault.NotFound) {
			w.Errorf("after it was removed: %v", err)
		}
		if w.audited("client.logo") != 1 || w.audited("client.logo_removed") != 1 {
			w.Errorf("audit: %d set, %d removed", w.audited("client.logo"), w.audited("client.logo_removed"))
		}
	})
}

// failingSigns refuses to write signs while it is told to.
type failingSigns struct {
	oauth.Store
	fails  bool
	writes int
}

func (f *failingSigns) NoteSign(ctx context.Context, s oauth.Sign) error {
	if f.fails {
		return errors.New("no disk")
	}
	f.writes++
	return f.Store.NoteSign(ctx, s)
}

// Signs of programs: the last of each kind, one write however many came, none lost to a fault, and no person with a browser.
func TestSigns(t *testing.T) {
	st := openStore(t, "sqlite")
	counted := &failingSigns{Store: st}
	w := newWorld(t, st, func(o *oauth.Options) { o.Store = counted })
	read := func(agent string) {
		w.clock.Add(time.Second)
		if got := w.do("GET", "/.well-known/oauth-authorization-server", "", "User-Agent: "+agent); got.Code != 200 {
			t.Fatal(got.Code)
		}
	}
	signs := func() map[oauth.SignKind]oauth.Sign {
		got, err := w.as.Signs(w.Context())
		must(t, err)
		return got
	}
	read("Mozilla/5.0 (X11)")
	must(t, w.as.Flush(w.Context()))
	if got := signs(); len(got) != 0 {
		t.Errorf("a person's browser is a sign: %v", got)
	}
	for range 100 {
		read("early/1")
	}
	read("python-httpx/0.27 \u202e<b>" + string(bytes.Repeat([]byte("x"), 300)))
	at := w.clock.Now()
	counted.fails = true
	if err := w.as.Flush(w.Context()); err == nil {
		t.Error("a fault is not reported")
	}
	counted.fails = false
	must(t, w.as.Flush(w.Context()))
	must(t, w.as.Flush(w.Context()))
	got := signs()[oauth.SignMetadata]
	if counted.writes != 1 || !got.At.Equal(at) || len([]rune(got.Agent)) > 100 || !bytes.HasPrefix([]byte(got.Agent), []byte("python-httpx/0.27 <b>")) {
		t.Errorf("%d writes, %+v", counted.writes, got)
	}
	w.page400("client_id=pk_of-another-server&response_type=code")
	must(t, w.as.Flush(w.Context()))
	if kinds := slices.Sorted(maps.Keys(signs())); !slices.Equal(kinds, []oauth.SignKind{oauth.SignMetadata, oauth.SignStranger}) {
		t.Errorf("signs %v", kinds)
	}
}

// A connection is widened where its person would be offered more now than was accepted, and not where the role has no more to give.
func TestWidened(t *testing.T) {
	onEngines(t, func(w *world) {
		small := w.full()
		small["Company"] = access.ModelPermission{Actions: access.View, View: access.AllProperties}
		c, _ := w.client(oauth.ClientInput{Name: "W", Kind: oauth.Public, RedirectURIs: []string{callback}, Set: small})
		w.connectAs("A", c)
		w.connectAs("A", w.c1)
		count := func() int {
			got, err := w.as.Widened(w.Context(), w.tenant["T1"], c.ID)
			must(w.T, err)
			return len(got)
		}
		if n := count(); n != 0 {
			w.Errorf("before: %d", n)
		}
		change := func(set access.Set) {
			now, err := w.as.Client(w.Context(), w.tenant["T1"], c.ID)
			must(w.T, err)
			_, err = w.as.UpdateClient(w.Context(), w.operator("T1"), c.ID, now.Version, oauth.ClientInput{Name: "W", RedirectURIs: now.RedirectURIs, Set: set, Enabled: true})
			must(w.T, err)
		}
		change(access.Set{"Company": {Actions: access.View, View: access.AllProperties}})
		if n := count(); n != 0 {
			w.Errorf("narrower: %d", n)
		}
		change(w.full())
		w.code(c) // nobody has exchanged it: no connection
		if n := count(); n != 1 {
			w.Errorf("wider: %d", n)
		}
		w.setUser("A", "inactive", true)
		if n := count(); n != 0 {
			w.Errorf("of somebody inactive: %d", n)
		}
		w.setUser("A", "inactive", false)
		if _, err := w.as.Widened(w.Context(), w.tenant["T2"], c.ID); !fault.Is(err, fault.NotFound) {
			w.Errorf("another tenant: %v", err)
		}
		tokens, err := w.as.LivingTokens(w.Context(), w.tenant["T1"], c.ID)
		must(w.T, err)
		if len(tokens) != 1 {
			w.Errorf("tokens %v", tokens)
		}
		w.clock.Add(9 * time.Hour)
		if tokens, err = w.as.LivingTokens(w.Context(), w.tenant["T1"], c.ID); err != nil || len(tokens) != 0 {
			w.Errorf("tokens that have run out: %v, %v", tokens, err)
		}
	})
}

// The list is checked as a whole by the one rule that saving asks as well.
func TestRedirectProblems(t *testing.T) {
	list := []string{"https://a.test/cb", "http://a.test/cb", "https://a.test/cb", "http://127.0.0.1/cb", "cursor://x/y"}
	got := oauth.RedirectProblems(list)
	for i, bad := range []bool{false, true, true, false, true} {
		if (got[i] != "") != bad {
			t.Errorf("%s: %q", list[i], got[i])
		}
	}
	if got := oauth.RedirectProblems([]string{"x", "x"}); got[0] == "" || got[0] != got[1] {
		t.Errorf("a bad one twice: %q", got)
	}
	if !oauth.RedirectLoopback("http://localhost/") || oauth.RedirectLoopback("https://localhost/") {
		t.Error("what leads to the own machine")
	}
	long := slices.Repeat([]string{"https://a.test/"}, 21)
	for i := range long {
		long[i] += string(rune('a' + i))
	}
	if got := oauth.RedirectProblems(long); got[19] != "" || got[20] == "" {
		t.Errorf("the twenty-first: %q, %q", got[19], got[20])
	}
}
