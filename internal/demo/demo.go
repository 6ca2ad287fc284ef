// Package demo owns the demo tenant: a fictional vendor with its people, customers and an OAuth client as an administrator
// would set it up for Claude. The same day always gives the same data.
//
// It works through the gate and the services only, in one transaction, so a demo is there whole or not at all.
package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/record"
)

// The tenant.
const (
	TenantName = "Northwind Metrics"
	TenantSlug = "northwind-metrics"
)

// Login is one person who can sign in.
type Login struct {
	First, Last, Email, Role, Password string

	Also string // a second role; "" for none
	Team string // name of the team; "" for none
}

// Name is the person's full name.
func (l Login) Name() string { return l.First + " " + l.Last }

// People are the six logins of the demo tenant. The passwords are public: demo mode listens on this machine only.
var People = []Login{
	{"Ada", "Lindqvist", "ada@northwind.example", "Administrator", "demo-ada-lindqvist", "", ""},
	{"Marcus", "Oyelaran", "marcus@northwind.example", "Manager", "demo-marcus-oyelaran", "", enterprise},
	{"Devi", "Raman", "devi@northwind.example", "Developer", "demo-devi-raman", "", ""},
	{"Carly", "Hart", "carly@northwind.example", "CSM", "demo-carly-hart", "", enterprise},
	{"Jonas", "Becker", "jonas@northwind.example", teamLead, "demo-jonas-becker", "", growth},
	{"Sofia", "Marchetti", "sofia@northwind.example", "CSM", "demo-sofia-marchetti", riskWatch, growth},
}

// Super is the super admin, who operates the installation and is in no tenant. Whoever seeds a demo makes the account.
var Super = Login{First: "Mira", Last: "Solberg", Email: "mira@operator.example", Role: "Super admin", Password: "demo-mira-solberg"}

// Logins are everybody who can sign in to a demo.
func Logins() []Login { return append(slices.Clone(People), Super) }

// The teams.
const (
	enterprise = "Enterprise"
	growth     = "Growth"
)

// Carly is the login that `mandorla ask` uses by itself.
var Carly = People[3]

// Registries reads and extends a tenant's registry; schema.Service is one.
type Registries interface {
	Base() *model.Registry
}

// Tenants keeps tenants and transactions; the store is one.
type Tenants interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	CreateTenant(ctx context.Context, id, name, slug string) error
}

// Seeder fills an empty installation.
type Seeder struct {
	Tenants    Tenants
	Registries Registries
	Gate       *record.Service
	Identity   *identity.Service
	NewID      func() string
	Today      time.Time // dates are relative to this day
	// Client makes the OAuth client as this administrator; it runs inside the same transaction.
	Client func(ctx context.Context, admin access.Principal) error
}

// Seed creates the tenant with everything in it and gives its id.
func (s Seeder) Seed(ctx context.Context) (tenant string, err error) {
	s.Today = s.Today.UTC().Truncate(24 * time.Hour)
	err = s.Tenants.InTx(ctx, func(ctx context.Context) error {
		tenant = s.NewID()
		if err := s.Tenants.CreateTenant(ctx, tenant, TenantName, TenantSlug); err != nil {
			return fmt.Errorf("create tenant: %w", err)
		}
		w := &writer{gate: s.Gate, operator: access.Operator(tenant, s.Registries.Base(), 0), today: s.Today}
		people, err := s.people(ctx, w, tenant)
		if err != nil {
			return err
		}
		if err := w.customers(ctx, people); err != nil {
			return err
		}
		admin, err := s.Identity.PrincipalFor(ctx, tenant, people[People[0].Email], access.SurfaceCommand)
		if err != nil {
			return fmt.Errorf("the administrator: %w", err)
		}
		return s.Client(ctx, admin)
	})
	return tenant, err
}

// people creates teams, User records, accounts and roles, and gives the User ids by e-mail.
func (s Seeder) people(ctx context.Context, w *writer, tenant string) (map[string]string, error) {
	roles, err := s.Identity.CreateDefaultRoles(ctx, w.operator, s.Registries.Base(), tenant)
	if err != nil {
		return nil, fmt.Errorf("create roles: %w", err)
	}
	if err := s.moreRoles(ctx, w.operator, roles); err != nil {
		return nil, err
	}
	teams := map[string]string{}
	for _, name := range []string{enterprise, growth} {
		if teams[name], err = w.create(ctx, "Team", values{"name": name, "description": "Looks after " + strings.ToLower(name) + " customers."}); err != nil {
			return nil, err
		}
	}
	users := map[string]string{}
	for _, p := range People {
		user, err := w.create(ctx, "User", values{
			"email": p.Email, "firstName": p.First, "lastName": p.Last, "nickName": p.First,
			"teams": ids(teams, p.Team), "inactive": false, "externalId": "hr-" + p.First,
		})
		if err != nil {
			return nil, err
		}
		given := []string{roles[p.Role].ID}
		if p.Also != "" {
			given = append(given, roles[p.Also].ID)
		}
		account, err := s.Identity.CreateAccount(ctx, identity.NewAccount{Email: p.Email, Password: p.Password, Operator: true})
		if err != nil {
			return nil, fmt.Errorf("account of %s: %w", p.Email, err)
		}
		if err := s.Identity.AddMember(ctx, w.operator, tenant, user, account.ID, given); err != nil {
			return nil, fmt.Errorf("roles of %s: %w", p.Email, err)
		}
		users[p.Email] = user
	}
	return users, nil
}

// ids is the list of one id by its name, nil for no name.
func ids(of map[string]string, name string) []any {
	if name == "" {
		return nil
	}
	return []any{of[name]}
}

type values map[string]any

// writer creates records as the operator.
type writer struct {
	gate     *record.Service
	operator access.Principal
	today    time.Time
}

func (w *writer) create(ctx context.Context, modelName string, v values) (string, error) {
	res, err := w.gate.Create(ctx, w.operator, record.Write{Model: modelName, Values: v})
	if err != nil {
		return "", fmt.Errorf("create %s: %w", modelName, err)
	}
	return res.ID, nil
}

// day gives the date so many days from today.
func (w *writer) day(offset int) string { return w.today.AddDate(0, 0, offset).Format(time.DateOnly) }
