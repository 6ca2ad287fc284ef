package web

import (
	"fmt"
	"net/http"
	"time"

	"mandorla/internal/access"
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
	Action      *kit.Button
	Done, Next  bool      // Next: the first that is not done
	At          time.Time // when it was first seen; zero where the server cannot tell
}

var sampleSetup = setupView{Poll: "/x", Problem: &kit.Notice{Title: "x"}, Steps: []setupStep{
	{Title: "One", Text: "x", Done: true, At: time.Unix(0, 0), Copies: []kit.Copy{{ID: "c"}}, Action: &kit.Button{Label: "x"}}, {Title: "Two", Next: true},
}}

func (s *Server) getAppSetup(w http.ResponseWriter, v *visit) error {
	c, page, _, err := s.appTab(v, "setup")
	if err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, page, "app_setup", s.setup(v, c))
}

// getAppSetupSteps gives the steps anew where something happened since the page was drawn.
func (s *Server) getAppSetupSteps(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	if v.r.URL.Query().Get("seen") == setupMark(c) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return s.kit.Fragment(w, http.StatusOK, s.shell(v, "apps", c.Name), "app_setup", "setup-steps", s.setup(v, c))
}

// setupMark changes with everything that the steps show.
func setupMark(c oauth.Client) string {
	return fmt.Sprintf("%d.%t%t%t.%d", c.Version, !c.Steps.AuthorizeFirst.IsZero(), !c.Steps.ExchangeFirst.IsZero(), !c.Steps.CallFirst.IsZero(), c.Problem.At.UnixMilli())
}

func (s *Server) setup(v *visit, c oauth.Client) setupView {
	path, preset := "/apps/"+c.ID, presetOf(c)
	app, g := preset.Label, preset.Guide
	if preset.Key == "other" {
		app = c.Name
	}
	add := setupStep{Title: "Add this server to " + app, Text: g.Add, Copies: g.Paste(s.Origin+oauth.PathMCP, c.ID), Done: !c.Steps.AuthorizeFirst.IsZero()}
	if c.Origin != oauth.Made {
		add = selfSetup(c, app, s.Origin+oauth.PathMCP)
	}
	if c.Kind == oauth.Confidential {
		add.Action = &kit.Button{Label: "Where the secret is", Href: path + "#credentials"}
	}
	view := setupView{Problem: setupProblem(c, s.Origin), Steps: []setupStep{
		readyStep(v, c, app), add,
		{Title: "Open the authorization page", Text: g.Then, Done: add.Done, At: c.Steps.AuthorizeFirst},
		{Title: "Authorize", Text: "Sign in as yourself, read what the app will get, and agree. The app fetches its tokens.", Done: !c.Steps.ExchangeFirst.IsZero(), At: c.Steps.ExchangeFirst},
		{Title: "Ask it something", Text: "Such as: “Which companies do I own?”", Done: !c.Steps.CallFirst.IsZero(), At: c.Steps.CallFirst},
	}}
	for i := range view.Steps {
		if !view.Steps[i].Done {
			view.Steps[i].Next = true
			break
		}
	}
	if c.Steps.CallFirst.IsZero() || view.Problem != nil {
		view.Poll = path + "/setup/steps?seen=" + setupMark(c)
	}
	return view
}

// readyStep is what is to be said about a client here, before anything is done in the assistant.
func readyStep(v *visit, c oauth.Client, app string) setupStep {
	step := setupStep{
		Title: "Say what " + app + " may do at most", Text: "Each teammate then gets what is shared by that and by their own role.",
		Done: len(c.RedirectURIs) > 0 && (len(c.Set) > 0 || c.Dynamic),
	}
	switch {
	case step.Done || !v.who.Manages(access.OAuthClient, access.Update):
	case len(c.RedirectURIs) == 0:
		step.Action = &kit.Button{Label: "Add a redirect URL", Href: "/apps/" + c.ID}
		step.Text = "It needs a redirect URL: the address at which the app is answered. " + step.Text
	default:
		step.Action = &kit.Button{Label: "Set permissions", Href: "/apps/" + c.ID + "/permissions"}
	}
	return step
}

// setupProblem is why the last try failed, unless something worked since.
func setupProblem(c oauth.Client, origin string) *kit.Notice {
	if own := selfNotice(c); own != nil && c.Approval != oauth.LetIn {
		return own
	}
	if !c.Enabled {
		return &kit.Notice{Tone: kit.Warn, Title: "This client is disabled", Text: "Nobody can authorize it. Enable it under General."}
	}
	if c.Problem == (oauth.Problem{}) || c.Problem.At.Before(c.Steps.CallLast) {
		return nil
	}
	title, text := problemWords(c, origin)
	return &kit.Notice{Tone: kit.Bad, Title: title, Text: text}
}
