package record

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

const (
	// maxColleagues is how many people of teams are named one by one in the rule of a portfolio; the database finds more than these by itself.
	maxColleagues = 256
	keptTeams     = 4096 // answers that are kept; all are dropped when there are more
)

// colleagues keeps who is in which teams. Each answer belongs to a version of the tenant's people, which a request is told with its
// first query and which grows with every change of who is in a team, so that no answer is ever stale. Safe for concurrent use.
type colleagues struct {
	mu   sync.Mutex
	kept map[string][]string
}

// of gives the ids of the people in the principal's teams where its team portfolio asks for them; nil leaves it to the database.
func (c *colleagues) of(ctx context.Context, store Store, reg *model.Registry, p access.Principal) ([]string, error) {
	if p.PeopleVersion == 0 || len(p.Teams) == 0 || !p.SeesTeams() {
		return nil, nil
	}
	key := p.Tenant + " " + strconv.FormatInt(p.PeopleVersion, 10) + " " + strings.Join(p.Teams, " ")
	c.mu.Lock()
	ids, ok := c.kept[key]
	c.mu.Unlock()
	if ok {
		return ids, nil
	}
	users, _ := reg.Model("User")
	rows, err := store.Select(ctx, query.Select{Tenant: p.Tenant, Model: users, Where: access.InTeams(users, p.Teams), Limit: maxColleagues + 1})
	if err != nil {
		return nil, fmt.Errorf("read teams: %w", err)
	}
	if len(rows) <= maxColleagues {
		ids = make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept)%keptTeams == 0 { // none yet, or too many
		c.kept = map[string][]string{}
	}
	c.kept[key] = ids
	return ids, nil
}
