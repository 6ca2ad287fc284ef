package web

import (
	"crypto/rand"
	"testing"
	"time"

	"mandorla/internal/web/kit"
)

// Every template is parsed, checked against its view and executed once.
func TestTemplates(t *testing.T) {
	if _, err := kit.New(time.Now, rand.Reader, kit.Pages{FS: templates, Views: samples()}); err != nil {
		t.Fatal(err)
	}
}
