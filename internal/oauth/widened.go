package oauth

import (
	"context"
	"fmt"

	"mandorla/internal/model"
)

// Widened gives the connections through a client of the tenant that would get something new by being authorized again: the client or
// the person's roles have become wider than what was accepted. A client whose permissions people pick has none.
func (s *Service) Widened(ctx context.Context, tenant, client string) (map[string]bool, error) {
	rec, err := s.clientOf(ctx, tenant, client)
	if err != nil {
		return nil, err
	}
	reg, err := s.Identity.Registries.Current(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("take registry: %w", err)
	}
	out := map[string]bool{}
	for after := ""; !rec.Dynamic; {
		page, err := s.Store.Standings(ctx, Which{Client: client, Alive: s.Now()}, after, standingsPage)
		if err != nil {
			return nil, fmt.Errorf("read connections: %w", err)
		}
		for _, st := range page {
			wider, err := s.widened(reg, st)
			if err != nil {
				return nil, err
			}
			if wider {
				out[st.Authorization.ID] = true
			}
		}
		if len(page) < standingsPage {
			break
		}
		after = page[len(page)-1].Authorization.ID
	}
	return out, nil
}

func (s *Service) widened(reg *model.Registry, st Standing) (bool, error) {
	if !st.alive(s.Now()) || st.Authorization.ConnectedAt.IsZero() {
		return false, nil
	}
	roles, err := s.Identity.DecodeRoles(st.Member)
	if err != nil {
		return false, err
	}
	c, err := s.decodeClient(st.Client)
	if err != nil {
		return false, err
	}
	accepted, err := s.sets.Decode(st.Authorization.SetText)
	if err != nil {
		return false, fmt.Errorf("authorization %s: %w", st.Authorization.ID, err)
	}
	return s.offered(c, roles, st).Gains(reg, accepted), nil
}

// LivingTokens counts the access tokens that work through a client of the tenant, by connection.
func (s *Service) LivingTokens(ctx context.Context, tenant, client string) (map[string]int, error) {
	if _, err := s.clientOf(ctx, tenant, client); err != nil {
		return nil, err
	}
	out, err := s.Store.LivingTokens(ctx, client, s.Now())
	if err != nil {
		return nil, fmt.Errorf("count tokens: %w", err)
	}
	return out, nil
}
