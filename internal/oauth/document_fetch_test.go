package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mandorla/internal/identity"
)

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// Ten who want the same document at the same moment cause one fetch (row 150), whether it succeeds or not.
func TestDocumentIsFetchedOnce(t *testing.T) {
	const id = "https://m1.test/client.json"
	for _, body := range []string{`{"client_id":"` + id + `","redirect_uris":["https://m1.test/cb"]}`, "{"} {
		synctest.Test(t, func(t *testing.T) {
			asked, release := make(chan bool, 20), make(chan bool)
			d := newDocuments(doerFunc(func(*http.Request) (*http.Response, error) {
				asked <- true
				<-release
				rec := httptest.NewRecorder()
				rec.Header().Set("Content-Type", "application/json")
				_, err := rec.WriteString(body)
				return rec.Result(), err
			}), time.Now)
			for range 10 {
				go func() {
					if a, err := d.get(t.Context(), id, "https://m1.test/cb", "account", "192.0.2.1"); (err == nil) != (a.ID == id) || (err == nil) != (body != "{") {
						t.Errorf("%+v, %v", a, err)
					}
				}()
			}
			synctest.Wait() // all wait: one for the answer, the others for that one
			close(release)
			synctest.Wait()
			if len(asked) != 1 || len(d.flights) != 0 {
				t.Errorf("%d fetches, %d are left", len(asked), len(d.flights))
			}
		})
	}
}

// closing notes that a body was closed.
type closing struct {
	io.Reader
	closed *int
}

func (c closing) Close() error {
	*c.closed++
	return nil
}

// What is fetched has to be a small JSON document as it is, and the connection is given back in any case.
func TestDocumentIsAcceptable(t *testing.T) {
	full := func(n int) string {
		return string(described(`,"x":"` + times("x", n-len(described(`,"x":""`))) + `"`))
	}
	for what, c := range map[string]struct {
		status    int
		media     string
		encoding  string
		length    int64
		body      io.Reader
		want      string
		notClosed int
	}{
		"good":               {200, "application/json", "", -1, strings.NewReader(full(100)), "", 0},
		"a charset":          {200, "application/json; charset=utf-8", "", -1, strings.NewReader(full(100)), "", 0},
		"a kind of JSON":     {200, "application/cimd+json", "identity", -1, strings.NewReader(full(100)), "", 0},
		"full":               {200, "application/json", "", maxDocument, strings.NewReader(full(maxDocument)), "", 0},
		"one byte more":      {200, "application/json", "", -1, strings.NewReader(full(maxDocument + 1)), "larger", 0},
		"it says it is more": {200, "application/json", "", maxDocument + 1, strings.NewReader(full(100)), "larger", 0},
		"created":            {201, "application/json", "", -1, strings.NewReader(full(100)), "status 201", 0},
		"moved":              {302, "application/json", "", -1, strings.NewReader(full(100)), "status 302", 0},
		"text":               {200, "text/plain", "", -1, strings.NewReader(full(100)), "not application/json", 0},
		"text of JSON":       {200, "text/x+json", "", -1, strings.NewReader(full(100)), "not application/json", 0},
		"an application":     {200, "application/xml", "", -1, strings.NewReader(full(100)), "not application/json", 0},
		"no type":            {200, "", "", -1, strings.NewReader(full(100)), "not application/json", 0},
		"a broken type":      {200, "application/json; =", "", -1, strings.NewReader(full(100)), "not application/json", 0},
		"compressed":         {200, "application/json", "gzip", -1, strings.NewReader(full(100)), "compressed", 0},
		"it breaks":          {200, "application/json", "", -1, io.MultiReader(strings.NewReader("{"), broken{}), "reset by peer", 0},
		"it is none":         {200, "application/json", "", -1, strings.NewReader("{}"), "not the address", 0},
		"nobody answers":     {0, "", "", 0, nil, "refused", 1},
	} {
		closed, asked := 0, context.Background()
		d := newDocuments(doerFunc(func(r *http.Request) (*http.Response, error) {
			if asked = r.Context(); c.body == nil {
				return nil, errors.New("connection refused")
			}
			if deadline, ok := r.Context().Deadline(); !ok || time.Until(deadline) > fetchTime || r.Method != "GET" || r.URL.String() != aDocument || r.Header.Get("Accept") != "application/json" || r.Header.Get("User-Agent") != "mandorla" {
				t.Errorf("asked %+v", r)
			}
			return &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {c.media}, "Content-Encoding": {c.encoding}}, ContentLength: c.length, Body: closing{c.body, &closed}}, nil
		}), time.Now)
		a, err := d.get(t.Context(), aDocument, "https://m1.test/cb", "account", "192.0.2.1")
		if (err == nil) != (c.want == "") || err != nil && (!errors.Is(err, errDocument) || !strings.Contains(err.Error(), c.want)) || err == nil && (a.ID != aDocument || a.ReadAt.IsZero()) {
			t.Errorf("%s: %+v, %v, want %q", what, a, err, c.want)
		}
		if asked.Err() == nil {
			t.Errorf("%s: the fetch is not over", what)
		}
		if closed != 1-c.notClosed {
			t.Errorf("%s: closed %d times", what, closed)
		}
	}
}

