package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// setupView is the Set-up tab of an OAuth client: the way to a working connection, step by step. What the server sees happen is ticked.
type setupView struct {
	Poll    string // address that gives the steps again, or nothing where they are as they were; "" once everything works
	Problem *kit.Notice
	Steps   []setupStep
}

type setupStep struct {
	Title, Text string
	Copies      []kit.Copy
	Form        *kit.Form // a value to bring here from the app
	Action      *kit.Button
	Done, Next  bool      // Next: the first that is not done
	At          time.Time // when it was seen; zero where the server cannot tell
	Seen        string    // what was seen, where it needs words
}

var sampleSetup = setupView{Poll: "/x", Problem: &kit.Notice{Title: "x"}, Steps: []setupStep{
	{Title: "One", Text: "x", Done: true, At: time.Unix(0, 0), Seen: "x", Copies: []kit.Copy{{ID: "c"}}, Form: &kit.Form{Action: "/"}, Action: &kit.Button{Label: "x"}}, {Title: "Two", Next: true},
}}

func (s *Server) getAppSetup(w http.ResponseWriter, v *visit) error {
	c, page, _, err := s.appTab(v, "setup")
	if err != nil {
		return err
	}
	if s.takeStored(w, v, c) {
		return s.done(w, v, "/apps/"+c.ID+"/setup", "")
	}
	view, err := s.setup(v, c)
	if err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, page, "app_setup", view)
}

// getAppSetupSteps gives the steps anew where something happened since the page was drawn.
func (s *Server) getAppSetupSteps(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	view, err := s.setup(v, c)
	if err != nil {
		return err
	}
	if v.r.URL.Query().Get("seen") == setupMark(c, view) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return s.kit.Fragment(w, http.StatusOK, s.part(v), "app_setup", "setup-steps", view)
}

// setupMark changes with everything that the steps show, but for how long ago it was.
func setupMark(c oauth.Client, view setupView) string {
	var said strings.Builder
	for _, step := range view.Steps {
		fmt.Fprintf(&said, "%t %s %d\n", step.Done, step.Seen, len(step.Copies))
	}
	if p := view.Problem; p != nil {
		fmt.Fprintf(&said, "%s %s %d", p.Title, p.Text, c.Problem.At.UnixMilli())
	}
	sum := sha256.Sum256([]byte(said.String()))
	return fmt.Sprintf("%d.%s", c.Version, hex.EncodeToString(sum[:6]))
}

func (s *Server) setup(v *visit, c oauth.Client) (setupView, error) {
	signs, err := s.OAuth.Signs(v.ctx())
	if err != nil {
		return setupView{}, err
	}
	seen := since(signs, c)
	app := setupName(c)
	view := setupView{Problem: s.setupProblem(c, seen), Steps: []setupStep{
		readyStep(v, c, app), s.addStep(c, app, seen), s.connectStep(v, c),
		{Title: "Authorize", Text: "Sign in as yourself, read what the app will get, and agree. The app fetches its tokens.", Done: !c.Steps.ExchangeFirst.IsZero(), At: c.Steps.ExchangeFirst},
		{Title: "Ask it something", Text: "Such as: “Which companies do I own?”", Done: !c.Steps.CallFirst.IsZero(), At: c.Steps.CallFirst},
	}}
	if view.Problem == nil {
		if view.Problem, err = s.tooFast(v, c); err != nil {
			return setupView{}, err
		}
	}
	if i := slices.IndexFunc(view.Steps, func(step setupStep) bool { return !step.Done }); i >= 0 {
		view.Steps[i].Next = true
	}
	if c.Steps.CallFirst.IsZero() || view.Problem != nil {
		view.Poll = "/apps/" + c.ID + "/setup/steps?seen=" + setupMark(c, view)
	}
	return view, nil
}

// setupName is what the guide calls the app.
func setupName(c oauth.Client) string {
	if p := presetOf(c); p.Key != "other" {
		return p.Label
	}
	return c.Name
}

// since leaves out the signs from before a client was made.
func since(signs map[oauth.SignKind]oauth.Sign, c oauth.Client) map[oauth.SignKind]oauth.Sign {
	out := map[oauth.SignKind]oauth.Sign{}
	for kind, one := range signs {
		if !one.At.Before(c.CreatedAt) {
			out[kind] = one
		}
	}
	return out
}

