// Package web owns the platform's pages: sign in, home, data and record pages, App Center, OAuth client, roles, profile and the
// authorization page. It translates between forms and services and decides nothing: permissions are the gate's, sign-in is
// identity's, the authorization server's rules are oauth's, and the look is internal/web/kit's.
//
// One page is one file page_<name>.go with its routes, handlers and view struct, and templates/pages/<name>.html beside it. Every
// write works as a plain form with a CSRF token and answers 303. Package app mounts the Server; it never imports store.
package web

import (
	"context"
	"embed"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/console"
	"mandorla/internal/customfield"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/people"
	"mandorla/internal/privateapp"
	"mandorla/internal/record"
	"mandorla/internal/web/assets"
	"mandorla/internal/web/kit"
)

//go:embed templates
var templates embed.FS

// Registries gives the registry snapshot of a tenant; schema.Service is one. Only administrators' pages use it, to
// name models that the administrator may not view.
type Registries = record.Registries

// Options are what a Server is made of. All but Console, ClientIP, Logger and Demo are required.
type Options struct {
	Gate       *record.Service
	Identity   *identity.Service
	OAuth      *oauth.Service
	Apps       *privateapp.Service
	Fields     *customfield.Service
	Calls      *audit.Calls
	Console    *console.Service // nil: there is no console
	Registries Registries
	Origin     string // "https://mandorla.example.com": no path, no trailing slash
	Now        func() time.Time
	Rand       io.Reader    // cryptographic randomness; nil: OAuth's
	Logger     *slog.Logger // nil: nothing is logged
	// People invites people and resets passwords; nil: with links only, without mail.
	People *people.Service
	// Tools gives what a connection of this principal is told that it can do; nil: that is not shown.
	Tools func(context.Context, access.Principal) (Toolbox, error)
	// ClientIP tells who is at the other end, past trusted proxies; nil takes the connection's address.
	ClientIP func(*http.Request) string
	// Demo marks a demo installation: a bar above every page, and logins offered on the sign-in page.
	Demo *Demo
}

// Demo is what the pages of a demo installation say.
type Demo struct {
	Notice string
	Logins []DemoLogin
}

// DemoLogin is one person whose password the sign-in page gives away.
type DemoLogin struct{ Name, Role, Email, Password string }

// Server serves every page. Safe for concurrent use.
type Server struct {
	Options
	kit     *kit.Kit
	mux     *http.ServeMux
	routes  []string
	origin  *url.URL
	cross   *http.CrossOriginProtection
	cookies cookies
}

// New checks the options and every template. The error names what is wrong.
func New(o Options) (*Server, error) {
	if o.Gate == nil || o.Identity == nil || o.OAuth == nil || o.Apps == nil || o.Fields == nil || o.Calls == nil || o.Registries == nil || o.Now == nil {
		return nil, errors.New("web: Gate, Identity, OAuth, Apps, Fields, Calls, Registries and Now are required")
	}
	origin, err := url.Parse(o.Origin)
	if err != nil || origin.Host == "" || origin.Path != "" || origin.Scheme != "https" && origin.Scheme != "http" {
		return nil, fmt.Errorf("web: origin %q is not like https://host", o.Origin)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		o.Rand = o.OAuth.Rand
	}
	if o.People == nil {
		o.People = people.New(people.Options{Gate: o.Gate, Identity: o.Identity, Origin: o.Origin, Now: o.Now, Log: o.Logger})
	}
	if o.ClientIP == nil {
		o.ClientIP = connectionIP
	}
	k, err := kit.New(o.Now, o.Rand, kit.Pages{FS: templates, Views: samples()})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s := &Server{
		Options: o, kit: k, mux: http.NewServeMux(), origin: origin,
		cross: http.NewCrossOriginProtection(), cookies: newCookies(origin),
	}
	s.register()
	return s, nil
}

// random gives 26 characters that nobody can guess.
func (s *Server) random() (string, error) {
	raw := make([]byte, 16)
	if _, err := io.ReadFull(s.Rand, raw); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw), nil
}

func connectionIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// register lists every route: reading it is reading the product's pages.
func (s *Server) register() {
	s.handle("GET "+assets.Prefix, assets.Handler())
	s.handle("GET /logos/{client}/{file}", http.HandlerFunc(s.getLogo))
	s.handle("GET /favicon.ico", http.RedirectHandler(assets.URL("favicon.svg"), http.StatusSeeOther))

	s.open("GET /signin", s.getSignIn)
	s.open("POST /signin", s.postSignIn)
	s.open("GET /forgot", s.getForgot)
	s.open("POST /forgot", s.postForgot)
	s.open("GET "+people.PathReset, s.getReset)
	s.open("POST "+people.PathReset, s.postReset)
	s.open("GET "+people.PathInvitation, s.getInvitation)
	s.open("POST "+people.PathInvitation, s.postInvitation)
	s.own("POST /signout", s.postSignOut)
	s.page("POST /tenant", s.postTenant)
	s.openForm("POST /theme", kit.ThemeHandler())

	s.open("GET /oauth/authorize", s.getAuthorize)
	s.page("GET /oauth/authorize/{request}", s.getAuthorizePage)
	s.page("POST /oauth/authorize/decision", s.postDecision)
	s.page("POST /oauth/authorize/tenant", s.postAuthorizeTenant)
	s.page("POST /oauth/authorize/switch", s.postSwitchPerson)

	s.seen("GET /{$}", s.getHome)
	s.seen("GET /data/{model}", s.getData)
	s.seen("GET /data/{model}/filter", s.getDataFilter)
	s.seen("GET /data/{model}/{id}", s.getRecord)

	client, private := access.OAuthClient, access.PrivateApp
	s.managed("GET /apps", client, access.View, s.getApps)
	s.either("GET /apps/new", access.Create, s.getAppNew)
	s.managed("POST /apps/new", client, access.Create, s.postAppNew)
	s.managed("GET "+redirectCheck, client, access.Update, s.getRedirectCheck)
	s.managed("GET "+pathRules, client, access.View, s.getAppRules)
	s.managed("POST "+pathRules, client, access.Update, s.postAppRules)
	s.managed("GET /apps/{id}", client, access.View, s.getApp)
	s.managed("POST /apps/{id}/decision", client, access.Update, s.postAppDecision)
	s.managed("GET /apps/{id}/setup", client, access.View, s.getAppSetup)
	s.managed("GET /apps/{id}/setup/steps", client, access.View, s.getAppSetupSteps)
	s.managed("GET /apps/{id}/activity", client, access.View, s.getAppActivity)
	s.managed("POST /apps/{id}", client, access.Update, s.postApp)
	s.managed("POST /apps/{id}/logo", client, access.Update, s.postAppLogo)
	s.managed("POST /apps/{id}/logo/remove", client, access.Update, s.postAppLogoRemove)
	s.managed("POST /apps/{id}/setup/redirect", client, access.Update, s.postSetupRedirect)
	s.managed("POST /apps/{id}/secret", client, access.Update, s.postAppSecret)
	s.managed("POST /apps/{id}/disabled", client, access.Update, s.postAppDisabled)
	s.managed("POST /apps/{id}/delete", client, access.Remove, s.postAppDelete)
	s.managed("GET /apps/{id}/permissions", client, access.View, s.getAppPermissions)
	s.managed("POST /apps/{id}/permissions", client, access.Update, s.postAppPermissions)
	s.managed("POST /apps/{id}/permissions/preview", client, access.Update, s.postAppPreview)
	s.managed("GET /apps/{id}/connections", client, access.View, s.getAppConnections)
	s.managed("POST /apps/{id}/connections/end", client, access.Update, s.postAppConnectionEnd)
	s.managed("POST /apps/{id}/connections/end-all", client, access.Update, s.postAppConnectionsEnd)

	s.admin("GET /settings/view-as", s.getViewAs)
	s.admin("POST /settings/view-as", s.postViewAs)
	s.own("POST /view-as/stop", s.postStopViewing)
	s.seen("GET /tools", s.getViewTools)

	s.managed("GET /private-apps", private, access.View, s.getPrivateApps)
	s.managed("GET /private-apps/new", private, access.Create, s.getPrivateNew)
	s.managed("POST /private-apps/new", private, access.Create, s.postPrivateNew)
	s.managed("GET /private-apps/{id}", private, access.View, s.getPrivateApp)
	s.managed("POST /private-apps/{id}", private, access.Update, s.postPrivateApp)
	s.managed("POST /private-apps/{id}/tokens", private, access.Update, s.postPrivateToken)
	s.managed("POST /private-apps/{id}/tokens/revoke", private, access.Update, s.postPrivateRevoke)
	s.managed("POST /private-apps/{id}/disabled", private, access.Update, s.postPrivateDisabled)
	s.managed("POST /private-apps/{id}/delete", private, access.Remove, s.postPrivateDelete)
	s.managed("GET /private-apps/{id}/permissions", private, access.View, s.getPrivatePermissions)
	s.managed("POST /private-apps/{id}/permissions", private, access.Update, s.postPrivatePermissions)
	s.managed("GET /private-apps/{id}/logs", private, access.View, s.getPrivateLogs)

	field := access.CustomField
	s.page("GET /settings", s.getSettings)
	s.managed("GET "+pathDataModel, field, access.View, s.getDataModel)
	s.managed("GET "+pathDataModel+"/{model}", field, access.View, s.getModel)
	s.managed("GET "+pathDataModel+"/{model}/new", field, access.Create, s.getFieldNew)
	s.managed("POST "+pathDataModel+"/{model}/new", field, access.Create, s.postFieldNew)
	s.managed("GET "+pathDataModel+"/{model}/{field}", field, access.View, s.getField)
	s.managed("POST "+pathDataModel+"/{model}/{field}", field, access.Update, s.postField)
	s.managed("GET "+pathDataModel+"/{model}/{field}/remove", field, access.Remove, s.getFieldRemove)
	s.managed("POST "+pathDataModel+"/{model}/{field}/remove", field, access.Remove, s.postFieldRemove)
	s.settings("GET /settings/roles", s.getRoles)
	s.settings("GET /settings/roles/{id}", s.getRole)
	s.settings("GET /settings/roles/{id}/people", s.getRolePeople)
	s.settings("GET /settings/people", s.getPeople)
	s.admin("GET /settings/people/invite", s.getInvite)
	s.admin("POST /settings/people/invite", s.postInvite)
	s.admin("POST /settings/people/invitations/{id}/send", s.postInvitationSend)
	s.admin("POST /settings/people/invitations/{id}/link", s.postInvitationLink)
	s.admin("POST /settings/people/invitations/{id}/withdraw", s.postInvitationWithdraw)
	s.admin("POST /settings/people/{user}/reset", s.postPersonReset)
	s.admin("GET /settings/people/{user}", s.getPerson)
	s.admin("POST /settings/people/{user}", s.postPerson)
	s.admin("GET /settings/roles/filter", s.getPortfolioFilter)
	s.admin("GET /settings/roles/reach", s.getReach)
	s.admin("POST /settings/roles/{id}", s.postRole)
	s.admin("POST /settings/roles/{id}/preview", s.postRolePreview)
	s.admin("POST /settings/roles/{id}/clone", s.postRoleClone)
	s.admin("POST /settings/roles/{id}/people/give", s.postRoleGive)
	s.admin("POST /settings/roles/{id}/people/take", s.postRoleTake)
	s.admin("GET /settings/roles/{id}/remove", s.getRoleRemove)
	s.admin("POST /settings/roles/{id}/delete", s.postRoleDelete)
	s.admin("GET /settings/explain", s.getExplain)

	s.page("GET /profile", s.getProfile)
	s.page("POST /profile/password", s.postPassword)
	s.page("POST /profile/sessions/end", s.postSessionEnd)
	s.page("POST /profile/applications/end", s.postApplicationEnd)
	s.page("GET /profile/applications/{id}", s.getApplication)
	s.page("POST /profile/applications/{id}/narrow", s.postApplicationNarrow)

	s.managed("GET /published-apps/{id}", client, access.View, s.getPublished)
	s.managed("GET /published-apps/{id}/activity", client, access.View, s.getPublishedActivity)
	s.managed("POST /published-apps/{id}/shut-out", client, access.Update, s.postShutOut)
	s.managed("POST /published-apps/{id}/connections/end", client, access.Update, s.postPublishedEnd)

	s.super("GET /console", s.getConsole)
	s.super("GET /console/tenants/new", s.getTenantNew)
	s.super("POST /console/tenants/new", s.postTenantNew)
	s.super("GET /console/tenants/{tenant}", s.getTenant)
	s.super("POST /console/tenants/{tenant}", s.postTenantName)
	s.super("POST /console/tenants/{tenant}/status", s.postTenantStatus)
	s.super("POST /console/tenants/{tenant}/invitations/{invitation}", s.postTenantInvitation)
	s.super("GET /console/clients/{id}", s.getClientReach)
	s.super("POST /console/clients/{id}", s.postClientReach)
	s.super("GET /console/registration", s.getConsoleRegistration)
	s.super("POST /console/registration", s.postConsoleRegistration)
	s.super("GET /console/admins", s.getSupers)
	s.super("POST /console/admins", s.postSupers)
	s.super("POST /console/admins/remove", s.postSuperRemove)
	s.super("GET /console/log", s.getConsoleLog)
}

