package oauth_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
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

func (b *brittle) set(n int) {
	if b.left = n; n > 0 {
		b.hit = false
	}
}

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
	"client": `UPDATE sys_oauth_client SET set_json = '{'`,
	"authorization": `INSERT INTO sys_permission_set (tenant_id, hash, set_json, asked_at)
		SELECT DISTINCT tenant_id, 'broken', '{', 0 FROM sys_oauth_authorization WHERE 1 = 1 ON CONFLICT (tenant_id, hash) DO NOTHING;
		UPDATE sys_oauth_authorization SET set_hash = 'broken'`,
	"role":    `UPDATE sys_role SET set_json = '{'`,
	"shown":   `UPDATE sys_oauth_pending SET shown = '{'`,
	"policy":  `UPDATE sys_oauth_policy SET set_json = '{'`,
	"allowed": `UPDATE sys_setting SET value = '{' WHERE name = 'oauth_registration'`,
}

// TestEveryCallTells lets everything fail that a call depends on, one after the other: each statement, each reading of randomness, each
// stored text. The call tells of it, with the cause, and works when the fault is over.
func TestEveryCallTells(t *testing.T) {
	f, b := &fuse.Fuse{}, &brittle{}
	st := openStore(t, "sqlite", f.Wrap)
	past := f.DB()
	t.Cleanup(func() { must(t, past.Close()) })
	for _, c := range append(faultCalls, centerCalls...) {
		t.Run(c.name, func(t *testing.T) {
			prepared := func() (*world, func() error) {
				w := newWorld(t, st, withSite, func(o *oauth.Options) { o.Rand = b })
				w.first()
				do := c.ready(w)
				w.restart() // nothing is kept from before
				return w, do
			}
			_, do := prepared()
			for n := 1; ; n++ {
				b.set(n)
				err := do()
				if b.set(0); !b.hit {
					must(t, err)
					break
				}
				if !errors.Is(err, errRandom) {
					t.Errorf("reading %d of randomness failed, and the answer is %v", n, err)
				}
			}
			w, do := prepared()
			w.eachStatement(f, c.name, do)
			for name := range strings.FieldsSeq(c.reads) {
				_, do = prepared()
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

// eachStatement lets one statement after the other fail until none is left. A call does not go on after a fault, but for Flush, which
// writes one kind where another cannot be written. After a refusal the token endpoint leaves a hint for administrators, which may be lost.
func (w *world) eachStatement(f *fuse.Fuse, name string, do func() error) {
	w.Helper()
	for n := 1; ; n++ {
		f.Set(n, false)
		err := do()
		statement := f.Off()
		what := fmt.Sprintf("statement %d (%.80s)", n, strings.Join(strings.Fields(statement), " "))
		switch {
		case statement == "":
			must(w.T, err)
			return
		case err == nil && f.Committed() && strings.HasPrefix(name, "token: a "):
		case !errors.Is(err, fuse.ErrBlown):
			w.Errorf("%s failed, and the answer is %v", what, err)
		case f.Later() > 0 && name != "Flush":
			w.Errorf("%s failed, and %d more came after it", what, f.Later())
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
