package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// nobody is a client that no server has, nothing a code that none has given.
const (
	nobody  = "pk_doctor-asks-for-nobody"
	nothing = "doctor-asks-with-nothing"
)

// challenge is the S256 challenge of the example in RFC 7636, appendix B. No code is ever given for it.
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

// problemCode is how an error page of the server shows its code, see docs/troubleshooting.md.
func problemCode(code string) string { return "problem <code>" + code + "</code>" }

// checkAuthorize opens the authorization page as the assistant would send a browser to it, but for prompt=none: what is wrong with client,
// redirect address and request is said all the same, and nothing is kept of a request that asks for no page.
func checkAuthorize(ctx context.Context, e *examination) Result {
	q := url.Values{
		"response_type": {"code"}, "client_id": {e.Client}, "redirect_uri": {e.Redirect}, "state": {"doctor"}, "prompt": {"none"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}, "resource": {e.url.String()},
	}
	a, err := e.ask(ctx, question{method: http.MethodGet, url: e.metadata.Authorize + "?" + q.Encode(), accept: "text/html"})
	if err != nil {
		return bad("The authorization page does not answer: "+cause(err)+".", "The connection ended without an answer.", "Look at the log of the proxy.")
	}
	if to := a.Header.Get("Location"); strings.HasPrefix(to, e.Redirect) {
		return redirected(e, to)
	}
	switch {
	case strings.Contains(a.text, problemCode("unknown-client")):
		return bad("The server does not know the client "+clip(e.Client)+", or it is disabled.", "A stranger is not told which. The ID may be of another installation (a demo), mistyped, or of a client that was deleted.", "Copy the client ID from App Center → the client → General, and see there whether it is enabled.")
	case strings.Contains(a.text, problemCode("redirect-not-registered")):
		return bad("The client may not be answered at "+clip(e.Redirect)+".", "That address is not among its redirect URLs; they are compared as they stand.", "Add it in App Center → the client → General.")
	case strings.Contains(a.text, "login_required"):
		return fine("The authorization page knows the client and the redirect URL.")
	case a.StatusCode == http.StatusTooManyRequests:
		return bad("The server answers 429.", "Too many authorization requests came from this network.", "Try again in a minute.")
	}
	if strings.HasPrefix(a.Header.Get("Location"), "/signin") {
		return fine("The authorization page asks its visitor to sign in first: it says no more to a stranger about an app that registers itself.")
	}
	return bad("The authorization page answers "+a.brief()+".", "That is none of the answers that this server gives.", "See whether the proxy answers in its place, and look at its log.")
}

// redirected reads what the client would be told. To be asked to sign in is all that there is to say against a good request.
func redirected(e *examination, to string) Result {
	u, err := url.Parse(to)
	if err != nil {
		return bad("The authorization page leads to an address that cannot be read.", "The answer was changed on the way.", "Look at the log of the proxy.")
	}
	switch code := u.Query().Get("error"); code {
	case "login_required", "interaction_required", "consent_required":
		return fine("The authorization page knows the client and the redirect URL " + clip(e.Redirect) + ".")
	case "invalid_target":
		return bad("The server refuses the resource "+e.url.String()+".", "It does not take this for its own MCP address.", "Start it with --origin "+e.origin()+".")
	default:
		return bad("The authorization page answers "+clip(code)+".", "The request cannot be granted.", "Look at App Center → the client → Set-up, which says why.")
	}
}

// tokenAnswer is an answer of the token endpoint (RFC 6749 section 5).
type tokenAnswer struct {
	Error string `json:"error"`
	Token string `json:"access_token"`
}

// exchange tries to redeem a code that was never given.
func (e *examination) exchange(ctx context.Context, client, secret string) (answer, tokenAnswer, error) {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {nothing}, "redirect_uri": {e.Redirect}, "client_id": {client},
		"code_verifier": {strings.Repeat("doctor-", 7)}, "resource": {e.url.String()},
	}
	if secret != "" {
		form.Set("client_secret", secret)
	}
	a, err := e.post(ctx, e.metadata.Token, ownAgent, form)
	if err != nil {
		return a, tokenAnswer{}, err
	}
	var t tokenAnswer
	if err := json.Unmarshal([]byte(a.text), &t); err != nil {
		t = tokenAnswer{} // told apart by its status and kind
	}
	return a, t, nil
}

// checkToken asks as a client that does not exist: the right refusal shows that the form arrives and the answer comes back whole.
func checkToken(ctx context.Context, e *examination) Result {
	a, t, err := e.exchange(ctx, nobody, nothing)
	switch {
	case err != nil:
		return bad("The token endpoint does not answer: "+cause(err)+".", "The connection ended without an answer.", "Look at the log of the proxy.")
	case t.Error == "invalid_client" && a.StatusCode == http.StatusUnauthorized:
		return fine("The token endpoint refuses an unknown client as it should (401 invalid_client).")
	case a.StatusCode == http.StatusTooManyRequests:
		return bad("The token endpoint answers 429.", "Too many wrong secrets came from this network.", "Try again later.")
	case t.Error != "":
		return bad(fmt.Sprintf("The token endpoint answers an unknown client with %d %s.", a.StatusCode, clip(t.Error)), "invalid_client with 401 is the answer; the form may arrive changed.", "Let the proxy pass POST /oauth/token on unchanged.")
	case t.Token != "":
		return bad("The token endpoint gives a token to an unknown client.", "Whatever answers there is not this server.", "Let the proxy pass /oauth/token on to the server.")
	}
	return bad("The token endpoint answers "+a.brief()+".", "Something before the server answers in its place.", "Let the proxy pass POST /oauth/token on unchanged, without a challenge or a page of its own.")
}

// checkSecret asks as the client: where it is the one it says it is, all that is wrong is the code.
func checkSecret(ctx context.Context, e *examination) Result {
	a, t, err := e.exchange(ctx, e.Client, e.Secret)
	switch {
	case err != nil:
		return bad("The token endpoint does not answer: "+cause(err)+".", "The connection ended without an answer.", "Look at the log of the proxy.")
	case t.Error == "invalid_grant" && e.Secret == "":
		return fine("The client needs no secret: it is a public one.")
	case t.Error == "invalid_grant":
		return fine("The client ID and the secret belong together.")
	case t.Error == "invalid_client" && e.Secret == "":
		return Result{State: Note, Saw: "The client needs a secret, which was not checked.", Cause: "A confidential client proves itself with its secret; or the ID is not known, or the client disabled.", Fix: "Pass the secret on standard input with --secret-stdin."}
	case t.Error == "invalid_client":
		return bad("The client ID and the secret do not belong together.", "The secret was replaced or mistyped, the client is disabled, or it is a public one, which has none.", "Generate a new secret in App Center → the client → General, and paste it into the assistant.")
	}
	return bad(fmt.Sprintf("The token endpoint answers %s %s.", a.brief(), clip(t.Error)), "invalid_grant is the answer to a code that was never given.", "Let the proxy pass POST /oauth/token on unchanged.")
}
