package oauth

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
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
					if a, err := d.get(t.Context(), id, "account", "192.0.2.1"); (err == nil) != (a.ID == id) || (err == nil) != (body != "{") {
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
