package oauth

import (
	"fmt"
	"slices"
)

// PageProblem is one reason why a person meets an error on the way through an authorization. The list of them is PageProblems;
// docs/troubleshooting.md is made from it.
type PageProblem struct {
	Code   string // stable: on the page, in the log and in the documentation
	Status int    // of the page
	Title  string
	Text   string // what went wrong
	Who    string // for whom to mend: one of the For… constants
	How    string
}

// For whom a problem is to mend.
const (
	ForYou           = "You"
	ForAdministrator = "Your administrator"
	ForMaker         = "The maker of the app"
	ForOperator      = "Whoever runs this server"
)

// The codes of PageProblems.
const (
	PageTooManyRequests = "too-many-requests"
	PageDamagedLink     = "damaged-link"
	PageUnknownClient   = "unknown-client"
	PageDisabledClient  = "disabled-client"
	PageRedirect        = "redirect-not-registered"
	PageNotGrantable    = "request-not-grantable"
	PageCookiesOff      = "cookies-off"
	PageExpired         = "request-expired"
	PageOtherBrowser    = "other-browser"
	PageAnswered        = "answered-already"
	PageBadDocument     = "app-not-readable"
	PageTooManyApps     = "too-many-apps"
	PageNoTenant        = "no-organisation"
	PageAppNotLetIn     = "app-not-let-in"
	PageAppWaits        = "app-waits"
	PageAppRefused      = "app-refused"
	PageAppsFull        = "too-many-apps-wait"
	PageClientChanged   = "app-changed"
	PageNotMember       = "not-a-member"
	PageShutOut         = "shut-out"
	PagePersonChanged   = "person-changed"
	PageNoOverlap       = "no-overlap"
	PageMayNotConnect   = "may-not-connect"
	PageNothingChosen   = "nothing-chosen"
)

