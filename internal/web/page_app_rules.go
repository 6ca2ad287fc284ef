package web

import (
	"fmt"
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

const pathRules = "/apps/self-registering"

// appRulesView is which apps that register themselves the tenant lets in, and what they may do at most.
type appRulesView struct {
	Notice *kit.Notice
	Form   kit.Form
	Matrix kit.Matrix
}

var sampleAppRules = appRulesView{Notice: &kit.Notice{}, Form: kit.Form{Action: "/", SaveBar: &kit.SaveBar{}}, Matrix: sampleAppPermissions.Matrix}

func (s *Server) getAppRules(w http.ResponseWriter, v *visit) error {
	p, err := s.OAuth.Policy(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	var asked, done bool
	if p.Set, asked, done, err = s.startSet(w, v, p.Set, access.DataOnly); err != nil || done {
		return err
	}
	return s.showAppRules(w, v, http.StatusOK, p, asked, nil)
}

func (s *Server) showAppRules(w http.ResponseWriter, v *visit, status int, p oauth.Policy, dirty bool, problem error) error {
	page, _, err := s.appCenter(v, "rules")
	if err != nil {
		return err
	}
	allowed, err := s.OAuth.Allowed(v.ctx())
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	sources, err := s.copySources(v)
	if err != nil {
		return err
	}
	clients, err := s.OAuth.Clients(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	page.Lead = rulesWords(p, allowed)
	view := appRulesView{Matrix: matrixOf(reg, p.Set), Form: rulesForm(p, allowed)}
	if view.Matrix.ReadOnly = !mayLetIn(v); view.Matrix.ReadOnly {
		for i := range view.Form.Fields {
			view.Form.Fields[i].Disabled = true
		}
	} else {
		view.Form.SaveBar = &kit.SaveBar{Discard: pathRules, Dirty: dirty, Note: rulesNote(clients)}
		view.Matrix.Presets, view.Matrix.CopyFrom = presetLinks(pathRules), copyLinks(pathRules, "", sources)
	}
	if !allowed.Documents && !allowed.Registration {
		view.Notice = &kit.Notice{Tone: kit.Info, Title: "Apps cannot register themselves on this installation", Text: "Whoever operates it has switched that off, so these rules have no effect. Apps that you make in the App Center work as ever."}
	}
	placeErrors(&view.Form, problem)
	return s.kit.Render(w, status, page, "app_rules", view)
}

func mayLetIn(v *visit) bool {
	return v.who.Manages(access.OAuthClient, access.Create) && v.who.Manages(access.OAuthClient, access.Update)
}

func rulesForm(p oauth.Policy, allowed oauth.Allowed) kit.Form {
	option := func(now, rule oauth.Rule, label, help string) kit.Option {
		return kit.Option{Value: string(rule), Label: label, Help: help, Selected: now == rule}
	}
	documents := kit.Field{
		Kind: kit.FieldRadio, Name: "documents", Label: "Apps that identify themselves by a document on their own website",
		Help: "Claude, ChatGPT, Claude Code and VS Code do. The website's address is the proof of who an app is; nothing has to be pasted.",
		Options: []kit.Option{
			option(p.Documents, oauth.RuleOff, "None", ""),
			option(p.Documents, oauth.RuleListed, "Of the websites below", "Each teammate may connect them at once; all others are turned away."),
			option(p.Documents, oauth.RuleAsk, "Of any website", "Those below at once; any other app waits until an administrator approves it."),
		},
	}
	registered := kit.Field{
		Kind: kit.FieldRadio, Name: "registered", Label: "Apps that register by themselves, without a website to vouch for them",
		Help: "Older MCP clients do. Anybody can register under any name, so look closely at where such an app sends people back to.",
		Options: []kit.Option{
			option(p.Registered, oauth.RuleOff, "None", ""),
			option(p.Registered, oauth.RuleAsk, "With approval", "Each waits until an administrator approves it."),
			option(p.Registered, oauth.RuleAtOnce, "At once", "Each teammate decides alone."),
		},
	}
	if !allowed.Documents {
		documents.Help = "Whoever operates this installation has switched these off, so this has no effect."
	}
	if !allowed.Registration {
		registered.Help = "Whoever operates this installation has switched these off, so this has no effect."
	}
	return kit.Form{ID: "rules", Action: pathRules, Hidden: []kit.Hidden{{Name: "version", Value: fmt.Sprint(p.Version)}}, Fields: []kit.Field{
		documents,
		{Kind: kit.FieldList, Name: "hosts", Label: "Websites", Lines: p.Hosts, Rows: max(4, len(p.Hosts)+1), Placeholder: "claude.ai", Help: "One host name a line, matched exactly: a name below it is another one."},
		registered,
	}}
}

// rulesWords says the rules in one or two sentences.
func rulesWords(p oauth.Policy, allowed oauth.Allowed) string {
	listed := access.Listed(p.Hosts, "and")
	words := "No app may identify itself by a document of its own."
	switch {
	case !allowed.Documents || p.Documents == oauth.RuleOff:
	case p.Documents == oauth.RuleListed && listed == "":
		words = "No website is listed, so no app may identify itself by a document of its own."
	case p.Documents == oauth.RuleListed:
		words = "Teammates may connect apps of " + listed + " without an administrator."
	case listed == "":
		words = "Apps of any website may ask; an administrator approves each."
	default:
		words = "Teammates may connect apps of " + listed + "; for apps of other websites an administrator decides."
	}
	switch {
	case !allowed.Registration || p.Registered == oauth.RuleOff:
		return words + " Apps without a website to vouch for them are turned away."
	case p.Registered == oauth.RuleAsk:
		return words + " Apps that merely register wait for an administrator."
	}
	return words + " Apps that merely register may be connected by anybody."
}

func rulesNote(clients []oauth.Client) string {
	in, follow := 0, 0
	for _, c := range clients {
		if c.Approval == oauth.LetIn {
			in++
		}
		if c.Follows {
			follow++
		}
	}
	if in+follow == 0 {
		return "No app has come by these rules yet."
	}
	var said []string
	if in > 0 {
		said = append(said, countOf(in, "app is", "apps are")+" let in by these rules: what they let in no more waits, and its connections end.")
	}
	if follow > 0 {
		said = append(said, countOf(follow, "app follows", "apps follow")+" the permissions: less works at the next call.")
	}
	return strings.Join(said, " ")
}

func (s *Server) postAppRules(w http.ResponseWriter, v *visit) error {
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	form := v.r.PostForm
	made, err := version(form)
	if err != nil || form.Get("matrix") == "" { // a form cut short must not read as "nothing is allowed"
		return errOldForm
	}
	before, err := s.OAuth.Policy(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	p := oauth.Policy{
		Documents: oauth.Rule(form.Get("documents")), Registered: oauth.Rule(form.Get("registered")), Version: made,
		Set: readMatrix(reg, form, before.Set),
	}
	for _, host := range lines(form.Get("hosts")) {
		p.Hosts = append(p.Hosts, strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(host), "https://"), "/"))
	}
	_, err = s.OAuth.SetPolicy(v.ctx(), v.who, p)
	switch {
	case fault.Is(err, fault.Conflict):
		return s.showAppRules(w, v, http.StatusConflict, p, true, err)
	case badInput(err):
		return s.showAppRules(w, v, http.StatusUnprocessableEntity, p, true, err)
	case err != nil:
		return err
	}
	return s.done(w, v, pathRules, "saved")
}
