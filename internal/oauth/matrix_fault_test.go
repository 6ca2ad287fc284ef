package oauth_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

var faultRows = []row{
	{name: "090-constant-time", run: func(w *world) { // a clock would tell nothing reliable, so the sources are asked
		compared := 0
		files, err := os.ReadDir(".")
		must(w.T, err)
		for _, f := range files {
			if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") || f.Name() == "logo.go" { // whose hashes are names of pictures
				continue
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, f.Name(), nil, 0)
			must(w.T, err)
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BinaryExpr:
					if (n.Op == token.EQL || n.Op == token.NEQ) && (secretName(n.X) || secretName(n.Y)) && !emptyText(n.X) && !emptyText(n.Y) {
						w.Errorf("%s: a secret is compared with %s, which stops at the first difference", fset.Position(n.Pos()), n.Op)
					}
				case *ast.CallExpr:
					if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "equal" {
						compared++
					}
				case *ast.FuncDecl:
					if n.Name.Name == "equal" && !strings.Contains(source(w, fset, n), "subtle.ConstantTimeCompare") {
						w.Error("equal does not compare in constant time")
					}
				}
				return true
			})
		}
		if compared < 5 {
			w.Errorf("secrets are compared in %d places only", compared)
		}
	}},
	{name: "258-floods", run: func(w *world) {
		v := w.visitor("A")
		var limited int
		var page *oauth.PageError
		for range 500 {
			if _, err := w.begin(v, w.query(w.c1)); errors.As(err, &page) && page.Status == 429 {
				limited++
			}
		}
		if limited < 350 {
			w.Errorf("%d of 500 authorization requests were refused", limited)
		}
		other := v
		other.IP = "198.51.100.9"
		if _, err := w.begin(other, w.query(w.c1)); err != nil {
			w.Errorf("another network is refused: %v", err)
		}
		w.ok(w.exchange(w.c1, codeOf(w, other)))
		w.clock.Add(2 * time.Minute)
		if _, err := w.begin(v, w.query(w.c1)); err != nil {
			w.Errorf("after the wait: %v", err)
		}
	}},
	{name: "264-sweep", stored: true, run: func(w *world) {
		var dead []answer
		for range 3 {
			got := w.exchange(w.c1, w.code(w.c1))
			w.ok(w.refresh(w.c1, got.str("refresh_token")))
			dead = append(dead, got)
		}
		_, page := w.shown()
		w.clock.Add(80 * 24 * time.Hour)
		w.token["A"] = ""
		at, rt := w.connect()
		w.clock.Add(20 * 24 * time.Hour) // the first three have been idle for 90 days, and over for more than a week
		must(w.T, w.as.Clean(w.Context()))
		list, err := w.store.Authorizations(w.Context(), oauth.Which{Tenant: w.tenant["T1"]})
		if err != nil || len(list) != 1 {
			w.Errorf("%d authorizations are left, want the living one: %v", len(list), err)
		}
		for i, got := range dead {
			for _, token := range []string{got.str("access_token"), got.str("refresh_token")} {
				if _, _, err := w.store.TokensByFamily(w.Context(), family(token)); !fault.Is(err, fault.NotFound) {
					w.Errorf("a token of connection %d is still stored: %v", i, err)
				}
			}
		}
		if _, err := w.store.PendingByHash(w.Context(), sum(page.Pending)); !fault.Is(err, fault.NotFound) {
			w.Errorf("an unanswered request is still stored: %v", err)
		}
		if w.works(at) {
			w.Error("an access token of three weeks works")
		}
		w.ok(w.refresh(w.c1, rt))
	}},
	{name: "266-clock-jumps", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		got := w.exchange(w.c1, code)
		w.ok(got)
		_, given := w.connect()
		revoked, _ := w.connect()
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+given))
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+revoked))
		next := w.refresh(w.c1, got.str("refresh_token"))
		w.ok(next)
		last := w.refresh(w.c1, next.str("refresh_token"))
		w.ok(last)
		w.clock.Add(-time.Hour) // back: what was used up, spent or ended stays so
		w.refused(w.refresh(w.c1, given), 400, "invalid_grant")
		if w.works(revoked) || !w.works(last.str("access_token")) {
			w.Error("a revoked token came to life, or a living one died")
		}
		w.refused(w.refresh(w.c1, got.str("refresh_token")), 400, "invalid_grant")
		w.dead(last)
		code = w.code(w.c1)
		w.ok(w.exchange(w.c1, code))
		w.clock.Add(-time.Hour)
		w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
		w.clock.Add(2 * time.Hour) // and ahead: nothing lives longer than it was given
		code = w.code(w.c1)
		at, _ := w.connect()
		w.clock.Add(time.Hour)
		w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
		if !w.works(at) {
			w.Error("an hour ended a token of eight")
		}
		w.clock.Add(7 * time.Hour)
		if w.works(at) {
			w.Error("a token outlived its end")
		}
	}},
	{name: "267-restart-anywhere", stored: true, run: func(w *world) {
		v := w.visitor("A")
		begun, err := w.begin(v, w.query(w.c1))
		must(w.T, err)
		w.restart()
		v = w.visitor("A")
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		w.restart()
		v = w.visitor("A")
		to, err := w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)
		must(w.T, err)
		w.restart()
		got := w.exchange(w.c1, codeIn(to))
		w.ok(got)
		w.restart()
		if !w.works(got.str("access_token")) {
			w.Error("the token does not work")
		}
		next := w.refresh(w.c1, got.str("refresh_token"))
		w.ok(next)
		w.restart()
		if again := w.refresh(w.c1, got.str("refresh_token")); again.str("refresh_token") != next.str("refresh_token") {
			w.Errorf("the retry: %d %s", again.Code, again.Body)
		}
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+next.str("refresh_token")))
		w.restart()
		w.dead(next)
	}},
}

// restart makes all services anew over the same database, as another process would.
func (w *world) restart() {
	w.Helper()
	must(w.T, w.as.Flush(w.Context()))
	o := w.as.Options
	old := w.ids.Options
	w.ids = identity.New(old)
	o.Identity = w.ids
	as, err := oauth.New(o)
	must(w.T, err)
	w.as = as
	w.serve()
}

func codeOf(w *world, v oauth.Visitor) string {
	w.Helper()
	begun, err := w.begin(v, w.query(w.c1))
	must(w.T, err)
	page, err := w.as.Show(w.Context(), begun.Pending, v)
	must(w.T, err)
	to, err := w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)
	must(w.T, err)
	return codeIn(to)
}

func codeIn(to string) string {
	return regexp.MustCompile(`[?&]code=([^&]+)`).FindStringSubmatch(to)[1]
}

var secretWord = regexp.MustCompile(`(?i)(secret|hash|verifier|challenge|formtoken|browser)$`)

// secretName reports whether an expression is called like a secret, or is a hash worked out on the spot.
func secretName(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return secretWord.MatchString(x.Name)
	case *ast.SelectorExpr:
		return secretWord.MatchString(x.Sel.Name)
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.Ident)
		return ok && f.Name == "hash"
	}
	return false
}

func emptyText(x ast.Expr) bool {
	lit, ok := x.(*ast.BasicLit)
	return ok && lit.Value == `""`
}

func source(w *world, fset *token.FileSet, n ast.Node) string {
	from, to := fset.Position(n.Pos()), fset.Position(n.End())
	text, err := os.ReadFile(from.Filename)
	must(w.T, err)
	return string(text[from.Offset:to.Offset])
}
