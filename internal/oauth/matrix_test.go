package oauth_test

import (
	"fmt"
	"regexp"
	"testing"

	"mandorla/internal/oauth"
)

// row is a row of the threat matrix. Rows that depend on storage run on every engine.
type row struct {
	name    string // number and title
	stored  bool
	run     func(w *world)
	options func(*oauth.Options)
}

func matrix() []row {
	var all []row
	for _, part := range [][]row{authorizeRows, redirectRows, pkceRows, codeRows, tokenRows, clientRows, refreshRows, revokeRows, introspectRows, metadataRows, resourceRows, consentRows, bearerRows} {
		all = append(all, part...)
	}
	return all
}

// uncovered are the rows of sections 2.1 to 2.9, 2.12 and 2.14 without a test here, and why. Section 2.13 is package identity's.
var uncovered = map[string]string{
	"015": "methods of the authorization page: package web",
	"019": "https and HSTS: package web",
	"020": "methods of the authorization page: package web",
	"021": "no approval is remembered, so a prefetch can get no code; the header is package web's",
	"023": "paths of the authorization page: package web",
	"039": "headers of the authorization page: package web",
	"040": "status codes of the pages: package web",
	"070": "every client has both grant types; comes with dynamic registration",
	"077": "net/http",
	"090": "constant-time comparison of hashes; a statistical test would be flaky",
	"158": "cross-site posts: package web (CrossOriginProtection); the form token is row 157",
	"160": "cookies: package web",
	"168": "headers: package web",
	"169": "the page after approval: package web",
	"172": "no other way to approve exists",
	"173": "texts of the page: package web",
	"199": "insufficient_scope: packages mcpserver and rest",
	"202": "handles and cursors: package mcpserver",
	"203": "streams: package mcpserver",
	"204": "Origin and Host: package mcpserver",
	"205": "content types: package mcpserver",
	"206": "JSON: package mcpserver",
	"207": "header against body: package mcpserver",
	"208": "packages mcpserver and e2e",
	"209": "package mcpserver",
	"210": "nothing is called upstream",
}

func TestMatrix(t *testing.T) {
	for _, engine := range engines {
		st := openStore(t, engine)
		for _, r := range matrix() {
			if !r.stored && engine != engines[0] {
				continue
			}
			t.Run(r.name+"/"+engine, func(t *testing.T) {
				var options []func(*oauth.Options)
				if r.options != nil {
					options = append(options, r.options)
				}
				r.run(newWorld(t, st, options...))
			})
		}
	}
}

// TestMatrixComplete holds that each row is either tested or listed with a reason, and not both.
func TestMatrixComplete(t *testing.T) {
	have := map[string]bool{}
	form := regexp.MustCompile(`^(\d{3}a?)-[a-z0-9-]+$`)
	for _, r := range matrix() {
		m := form.FindStringSubmatch(r.name)
		if m == nil {
			t.Errorf("%q is no name of a row", r.name)
			continue
		}
		have[m[1]] = true
		if why := uncovered[m[1]]; why != "" {
			t.Errorf("row %s has a test and a reason for having none: %s", m[1], why)
		}
	}
	for _, section := range [][2]int{{1, 127}, {156, 174}, {195, 211}} {
		for n := section[0]; n <= section[1]; n++ {
			key := fmt.Sprintf("%03d", n)
			if !have[key] && uncovered[key] == "" {
				t.Errorf("row %s has no test and no reason", key)
			}
		}
	}
}
