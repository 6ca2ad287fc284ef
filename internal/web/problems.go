package web

import (
	"net/http"
	"slices"

	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// The codes of problems.
const (
	problemNotFound   = "not-found"
	problemFormOld    = "form-too-old"
	problemOtherSite  = "other-site"
	problemAddress    = "wrong-address"
	problemMethod     = "wrong-method"
	problemTooLarge   = "too-large"
	problemForbidden  = "forbidden"
	problemSignIn     = "sign-in-first"
	problemInvalid    = "not-understood"
	problemConflict   = "conflict"
	problemTooOften   = "too-often"
	problemDown       = "unavailable"
	problemInternal   = "internal"
	problemViewing    = "viewing-as"
	problemViewEnded  = "viewing-ended"
	problemCredential = "wrong-credentials"
	problemThrottled  = "sign-in-throttled"
	problemLink       = "dead-link"
)

// problem is one of them: a problem of the authorization page is told in the same words.
type problem oauth.PageProblem

// problems lists every error that a page can end with, besides those of the authorization page (oauth.PageProblems). The text stands
// where the service that refused says nothing more exact. docs/troubleshooting.md is made from both lists.
var problems = []problem{
	{
		problemNotFound, http.StatusNotFound, "Nothing here", "There is nothing at this address, or nothing that you may see.",
		oauth.ForAdministrator, "Check the address. An administrator can change what your role reaches.",
	},
	{
		problemFormOld, http.StatusForbidden, "The form is too old", "This form is too old, or was not made for you: nothing was changed.",
		oauth.ForYou, "Go back, load the page again and repeat it.",
	},
	{
		problemOtherSite, http.StatusForbidden, "This form came from another site", "Only forms of this site are accepted, so nothing was changed.",
		oauth.ForYou, "Open the page here and send the form again.",
	},
	{
		problemAddress, http.StatusMisdirectedRequest, "Wrong address", "This server answers under another name.",
		oauth.ForOperator, "Open the address that the server is configured with. If that is this one, its origin has to be changed in the configuration.",
	},
	{
		problemMethod, http.StatusMethodNotAllowed, "Opened in the wrong way", "The address was opened in a way that it is not made for.",
		oauth.ForYou, "Go back and use the page's own buttons.",
	},
	{
		problemTooLarge, http.StatusRequestEntityTooLarge, "That is too large", "What was sent is larger than this page takes.",
		oauth.ForYou, "Send less at once.",
	},
	{
		problemForbidden, http.StatusForbidden, "You may not do this", "Your role does not allow this.",
		oauth.ForAdministrator, "An administrator can change what your role allows.",
	},
	{
		problemSignIn, http.StatusForbidden, "Sign in first", "Nobody is signed in here any more.",
		oauth.ForYou, "Sign in and repeat it.",
	},
	{
		problemInvalid, http.StatusBadRequest, "That did not work", "What was sent cannot be understood.",
		oauth.ForYou, "Go back, mend it and send it again.",
	},
	{
		problemConflict, http.StatusConflict, "That did not work", "Something has changed since the page was loaded.",
		oauth.ForYou, "Go back, load the page again and repeat it.",
	},
	{
		problemTooOften, http.StatusTooManyRequests, "Too often", "This was tried too often.",
		oauth.ForYou, "Wait for the time that the page names, then try again.",
	},
	{
		problemDown, http.StatusServiceUnavailable, "Not available right now", "The server cannot do this at the moment.",
		oauth.ForOperator, "Try again in a moment; if it happens again, pass on the reference.",
	},
	{
		problemInternal, http.StatusInternalServerError, "Something went wrong on this side", "The error was written down. What you sent may not have been saved.",
		oauth.ForOperator, "Try again; if it happens again, pass on the reference.",
	},
	{
		problemViewing, http.StatusForbidden, "Stop viewing as somebody first", "While you view as somebody, you see home, tables, records and tools as they do. Every other page is about yourself, and nothing can be changed.",
		oauth.ForYou, "Stop viewing, then open the page again.",
	},
	{
		problemViewEnded, http.StatusConflict, "Viewing as somebody has ended", "You see with your own eyes again. Nothing was changed.",
		oauth.ForYou, "Go to home, or start viewing again.",
	},
	{
		problemCredential, http.StatusUnprocessableEntity, "E-mail address or password is wrong", "The two do not belong together, or there is no such account. The sign-in page says the same in both cases.",
		oauth.ForYou, "Type both again. If the password is lost, the sign-in page leads to a new one.",
	},
	{
		problemThrottled, http.StatusTooManyRequests, "Too many attempts to sign in", "After several wrong passwords the sign-in waits, longer each time.",
		oauth.ForYou, "Wait for the time that the page names. Nothing is locked for good.",
	},
	{
		problemLink, http.StatusNotFound, "This link does not work", "An invitation or a link for a new password works once, for a limited time, and only the newest one.",
		oauth.ForYou, "If you used it before, sign in. Otherwise ask for a new one: for an invitation whoever invited you, for a password the sign-in page or an administrator.",
	},
}

// problemOf is the error page of a code, from either list.
func problemOf(code string) kit.Problem {
	if at := slices.IndexFunc(problems, func(p problem) bool { return p.Code == code }); at >= 0 {
		return problemPage(oauth.PageProblem(problems[at]))
	}
	return problemPage(oauth.PageProblemOf(code))
}

func problemPage(p oauth.PageProblem) kit.Problem {
	return kit.Problem{Code: p.Code, Status: p.Status, Title: p.Title, Text: p.Text, Who: p.Who, How: p.How}
}

// saying replaces the text by what a service said more exactly. No code is an internal problem, of which nothing is said.
func saying(code, text string) kit.Problem {
	if code == "" {
		return problemOf(problemInternal)
	}
	p := problemOf(code)
	if text != "" {
		p.Text = text
	}
	return p
}