// Routes lists the registered patterns, for the tests that crawl all of them.
func (s *Server) Routes() []string { return s.routes }

// Sensitive lists the patterns of writes that want the password to have been given recently.
func (s *Server) Sensitive() []string { return slices.Sorted(maps.Keys(sensitive)) }

func (s *Server) handle(pattern string, h http.Handler) {
	s.routes = append(s.routes, pattern)
	s.mux.Handle(pattern, h)
}

// samples has one view for every page: kit executes each once at start.
func samples() map[string]any {
	return map[string]any{
		"signin":               sampleSignIn,
		"home":                 sampleHome,
		"data":                 sampleData,
		"record":               sampleRecord,
		"apps":                 sampleApps,
		"app_new":              sampleAppNew,
		"app":                  sampleApp,
		"app_permissions":      sampleAppPermissions,
		"app_connections":      sampleAppConnections,
		"app_rules":            sampleAppRules,
		"not_let_in":           sampleNotLetIn,
		"private_app":          samplePrivateApp,
		"private_new":          samplePrivateNew,
		"calls":                sampleCalls,
		"app_setup":            sampleSetup,
		"view_as":              sampleViewAs,
		"view_tools":           sampleViewTools,
		"authorize":            sampleAuthorize,
		"leave":                sampleLeave,
		"roles":                sampleRoles,
		"role":                 sampleRole,
		"explain":              sampleExplain,
		"role_people":          sampleRolePeople,
		"role_remove":          sampleRoleRemove,
		"data_model":           sampleDataModel,
		"model":                sampleModel,
		"field":                sampleField,
		"field_remove":         sampleFieldRemove,
		"people":               samplePeople,
		"person":               samplePerson,
		"profile":              sampleProfile,
		"link":                 sampleLink,
		"invite":               sampleInvite,
		"confirm":              sampleConfirm,
		"application":          sampleApplication,
		"published":            samplePublished,
		"console":              sampleConsole,
		"console_new":          sampleTenantNew,
		"console_tenant":       sampleTenant,
		"console_client":       sampleClientReach,
		"console_admins":       sampleSupers,
		"console_registration": sampleConsoleRegistration,
		"console_log":          sampleConsoleLog,
	}
}

// registry gives the snapshot that the visit's principal was read with.
func (s *Server) registry(v *visit) (*model.Registry, error) {
	reg, err := s.Registries.Registry(v.ctx(), v.who.Tenant, v.who.RegistryVersion)
	if err != nil {
		return nil, fmt.Errorf("take registry: %w", err)
	}
	return reg, nil
}
