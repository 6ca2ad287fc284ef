package web

import (
	"net/http"

	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// redirectCheck is the address that says, while somebody types, what saving would say about redirect URLs.
const redirectCheck = "/apps/redirects"

// getRedirectCheck checks a list as typed, line by line.
func (s *Server) getRedirectCheck(w http.ResponseWriter, v *visit) error {
	typed := lines(v.r.URL.Query().Get("text"))
	return s.kit.Fragment(w, http.StatusOK, s.part(v), "app", "checks", checkedRedirects(typed))
}

func checkedRedirects(typed []string) []kit.CheckedLine {
	out := make([]kit.CheckedLine, len(typed))
	for i, problem := range oauth.RedirectProblems(typed) {
		out[i] = kit.CheckedLine{Line: typed[i], Text: problem, Good: problem == ""}
		switch {
		case problem != "":
		case oauth.RedirectLoopback(typed[i]):
			out[i].Text = "on the person's own machine, any port"
		default:
			out[i].Text = "exact match"
		}
	}
	return out
}
