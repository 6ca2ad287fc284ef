package oauth

import (
	"context"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/identity"
)

// logoSide is how many pixels wide and high a logo is at most.
const logoSide = 256

// SetClientLogo gives a client the picture in a file, drawn anew as a small PNG. What is wrong with the file is told as
// picture.Maker.Square does. Like a secret, a logo is no part of the client's version.
func (s *Service) SetClientLogo(ctx context.Context, by access.Principal, id string, file []byte) error {
	if err := identity.May(by, access.OAuthClient, access.Update); err != nil {
		return err
	}
	if _, err := s.clientOf(ctx, by.Tenant, id); err != nil { // before the work
		return err
	}
	png, err := s.logos.Square(ctx, file, logoSide)
	if err != nil {
		return err
	}
	return s.changeLogo(ctx, by, id, Logo{Hash: hash(string(png)), PNG: png})
}

// RemoveClientLogo takes a client's logo away; its address answers nothing any more.
func (s *Service) RemoveClientLogo(ctx context.Context, by access.Principal, id string) error {
	if err := identity.May(by, access.OAuthClient, access.Update); err != nil {
		return err
	}
	return s.changeLogo(ctx, by, id, Logo{})
}

func (s *Service) changeLogo(ctx context.Context, by access.Principal, id string, l Logo) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		rec, err := s.clientOf(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if rec.LogoHash == l.Hash {
			return nil
		}
		if err := s.Store.SetClientLogo(ctx, rec.Tenant, id, l); err != nil {
			return fmt.Errorf("set logo: %w", err)
		}
		act := "client.logo"
		if l.Hash == "" {
			act = "client.logo_removed"
		}
		return s.noteClient(ctx, by, rec, act, map[string]string{"before": rec.LogoHash, "logo": l.Hash})
	})
}

// ClientLogo gives the PNG of a client whose logo has this hash, fault.NotFound for any other. It is for everybody: whoever is to
// authorize an app sees its logo.
func (s *Service) ClientLogo(ctx context.Context, client, hash string) ([]byte, error) {
	if !clientIDForm(client) || !hashForm(hash) {
		return nil, errNoClient
	}
	return s.Store.ClientLogo(ctx, client, hash)
}
