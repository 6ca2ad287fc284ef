package web

import "mandorla/internal/oauth"

// problemWords says what went wrong at the last try, and what to do about it.
func problemWords(c oauth.Client, origin string) (title, text string) {
	p := c.Problem
	switch p.Code {
	case oauth.ProblemRedirect:
		if p.Detail == "" {
			return "The app did not say where to answer", "Its authorization request has no redirect_uri, or an empty one. That is for the maker of the app to mend."
		}
		if c.Origin != oauth.Made {
			return "The app asked to be answered elsewhere", "It asked to be answered at " + p.Detail + ", which is not among the redirect URLs that it names itself. That is for the maker of the app to mend, or somebody else uses its name."
		}
		return "A redirect URL is missing", "The app asked to be answered at " + p.Detail + ", which is not among this client's redirect URLs. If that is the app's own address, add it, exactly as it stands here."
	case oauth.ProblemScope:
		return "The app asked for a scope that does not exist", "It asked for “" + p.Detail + "”. Leave the scopes empty in the app's settings, or use “inclusive”."
	case oauth.ProblemResource:
		return "The app was given another address", "It asked for access to “" + p.Detail + "”. The address to paste is " + origin + oauth.PathMCP + "."
	case oauth.ProblemRequest:
		return "The app's request cannot be granted", "It was refused with “" + p.Detail + "”. Most often the app does not use PKCE with S256, which this server always asks for."
	case oauth.ProblemOverlap:
		return p.Detail + " would get nothing", "What this client may do and what " + p.Detail + "'s roles allow have nothing in common. Widen the client's permissions, or the role."
	case oauth.ProblemConnect:
		return p.Detail + " may not connect apps", "None of " + p.Detail + "'s roles has the switch “Connect apps and AI assistants”. Turn it on in a role."
	case oauth.ProblemReplaced:
		return "The app still uses a secret that was replaced", "It still uses the secret that was replaced on " + c.SecretChangedAt.UTC().Format("2 January 2006, 15:04") + " UTC. Paste the new one into the app. If it is lost, generate another one under General."
	case oauth.ProblemNoSecret:
		return "The app sent no secret", "This client has one, and the app has to send it: paste it into the app beside the client ID. If it is lost, generate a new one under General."
	case oauth.ProblemPublic:
		return "The app sent a secret, and this client has none", "This is a public client: it is known by its client ID alone. Empty the field for the secret in the app. If the app insists on a secret, create a confidential client for it."
	case oauth.ProblemSecret:
		return "The secret in the app is not right", "Paste it again, without spaces around it. If it is lost, generate a new one under General."
	case oauth.ProblemExchange:
		return "The app could not fetch its tokens", "The person agreed, but then " + p.Detail + ". Let the person connect again; if it happens each time, it is for the maker of the app to mend."
	}
	return "", ""
}
