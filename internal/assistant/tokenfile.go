package assistant

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"mandorla/internal/fault"
)

// Saved is what is kept of a connection between two runs. It holds secrets.
type Saved struct {
	Server   string `json:"server"` // MCP endpoint
	ClientID string `json:"client_id"`
	Login    string `json:"login,omitempty"`

	Resource    string    `json:"resource"`
	Issuer      string    `json:"issuer"`
	Token       string    `json:"token_endpoint"`
	AuthMethods []string  `json:"auth_methods,omitempty"`
	Access      string    `json:"access_token"`
	Refresh     string    `json:"refresh_token,omitempty"`
	Expires     time.Time `json:"expires_at,omitzero"` // zero: unknown
	Scope       string    `json:"scope,omitempty"`
}

// TokenFiles keeps one file per server, client and login in a folder that only its owner can read. Several processes may use
// it at once: whoever changes a file holds its lock.
type TokenFiles struct {
	Dir string
}

// Key names the file of a connection.
func (TokenFiles) Key(server, clientID, login string) string {
	sum := sha256.Sum256([]byte(server + "\x00" + clientID + "\x00" + login))
	return hex.EncodeToString(sum[:16])
}

// Lock waits until no other process works on the connection. The lock goes with the process: a crash leaves none behind.
func (f TokenFiles) Lock(ctx context.Context, key string) (unlock func(), err error) {
	if err := f.makeDir(); err != nil {
		return nil, err
	}
	type result struct {
		unlock func()
		err    error
	}
	done := make(chan result, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(filepath.Join(f.Dir, key+".lock")).Lock()
		done <- result{unlock, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, f.problem("lock", r.err)
		}
		return r.unlock, nil
	case <-ctx.Done():
		go func() { // give back what is got too late
			if r := <-done; r.err == nil {
				r.unlock()
			}
		}()
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "Interrupted while another command was authorizing.")
	}
}

func (f TokenFiles) makeDir() error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return f.problem("make", err)
	}
	if err := os.Chmod(f.Dir, 0o700); err != nil { //nolint:gosec // a folder needs x
		return f.problem("protect", err)
	}
	return nil
}

func (f TokenFiles) problem(act string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fault.Wrap(fault.Unavailable, fmt.Errorf("%s: %w", act, err), "The folder for tokens, %s, cannot be used: %v. Make it writable for you.", f.Dir, err)
}

// Load gives the saved connection, nil where there is none or the file makes no sense.
func (f TokenFiles) Load(key string) (*Saved, error) {
	b, err := os.ReadFile(f.path(key))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, f.problem("read", err)
	}
	s := &Saved{}
	if json.Unmarshal(b, s) != nil || s.Access == "" {
		return nil, nil // half a file or another program's: authorizing again replaces it
	}
	return s, nil
}

// Save replaces the file at once, readable by its owner only. The caller holds the lock.
func (f TokenFiles) Save(key string, s *Saved) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write tokens: %w", err)
	}
	tmp, err := os.CreateTemp(f.Dir, key+".*.tmp") // mode 0600
	if err != nil {
		return f.problem("write", err)
	}
	_, err = tmp.Write(append(b, '\n'))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), f.path(key))
	}
	if err != nil {
		return errors.Join(f.problem("write", err), os.Remove(tmp.Name()))
	}
	return nil
}

// Delete forgets a connection. The caller holds the lock.
func (f TokenFiles) Delete(key string) error {
	if err := os.Remove(f.path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.problem("delete", err)
	}
	return nil
}

func (f TokenFiles) path(key string) string { return filepath.Join(f.Dir, key+".json") }