// readyStep is what is to be said about a client here, before anything is done in the assistant.
func readyStep(v *visit, c oauth.Client, app string) setupStep {
	step := setupStep{
		Title: "Say what " + app + " may do at most", Text: "Each teammate then gets what is shared by that and by their own role.",
		Done: len(c.RedirectURIs) > 0 && (len(c.Set) > 0 || c.Dynamic),
	}
	switch {
	case step.Done || !mayChangeApps(v):
	case len(c.RedirectURIs) == 0:
		step.Action = &kit.Button{Label: "Add a redirect URL", Href: "/apps/" + c.ID}
		step.Text = "It needs a redirect URL: the address at which the app is answered. " + step.Text
	default:
		step.Action = &kit.Button{Label: "Set permissions", Href: "/apps/" + c.ID + "/permissions"}
	}
	return step
}

// addStep is done once a program has read what this server says about itself: that is what an assistant does with the address first.
func (s *Server) addStep(c oauth.Client, app string, seen map[oauth.SignKind]oauth.Sign) setupStep {
	g, url := presetOf(c).Guide, s.Origin+oauth.PathMCP
	if c.Origin != oauth.Made {
		return selfSetup(c, app, url)
	}
	step := setupStep{Title: "Add this server to " + app, Text: g.Add, Done: !c.Steps.AuthorizeFirst.IsZero()}
	if g.Paste != nil {
		step.Copies = g.Paste(url, c.ID)
	} else {
		step.Copies = []kit.Copy{{ID: "mcp-url", Label: "MCP server URL", Value: url}}
	}
	if read, ok := seen[oauth.SignMetadata]; ok {
		step.Done, step.At, step.Seen = true, read.At, "This server's metadata was last read by "+readerWords(read.Agent)+"."
	}
	return step
}

// connectStep is done once the authorization page was asked for with the client's ID.
func (s *Server) connectStep(v *visit, c oauth.Client) setupStep {
	path, g := "/apps/"+c.ID, presetOf(c).Guide
	step := setupStep{Title: "Connect", Text: g.Connect, Done: !c.Steps.AuthorizeFirst.IsZero(), At: c.Steps.AuthorizeFirst}
	if c.Origin != oauth.Made { // it brings its own ID, has no secret, and says itself where it is answered
		return step
	}
	if g.ID {
		step.Copies = []kit.Copy{{ID: "client-id", Label: "Client ID", Value: c.ID}}
	}
	if c.Kind == oauth.Confidential {
		if secret := s.freshClientSecret(v, c); secret != "" {
			step.Copies = append(step.Copies, secretCopy(v, secret, path+"/setup"))
		} else if c.Steps.ExchangeFirst.IsZero() {
			step.Action = &kit.Button{Label: "Where the secret is", Href: path + "#credentials"}
		}
	}
	if g.Own != "" && mayChangeApps(v) {
		step.Form = ownRedirectForm(c, "", "")
	}
	return step
}

// ownRedirectForm takes the redirect URL that an app makes up for itself.
func ownRedirectForm(c oauth.Client, typed, problem string) *kit.Form {
	return &kit.Form{
		Action: "/apps/" + c.ID + "/setup/redirect", Submit: kit.Button{Label: "Add redirect URL", Icon: "plus"},
		Fields: []kit.Field{{
			Name: "redirectUri", Label: presetOf(c).Guide.Own, Value: typed, Error: problem, Mono: true, Check: redirectCheck, Required: true,
			Placeholder: "https://chatgpt.com/connector/oauth/…", Help: "Each app has its own, shown while you create it. Without it, ChatGPT gets no answer.",
		}},
	}
}

func (s *Server) postSetupRedirect(w http.ResponseWriter, v *visit) error {
	c, page, _, err := s.appTab(v, "setup")
	if err != nil {
		return err
	}
	path, typed := "/apps/"+c.ID+"/setup", strings.TrimSpace(v.r.PostForm.Get("redirectUri"))
	if slices.Contains(c.RedirectURIs, typed) {
		return s.done(w, v, path, "unchanged")
	}
	in := clientInput(c)
	in.RedirectURIs = append(slices.Clone(in.RedirectURIs), typed)
	if _, err = s.OAuth.UpdateClient(v.ctx(), v.who, c.ID, c.Version, in); err == nil {
		return s.done(w, v, path, "saved")
	}
	if !badInput(err) {
		return err
	}
	view, problem := setupView{}, "The redirect URL "+oauth.RedirectProblems(in.RedirectURIs)[len(in.RedirectURIs)-1]
	if view, err = s.setup(v, c); err != nil {
		return err
	}
	view.Steps[2].Form = ownRedirectForm(c, typed, problem)
	return s.kit.Render(w, http.StatusUnprocessableEntity, page, "app_setup", view)
}
