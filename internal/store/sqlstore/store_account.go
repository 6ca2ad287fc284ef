package sqlstore

import (
	"context"

	"mandorla/internal/identity"
)

const accountColumns = `a.id, a.email, a.super, a.disabled, a.epoch, a.created_at`

// accountScan collects accountColumns.
type accountScan struct {
	id, email       string
	super, disabled int
	epoch, created  int64
}

func (a *accountScan) dest() []any {
	return []any{&a.id, &a.email, &a.super, &a.disabled, &a.epoch, &a.created}
}

func (a *accountScan) account() identity.Account {
	return identity.Account{ID: a.id, Email: a.email, Super: a.super != 0, Disabled: a.disabled != 0, Epoch: a.epoch, CreatedAt: instant(a.created)}
}

// InsertAccount is part of identity.Store.
func (s *Store) InsertAccount(ctx context.Context, a identity.Account, passwordHash string) error {
	_, err := s.exec(ctx, `INSERT INTO sys_account (id, email, password_hash, super, disabled, epoch, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Email, passwordHash, flag(a.Super), flag(a.Disabled), a.Epoch, millis(a.CreatedAt))
	return s.conflict(err, "There is an account with the address %s already.", a.Email)
}

// AccountByEmail is part of identity.Store.
func (s *Store) AccountByEmail(ctx context.Context, email string) (identity.Account, string, error) {
	var a accountScan
	var hash string
	err := s.queryRow(ctx, `SELECT `+accountColumns+`, a.password_hash FROM sys_account a WHERE a.email = ?`, email).Scan(append(a.dest(), &hash)...)
	return a.account(), hash, missing(err, "There is no account with this address.")
}

// AccountByID is part of identity.Store.
func (s *Store) AccountByID(ctx context.Context, id string) (identity.Account, error) {
	var a accountScan
	err := s.queryRow(ctx, `SELECT `+accountColumns+` FROM sys_account a WHERE a.id = ?`, id).Scan(a.dest()...)
	return a.account(), missing(err, "There is no such account.")
}

// SetPasswordHash is part of identity.Store.
func (s *Store) SetPasswordHash(ctx context.Context, account, hash string, endAll bool) error {
	res, err := s.exec(ctx, `UPDATE sys_account SET password_hash = ?, epoch = epoch + ? WHERE id = ?`, hash, flag(endAll), account)
	return changed(res, err, "There is no such account.")
}

// SetAccountDisabled is part of identity.Store.
func (s *Store) SetAccountDisabled(ctx context.Context, account string, disabled bool) error {
	res, err := s.exec(ctx, `UPDATE sys_account SET disabled = ?, epoch = epoch + 1 WHERE id = ?`, flag(disabled), account)
	return changed(res, err, "There is no such account.")
}

// SetAccountSuper is part of identity.Store.
func (s *Store) SetAccountSuper(ctx context.Context, account string, super bool) error {
	res, err := s.exec(ctx, `UPDATE sys_account SET super = ? WHERE id = ?`, flag(super), account)
	return changed(res, err, "There is no such account.")
}