// What was read is kept for its time, a failure for a minute, and no more than so many; who asks too often is told how long to wait.
func TestDocumentsKept(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	fetched := 0
	d := newDocuments(doerFunc(func(r *http.Request) (*http.Response, error) {
		fetched++
		if strings.HasSuffix(r.URL.Path, "bad") {
			return nil, errors.New("refused")
		}
		rec := httptest.NewRecorder()
		rec.Header().Set("Content-Type", "application/json")
		if !strings.HasPrefix(r.URL.Host, "a.") {
			rec.Header().Set("Cache-Control", "max-age=86400")
		}
		fmt.Fprintf(rec, `{"client_id":%q,"redirect_uris":["https://m1.test/cb"]}`, r.URL)
		return rec.Result(), nil
	}), func() time.Time { return now })
	n := 0
	get := func(id, account string) error {
		n++
		_, err := d.get(t.Context(), id, "https://m1.test/cb", account, fmt.Sprintf("10.%d.%d.1", n/200, n%200))
		return err
	}
	is := func(what string, want int) {
		t.Helper()
		if fetched != want {
			t.Errorf("%s: %d fetches, want %d", what, fetched, want)
		}
		fetched = 0
	}
	for range 3 {
		if err := get("https://a.test/good", "a"); err != nil {
			t.Error(err)
		}
		if err := get("https://a.test/bad", "a"); !errors.Is(err, errDocument) {
			t.Error(err)
		}
	}
	is("three times", 2)
	now = now.Add(failedFor - 1)
	_ = get("https://a.test/bad", "a")
	is("a failure within a minute", 0)
	now = now.Add(1)
	_ = get("https://a.test/bad", "a")
	is("a failure after a minute", 1)
	now = now.Add(freshAtLeast - failedFor - 1)
	_ = get("https://a.test/good", "a")
	is("while it is fresh", 0)
	now = now.Add(1)
	_ = get("https://a.test/good", "a")
	is("when it is not", 1)

	for i := range 2*documentsKept - 2 { // two generations, with the two from above
		now = now.Add(20 * time.Second)
		if err := get(fmt.Sprintf("https://m%d.test/good", i), fmt.Sprint("account ", i)); err != nil {
			t.Fatal(i, err)
		}
	}
	if fetched = 0; len(d.fresh)+len(d.old) > 2*documentsKept || len(d.old) != documentsKept {
		t.Errorf("%d and %d documents are kept", len(d.fresh), len(d.old))
	}
	_ = get(fmt.Sprintf("https://m%d.test/good", documentsKept-3), "x")
	is("one of the generation before", 0)

	now = now.Add(time.Hour)
	var often *tooMany
	for i := range 21 {
		err := get(fmt.Sprintf("https://n%d.test/good", i), "eager")
		if errors.As(err, &often) != (i == 20) {
			t.Errorf("fetch %d of one person: %v", i, err)
		}
	}
	if often == nil || often.wait <= 0 || identity.RetryAfter(often) != often.wait || !strings.Contains(often.Error(), often.wait.String()) {
		t.Errorf("%+v", often)
	}
	now = now.Add(time.Hour)
	for i := range 11 {
		if err := get(fmt.Sprintf("https://host.test/%d", i), fmt.Sprint("another ", i)); errors.As(err, &often) != (i == 10) {
			t.Errorf("fetch %d of one host: %v", i, err)
		}
	}
	now = now.Add(time.Hour)
	for i := range 101 {
		if err := get(fmt.Sprintf("https://o%d.test/good", i), fmt.Sprint("many ", i)); errors.As(err, &often) != (i == 100) {
			t.Errorf("fetch %d of all: %v", i, err)
		}
	}
	now = now.Add(time.Hour)
	for i := range 41 {
		if _, err := d.get(t.Context(), fmt.Sprintf("https://p%d.test/good", i), "https://m1.test/cb", fmt.Sprint("office ", i), "192.0.2.1"); errors.As(err, &often) != (i == 40) {
			t.Errorf("fetch %d of one network: %v", i, err)
		}
	}
}