// PageProblems lists every problem of the authorization page, in the order in which they can come up.
var PageProblems = []PageProblem{
	{
		PageTooManyRequests, 429, "Too many requests", "Too many authorization requests came from your network within a minute.",
		ForYou, "Wait a minute, then connect again from the app. If it happens often, an app is trying again and again by itself: disconnect it there.",
	},
	{
		PageDamagedLink, 400, "The link is damaged", "The address that the app opened cannot be read: %s.",
		ForMaker, "Connect again from the app rather than from a copied link. If it happens again, pass the reference on to the maker of the app.",
	},
	{
		PageUnknownClient, 400, "This app is not known here", "No app with this client ID can be authorized on this server.",
		ForAdministrator, "Compare the client ID in the app's settings with the one in the App Center. Perhaps it was made on another server, such as a demo or a test installation; perhaps the app was deleted or switched off here.",
	},
	{
		PageDisabledClient, 400, "This app is switched off", "The app is registered here, but nobody can authorize it at the moment.",
		ForAdministrator, "An administrator can enable it in the App Center, under the app's danger zone. Then connect again from the app.",
	},
	{
		PageRedirect, 400, "The app asked to be answered somewhere else", "The app asked to be answered at an address that is not among its redirect URLs, so nothing is sent there.",
		ForAdministrator, "Compare the redirect URLs of the app in the App Center with the address that the app uses; the app's set-up page shows what was asked for. It must be the same, character by character.",
	},
	{
		PageNotGrantable, 400, "The app's request cannot be granted", "The app made a request that this server does not grant (%s).",
		ForMaker, "Nothing was sent to the app, since it is not verified. Pass the reference on to its maker.",
	},
	{
		PageCookiesOff, 403, "Your browser sends no cookies", "This site recognises your browser by a cookie, and none came back.",
		ForYou, "Allow cookies for this site, then connect again from the app.",
	},
	{
		PageExpired, 400, "This request has expired", "An authorization has to be answered within ten minutes.",
		ForYou, "Connect again from the app.",
	},
	{
		PageOtherBrowser, 403, "This request was started in another browser", "An authorization can be answered only in the browser in which the app started it.",
		ForYou, "Connect again from the app, in this browser. If you followed a link that somebody sent you, close this page.",
	},
	{
		PageAnswered, 400, "This request was answered already", "Each request can be answered once. Going back in the browser does not ask again.",
		ForYou, "If the app says that it is connected, there is nothing to do. Otherwise connect again from the app.",
	},
	{
		PageBadDocument, 400, "The app's description cannot be read", "This app describes itself at %s. What is there cannot be read, or is not something that this server accepts.",
		ForMaker, "Try again in a few minutes. If it happens again, pass the reference on to the maker of the app.",
	},
	{
		PageTooManyApps, 429, "Too many apps", "Too many apps that this server does not know yet were opened lately.",
		ForYou, "Try again in a few minutes.",
	},
	{
		PageNoTenant, 403, "You are in no organisation here", "You are not a member of any organisation on this server, so there is nothing to authorize.",
		ForAdministrator, "Sign in with another account, or ask an administrator to invite you.",
	},
	{
		PageAppNotLetIn, 403, "This app is not let in", "%s does not let in apps like this one that register themselves.",
		ForAdministrator, "An administrator can change that in the App Center, under “Self-registering”, or make a client for the app there.",
	},
	{
		PageAppWaits, 403, "This app waits for approval", "It registered itself, and %s lets in such an app only after an administrator has looked at it. It is on their list now.",
		ForAdministrator, "Ask an administrator to approve it in the App Center, under “Waiting for approval”. Then connect again from the app.",
	},
	{
		PageAppRefused, 403, "This app was refused", "An administrator of %s decided against it, so it cannot be connected.",
		ForAdministrator, "An administrator can change that on the app's page in the App Center.",
	},
	{
		PageAppsFull, 403, "Too many apps wait for approval", "So many apps wait on the list of %s that no more are put there.",
		ForAdministrator, "An administrator can approve or refuse those that wait, in the App Center. Then connect again from the app.",
	},
	{
		PageClientChanged, 400, "The app was changed meanwhile", "The app was changed, switched off or deleted while this page was open.",
		ForYou, "Connect again from the app. If that fails too, ask your administrator.",
	},
	{
		PageNotMember, 403, "You are not a member there", "This app belongs to an organisation that you are not a member of.",
		ForAdministrator, "Sign in with the account that you have in that organisation, or ask its administrator for one.",
	},
	{
		PageShutOut, 403, "This app is shut out", "The administrators of %s let nobody use this app.",
		ForAdministrator, "An administrator can let it in again in the App Center, under “Published apps used here”.",
	},
	{
		PagePersonChanged, 403, "You are somebody else now", "You signed in as somebody else, or chose another organisation, or the app changed, after the page was shown. Nothing was authorized.",
		ForYou, "Connect again from the app.",
	},
	{
		PageNoOverlap, 400, "There is nothing that both sides allow", "A connection gets what both the app and your role may do. At the moment that is nothing.",
		ForAdministrator, "Widen the permissions of the app in the App Center, or your role under Settings → Roles. Then connect again from the app.",
	},
	{
		PageMayNotConnect, 400, "Your role may not connect apps", "None of your roles has the switch “Connect apps and AI assistants”.",
		ForAdministrator, "Turn the switch on in one of your roles under Settings → Roles. Then connect again from the app.",
	},
	{
		PageNothingChosen, 422, "Nothing is ticked", "This app gets what you tick, and nothing was.",
		ForYou, "Tick at least one box, or cancel.",
	},
}

// PageProblemOf gives the problem with this code; there is one for each of the Page… constants.
func PageProblemOf(code string) PageProblem {
	return PageProblems[slices.IndexFunc(PageProblems, func(p PageProblem) bool { return p.Code == code })]
}

// PageError is an authorization request that must end on a page of ours: nobody is redirected, since the address to redirect to
// cannot be trusted, or since it is the person who has to do something.
type PageError struct {
	PageProblem
	Err error // for the log
}

// Error gives what went wrong, safe to show.
func (e *PageError) Error() string { return e.Text }

// Unwrap gives the cause.
func (e *PageError) Unwrap() error { return e.Err }

// pageError is the error of a code; args go into its text.
func pageError(code string, args ...any) *PageError {
	p := PageProblemOf(code)
	p.Text = fmt.Sprintf(p.Text, args...)
	return &PageError{PageProblem: p}
}

// because adds what only the log is told.
func (e *PageError) because(format string, args ...any) *PageError {
	e.Err = fmt.Errorf(format, args...)
	return e
}
