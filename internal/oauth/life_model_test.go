package oauth_test

import "time"

// life is the model of the walk in life_test.go: what an authorization server has to know of people, clients and what they agreed on.
type life struct {
	now       time.Time
	suspended bool // the tenant
	people    map[string]*lifePerson
	clients   map[string]*lifeClient
	all       []*lifeConn
}

type lifePerson struct{ gone, inactive, disabled bool }

type lifeClient struct{ disabled, deleted bool }

// lifeConn is an authorization, from the approval on.
type lifeConn struct {
	person, client string
	ended          bool // for good
	code           string
	codeUntil      time.Time
	codeUsed       bool
	access         map[string]time.Time // when each ends
	refresh        []lifeRefresh        // the last one is current
}

type lifeRefresh struct {
	token, access string
	used          time.Time
}

// person reports whether somebody may act at all.
func (l *life) person(name string) bool {
	p := l.people[name]
	return !l.suspended && !p.gone && !p.inactive && !p.disabled
}

// client reports whether an app is let in at all; the tenant that both clients belong to is the people's.
func (l *life) client(name string) bool {
	return !l.suspended && !l.clients[name].disabled && !l.clients[name].deleted
}

// stands: nothing that an authorization depends on is dead.
func (l *life) stands(c *lifeConn) bool {
	return !c.ended && l.person(c.person) && l.client(c.client) && (len(c.refresh) > 0 || l.now.Before(c.codeUntil))
}

// works is the invariant, in both directions: a token lives exactly as long as everything above it does.
func (l *life) works(c *lifeConn, token string) bool {
	return l.stands(c) && l.now.Before(c.access[token])
}

// end ends all authorizations that match, as some acts do for good.
func (l *life) end(person, client string) {
	for _, c := range l.all {
		if (person == "" || c.person == person) && (client == "" || c.client == client) {
			c.ended = true
		}
	}
}

// redeem says whether the token endpoint takes the code, and notes what that does.
func (l *life) redeem(c *lifeConn) (ok bool) {
	if !l.client(c.client) { // the client is refused before anything is looked at
		return false
	}
	if c.codeUsed {
		c.ended = true
		return false
	}
	c.codeUsed = true
	return l.stands(c) && l.now.Before(c.codeUntil)
}

// rotate says what a refresh token gives: a new pair, the same pair as before, or nothing.
func (l *life) rotate(c *lifeConn, i int) (fresh, again bool) {
	last := len(c.refresh) - 1
	switch {
	case !l.stands(c): // refused before anybody asks whether it was used
		return false, false
	case i == last:
		c.refresh[i].used = l.now
		return true, false
	case i == last-1 && l.now.Sub(c.refresh[i].used) <= time.Minute:
		return false, true
	}
	c.ended = true
	return false, false
}

func (l *life) keep(c *lifeConn, access, refresh string) {
	c.access[access] = l.now.Add(8 * time.Hour)
	c.refresh = append(c.refresh, lifeRefresh{token: refresh, access: access})
}
