package oauth_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"mandorla/internal/oauth"
	"mandorla/internal/testkit/fuse"
)

var errRandom = errors.New("the randomness is gone")

// brittle fails at read n from now; 0: never.
type brittle struct {
	left int
	hit  bool
}

func (b *brittle) set(n int) { b.left, b.hit = n, false }

func (b *brittle) Read(p []byte) (int, error) {
	if b.left--; b.left == 0 {
		b.hit = true
		return 0, errRandom
	}
	return rand.Read(p)
}

// cause is told, with what the log says of an answer that tells of a fault and not of which.
func (w *world) cause(a answer) error {
	logged := w.log.String()
	w.log.Reset()
	if a.Code == 201 {
		return nil
	}
	err := told(a)
	if a.Code != 503 {
		return err
	}
	for _, cause := range []error{fuse.ErrBlown, errRandom, errText} {
		if strings.Contains(logged, cause.Error()) {
			return cause
		}
	}
	return fmt.Errorf("%w, and the log says %q", err, logged)
}

// errText is what a stored text says that is no JSON.
var errText = json.Unmarshal([]byte("{"), new(any))

// faultTexts are statements that break what is stored.
var faultTexts = map[string]string{
	"client":        `UPDATE sys_oauth_client SET set_json = '{'`,
	"authorization": `UPDATE sys_oauth_authorization SET set_json = '{'`,
	"role":          `UPDATE sys_role SET set_json = '{'`,
	"shown":         `UPDATE sys_oauth_pending SET shown = '{'`,
	"policy":        `UPDATE sys_oauth_policy SET set_json = '{'`,
	"allowed":       `UPDATE sys_setting SET value = '{' WHERE name = 'oauth_registration'`,
}

// TestEveryCallTells lets everything fail that a call depends on, one after the other: each statement, each reading of randomness, each
// stored text. The call tells of it, with the cause, and works when the fault is over.
func TestEveryCallTells(t *testing.T) {
	f, b := &fuse.Fuse{}, &brittle{}
	st := openStore(t, "sqlite", f.Wrap)
	past := f.DB()
	t.Cleanup(func() { must(t, past.Close()) })
	world := func(t *testing.T) *world {
		w := newWorld(t, st, withSite, func(o *oauth.Options) { o.Rand = io.Reader(b) })
		w.first()
		return w
	}
	for _, c := range append(faultCalls, centerCalls...) {
		t.Run(c.name, func(t *testing.T) {
			w := world(t)
			do := c.ready(w)
			w.restart() // nothing is kept from before
			w.tells("reading of randomness", do, func(n int) { b.set(n) }, func() (string, bool) {
				defer b.set(0)
				return "", b.hit
			}, errRandom)
			w = world(t)
			do = c.ready(w)
			w.restart()
			w.tells("statement", do, func(n int) { f.Set(n, false) }, func() (string, bool) {
				statement := f.Off()
				return statement, statement != ""
			}, fuse.ErrBlown)
			for name := range strings.FieldsSeq(c.reads) {
				w = world(t)
				do = c.ready(w)
				w.restart()
				_, err := past.ExecContext(t.Context(), faultTexts[name])
				must(t, err)
				var broken *json.SyntaxError
				if err := do(); !errors.As(err, &broken) {
					t.Errorf("with a broken %s: %v", name, err)
				}
			}
		})
	}
}

// tells lets one thing after the other fail until all went well.
func (w *world) tells(what string, do func() error, set func(n int), off func() (string, bool), cause error) {
	w.Helper()
	for n := 1; ; n++ {
		set(n)
		err := do()
		which, failed := off()
		switch {
		case !failed && err != nil:
			w.Errorf("after all faults: %v", err)
		case failed && strings.Contains(which, "problem_code"): // a hint for administrators, which may be lost
		case failed && !errors.Is(err, cause):
			w.Errorf("%s %d failed (%.80s), and the answer is %v", what, n, strings.Join(strings.Fields(which), " "), err)
		}
		if !failed {
			return
		}
	}
}

// Each method that could fail is among the calls.
func TestEveryCallIsTried(t *testing.T) {
	fails, withContext := reflect.TypeFor[error](), reflect.TypeFor[context.Context]()
	for m := range reflect.TypeFor[*oauth.Service]().Methods() {
		takes := m.Type.NumIn() > 1 && m.Type.In(1) == withContext
		if n := m.Type.NumOut(); !takes || n == 0 || m.Type.Out(n-1) != fails {
			continue
		}
		tried := false
		for _, c := range append(faultCalls, centerCalls...) {
			name, _, _ := strings.Cut(c.name, " ")
			tried = tried || name == m.Name
		}
		if !tried {
			t.Errorf("%s is not among the calls", m.Name)
		}
	}
}