// A document that lacks the redirect URL is fetched again, once a minute at most, and stays what it is where nothing newer can be had.
func TestDocumentMayGetARedirect(t *testing.T) {
	const id, cb, added = "https://m1.test/client.json", "https://m1.test/cb", "https://m1.test/added"
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	fetched, down, redirects := 0, false, `["https://m1.test/cb"]`
	d := newDocuments(doerFunc(func(*http.Request) (*http.Response, error) {
		if fetched++; down {
			return nil, errors.New("refused")
		}
		rec := httptest.NewRecorder()
		rec.Header().Set("Content-Type", "application/json")
		_, err := rec.WriteString(`{"client_id":"` + id + `","redirect_uris":` + redirects + `}`)
		return rec.Result(), err
	}), func() time.Time { return now })
	step := func(what string, later time.Duration, redirect, account string, fetches, has int) {
		t.Helper()
		now, fetched = now.Add(later), 0
		a, err := d.get(t.Context(), id, redirect, account, "192.0.2.1")
		if err != nil || len(a.RedirectURIs) != has || fetched != fetches {
			t.Errorf("%s: %d fetches, want %d; %v, %v", what, fetched, fetches, a.RedirectURIs, err)
		}
	}
	step("first", 0, cb, "a", 1, 1)
	redirects = `["https://m1.test/cb","https://m1.test/added"]`
	step("within a minute", againAfter-1, added, "a", 0, 1)
	step("one it has", 1, cb, "a", 0, 1)
	down = true
	step("the host is down", 0, added, "a", 1, 1)
	step("within a minute of that", againAfter-1, added, "a", 0, 1)
	down = false
	for i := range 20 { // all that one person may
		if _, err := d.get(t.Context(), fmt.Sprintf("https://n%d.test/", i), cb, "eager", "192.0.2.1"); !errors.Is(err, errDocument) {
			t.Fatalf("the document of another address: %v", err)
		}
	}
	step("asked for too often", 1, added, "eager", 0, 1)
	step("there", 0, added, "a", 1, 2)
	step("kept", 0, added, "eager", 0, 2)
	down = true
	now = now.Add(freshAtLeast)
	if _, err := d.get(t.Context(), id, added, "a", "192.0.2.1"); !errors.Is(err, errDocument) {
		t.Errorf("stale, and the host is down: %v", err)
	}
}

// Who does not want to wait any longer goes; the fetch goes on for the others.
func TestDocumentIsNotWaitedFor(t *testing.T) {
	release := make(chan bool)
	d := newDocuments(doerFunc(func(r *http.Request) (*http.Response, error) {
		<-release
		return nil, errors.Join(errors.New("refused"), r.Context().Err())
	}), time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.get(ctx, aDocument, "https://m1.test/cb", "a", "192.0.2.1"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(release)
}
